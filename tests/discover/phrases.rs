//! A row and its database in one phrase, lists of keys of another database, words that say nothing, and what a name alone
//! must not say.

use super::support::{Engine, TestDatabase};
use super::{assert_found, foreign};

const BACKOFFICE: &str = "
    CREATE TABLE contact (id bigserial PRIMARY KEY, full_name varchar(80), email varchar(120));
    CREATE TABLE staff (id bigserial PRIMARY KEY, full_name varchar(80));
    CREATE TABLE warehouse (code varchar(8) PRIMARY KEY);
";

/// A table and a database that are known say of which row a value is; a value of many, or of a list of them, does not.
#[test]
fn a_row_and_its_database_in_one_phrase() {
    let (backoffice, shop) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Mariadb));
    let project = foreign(&[
        ("backoffice", &backoffice, BACKOFFICE),
        (
            "shop",
            &shop,
            "CREATE TABLE staff (id bigint PRIMARY KEY);
             CREATE TABLE purchases (id bigint PRIMARY KEY,
                a bigint COMMENT 'Contact in Backoffice, filled by the sync',
                b bigint COMMENT 'Staff member (Backoffice) who took the order by phone',
                c bigint COMMENT 'backoffice contact',
                d bigint COMMENT 'contact of the backoffice',
                e bigint COMMENT 'The backoffice''s contact for this purchase',
                f bigint COMMENT 'Contact or staff in the backoffice',
                g bigint COMMENT 'contacts in the backoffice',
                h bigint COMMENT 'backoffice contact count',
                i bigint COMMENT 'contact in the backoffice''s queue',
                j varchar(200) COMMENT 'contact in the backoffice',
                k bigint COMMENT 'no longer a contact in the backoffice',
                l bigint COMMENT 'contact in the office',
                m datetime COMMENT 'contact in the backoffice',
                n bigint COMMENT 'turnover per contact in the backoffice',
                o bigint COMMENT 'warehouse in the backoffice',
                q bigint COMMENT 'backoffice staff',
                p bigint COMMENT 'contact in the backoffice: 1 none, 2 some')",
        ),
    ]);
    let outcome = project.run_line("references discover shop --format json");
    assert_found(
        &outcome,
        &[
            "shop:purchases.a > backoffice:contact.id comment",
            "shop:purchases.b > backoffice:staff.id comment",
            "shop:purchases.c > backoffice:contact.id comment",
            "shop:purchases.d > backoffice:contact.id comment",
            "shop:purchases.e > backoffice:contact.id comment",
            "shop:purchases.f ?",
        ],
    );
    let document = outcome.json();
    let all = document["references"].as_array().unwrap();
    assert!(all.iter().all(|found| found["confidence"].as_f64().unwrap() >= 0.5), "{outcome}");
    assert_eq!(document["unresolved"][0]["candidates"].as_array().unwrap().len(), 2, "{outcome}");
}

const STOREFRONT: &str = "
    CREATE TABLE item_entity (entity_id int unsigned AUTO_INCREMENT PRIMARY KEY, sku varchar(64) NOT NULL UNIQUE,
        name varchar(80), ean varchar(13));
    CREATE TABLE shopper_entity (entity_id int unsigned AUTO_INCREMENT PRIMARY KEY, email varchar(120) UNIQUE);
    CREATE TABLE purchase (id int unsigned AUTO_INCREMENT PRIMARY KEY, increment_id varchar(32) NOT NULL UNIQUE,
        shopper_id int unsigned, referring_shopper_id int unsigned);
";

/// What no two rows have the same of, by its name, its table and its database; and tables with a word behind their name.
#[test]
fn values_of_rows_and_words_that_say_nothing() {
    let (storefront, erp) = (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Postgres));
    let project = foreign(&[
        ("storefront", &storefront, STOREFRONT),
        (
            "erp",
            &erp,
            "CREATE TABLE sale (id bigserial PRIMARY KEY, web_ref varchar(32), article varchar(64), title varchar(80), barcode varchar(13),
                mail varchar(120), shopper_id integer, entity_id integer);
             COMMENT ON COLUMN sale.web_ref IS 'increment_id of the purchase (storefront)';
             COMMENT ON COLUMN sale.article IS 'SKU as in the storefront''s item_entity';
             COMMENT ON COLUMN sale.title IS 'name of the item in the storefront';
             COMMENT ON COLUMN sale.barcode IS 'EAN of the item in the storefront';
             COMMENT ON COLUMN sale.mail IS 'email of the shopper in the storefront';",
        ),
    ]);
    assert_found(
        &project.run_line("references discover --format json"),
        &[
            "storefront:purchase.shopper_id > storefront:shopper_entity.entity_id inferred",
            "storefront:purchase.referring_shopper_id > storefront:shopper_entity.entity_id inferred",
            "erp:sale.web_ref > storefront:purchase.increment_id comment",
            "erp:sale.article > storefront:item_entity.sku comment",
            "erp:sale.shopper_id > storefront:shopper_entity.entity_id inferred",
        ],
    );
}

/// A name that fits two tables but for a word behind them is no fit.
#[test]
fn two_tables_but_for_a_word() {
    let work = TestDatabase::new(Engine::Sqlite);
    let project = foreign(&[(
        "work",
        &work,
        "CREATE TABLE shopper_entity (id INTEGER PRIMARY KEY);
         CREATE TABLE shopper_record (id INTEGER PRIMARY KEY);
         CREATE TABLE purchase (id INTEGER PRIMARY KEY, shopper_id INTEGER)",
    )]);
    assert_found(&project.run_line("references discover --format json"), &[]);
}

/// What two tables call their keys says nothing of each other; a row that another table's rows are parts of is called so.
#[test]
fn keys_of_several_tables_that_are_called_alike() {
    let (shop, mirror, stock) =
        (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Sqlite));
    let project = foreign(&[
        (
            "shop",
            &shop,
            "CREATE TABLE item_unit (unit_id int PRIMARY KEY, name varchar(40));
         CREATE TABLE shop_unit (unit_id int PRIMARY KEY, name varchar(40));
         CREATE TABLE users (id int PRIMARY KEY);
         CREATE TABLE settings (user_id int PRIMARY KEY);
         CREATE TABLE avatars (user_id int PRIMARY KEY);
         CREATE TABLE depots (depot_id int PRIMARY KEY)",
        ),
        (
            "mirror",
            &mirror,
            "CREATE TABLE depots (depot_id int PRIMARY KEY); CREATE TABLE item_master (item_id int PRIMARY KEY)",
        ),
        ("stock", &stock, "CREATE TABLE items (item_id int PRIMARY KEY)"),
    ]);
    assert_found(
        &project.run_line("references discover --format json"),
        &["shop:settings.user_id > shop:users.id inferred", "shop:avatars.user_id > shop:users.id inferred"],
    );
}

#[test]
fn lists_of_keys_of_another_database() {
    let (directory, forum) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Postgres));
    let project = foreign(&[
        (
            "directory",
            &directory,
            "CREATE TABLE accounts (id char(26) PRIMARY KEY, email text); CREATE TABLE labels (id uuid PRIMARY KEY)",
        ),
        (
            "forum",
            &forum,
            "CREATE TABLE posts (id bigint PRIMARY KEY, mentioned_account_ids varchar(26)[], mentioned_ids varchar(26)[],
                label_ids varchar(200)[], words varchar(26)[]);
             CREATE TABLE accounts_seen (id bigint PRIMARY KEY, seen varchar(26)[]);
             COMMENT ON COLUMN posts.mentioned_ids IS 'ids of accounts (directory)'",
        ),
    ]);
    assert_found(
        &project.run_line("references discover forum --format json"),
        &[
            "forum:posts.mentioned_account_ids lists directory:accounts.id inferred",
            "forum:posts.mentioned_ids lists directory:accounts.id comment",
        ],
    );
}

/// The model of an object is a table; the model of a device is a thing that one can buy.
#[test]
fn models_beside_ids() {
    let office = TestDatabase::new(Engine::Postgres);
    let project = foreign(&[(
        "office",
        &office,
        "CREATE TABLE item_entity (id integer PRIMARY KEY);
         CREATE TABLE mails (id integer PRIMARY KEY, res_model varchar(64), res_id integer);
         CREATE TABLE files (id integer PRIMARY KEY, model varchar(64), res_id integer);
         CREATE TABLE scans (id integer PRIMARY KEY, device_model varchar(64), device_id integer);
         CREATE TABLE stock (id integer PRIMARY KEY, model varchar(64), item_id integer)",
    )]);
    assert_found(
        &project.run_line("references discover --format json"),
        &[
            "office:mails.res_id > by res_model inferred",
            "office:files.res_id > by model inferred",
            "office:stock.item_id > office:item_entity.id inferred",
        ],
    );
}

/// Somebody may be of either table: that is never sure, and what twenty values deny is not offered.
#[test]
fn a_role_alone_is_not_sure_and_may_be_refuted() {
    let office = TestDatabase::new(Engine::Postgres);
    let project = foreign(&[(
        "office",
        &office,
        "CREATE TABLE staff (id integer PRIMARY KEY, full_name text);
         CREATE TABLE contact (id integer PRIMARY KEY, full_name text);
         CREATE TABLE mails (id integer PRIMARY KEY, author_id integer, staff_id integer);
         CREATE INDEX ON mails (author_id);
         CREATE TABLE shifts (id integer PRIMARY KEY, staff_id integer REFERENCES staff, owner_id integer REFERENCES staff);
         INSERT INTO staff SELECT generate_series(1, 30);
         INSERT INTO mails SELECT n, n + 1000, n FROM generate_series(1, 19) n",
    )]);
    let of_author = |outcome: &super::Outcome| {
        let all = outcome.json()["references"].as_array().unwrap().clone();
        all.into_iter().find(|found| found["from"]["columns"][0] == "author_id")
    };
    let plain = project.run_line("references discover --format json").success();
    assert_eq!(of_author(&plain).unwrap()["sure"], "medium", "{plain}");
    let few = project.run_line("references discover --sample 60 --format json").success();
    assert_eq!(of_author(&few).unwrap()["sure"], "low", "{few}");
    office.execute("INSERT INTO mails VALUES (20, 1020, 20)");
    let enough = project.run_line("references discover --sample 60 --format json").success();
    assert!(of_author(&enough).is_none(), "{enough}");
    let skipped = enough.json()["scope"]["skipped"].to_string();
    assert!(skipped.contains("office:mails.author_id is not offered"), "{enough}");
    assert!(skipped.contains("of 20 values that differ, 0 are keys of office:staff.id"), "{enough}");
    assert_found(&enough, &["office:mails.staff_id > office:staff.id inferred"]);
}
