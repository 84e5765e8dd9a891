//! Keys of several columns, keys that are no primary key, and people.

use super::support::{Engine, TestDatabase, TestProject};
use super::{assert_found, foreign};

const ORDERS: &str = "
CREATE TABLE orders (id int PRIMARY KEY, tenant_id int NOT NULL, no int NOT NULL, title varchar(40), UNIQUE (tenant_id, no));
INSERT INTO orders VALUES (1, 1, 1, 'a'), (2, 1, 2, 'b'), (3, 2, 1, 'c'), (4, 2, 2, 'd'), (5, 3, 1, 'e');
CREATE TABLE shelves (hall int NOT NULL, place int NOT NULL, PRIMARY KEY (hall, place));
";

const BILLS: &str = "
CREATE TABLE bills (
    id int PRIMARY KEY,
    tenant_id int NOT NULL,
    order_no int NOT NULL -- (tenant_id, order_no) -> shop.orders(tenant_id, no)
);
CREATE TABLE refunds (
    id int PRIMARY KEY,
    tenant_id int NOT NULL,
    no int NOT NULL -- references orders (tenant_id, no) in shop
);
-- of_no and of_tenant point to shop.orders(no, tenant_id)
CREATE TABLE reminders (id int PRIMARY KEY, of_tenant int NOT NULL, of_no int NOT NULL);
CREATE TABLE parcels (
    id int PRIMARY KEY,
    hall_no int NOT NULL,
    place_no int NOT NULL, -- (hall_no, place_no) -> shop.shelves
    bill_tenant int,
    bill_order int -- with bill_tenant, FK to orders(tenant_id, no) of shop
);
-- (tenant_id, no) was shop.orders(tenant_id, no) once
CREATE TABLE relics (id int PRIMARY KEY, tenant_id int, no int);
-- (tenant_id, name) as in shop.orders(tenant_id, title)
CREATE TABLE labels (id int PRIMARY KEY, tenant_id int, name varchar(40));
-- Kept for seven years (law, audit). Indexed by day (tenant_id, day).
CREATE TABLE archive (id int PRIMARY KEY, tenant_id int, day int);
-- (stamp, no) -> shop.orders(tenant_id, no)
CREATE TABLE stamps (id int PRIMARY KEY, stamp varchar(40), no int);
";

#[test]
fn several_columns_refer_together() {
    for (shop_engine, engine) in
        [(Engine::Postgres, Engine::Mariadb), (Engine::Mariadb, Engine::Sqlite), (Engine::Sqlite, Engine::Postgres)]
    {
        let (shop, bills) = (TestDatabase::new(shop_engine), TestDatabase::new(engine));
        shop.execute(ORDERS);
        let mut project = TestProject::new();
        project.database("shop", &shop).database("bills", &bills);
        project.revision("bills", "0001_bills", "parents = []\n", &[("up.sql", BILLS)]);
        project.run_line("upgrade bills").success();
        bills.execute("INSERT INTO bills VALUES (1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 9, 9)");
        let outcome = project.run_line("references discover bills --sample 100 --format json").success();
        assert_found(
            &outcome,
            &[
                "bills:bills.tenant_id+order_no > shop:orders.tenant_id+no comment",
                "bills:refunds.tenant_id+no > shop:orders.tenant_id+no comment",
                "bills:reminders.of_no+of_tenant > shop:orders.no+tenant_id comment",
                "bills:parcels.hall_no+place_no > shop:shelves.hall+place comment",
                "bills:parcels.bill_tenant+bill_order > shop:orders.tenant_id+no comment",
                "bills:stamps.stamp+no ?",
            ],
        );
        assert!(
            outcome.stdout.contains("of 4 values that differ, 3 are keys of shop:orders.(tenant_id, no)"),
            "{outcome}"
        );
        project.run_line("references discover bills --min-confidence 0.9 --write").success();
        let written = project.read("migrations/bills/0001_bills/revision.toml");
        let lines =
            "from = [\"refunds.tenant_id\", \"refunds.no\"]\nto = [\"shop:orders.tenant_id\", \"shop:orders.no\"]\n";
        assert!(written.contains(lines), "{written}");
        let again = project.run_line("references discover bills --format json").success();
        assert!(!again.stdout.contains("\"refunds\""), "{again}");
    }
}

/// Who did it is told by a deed; by how much, by what and by which process is told by the same little word.
#[test]
fn people_and_what_is_no_person() {
    let (staff, work) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Sqlite));
    let project = foreign(&[
        (
            "staff",
            &staff,
            "CREATE TABLE employees (id integer PRIMARY KEY, name text);
             CREATE TABLE accounts (id integer PRIMARY KEY, balance numeric(10, 2));",
        ),
        (
            "work",
            &work,
            "CREATE TABLE jobs (
                id INTEGER PRIMARY KEY,
                placed_by INTEGER, ack_by INTEGER, approved_by INTEGER, owner INTEGER,
                delayed_by INTEGER, shortened_by INTEGER, replaced_by_count INTEGER, sort_by INTEGER,
                locked_by INTEGER, -- process of the scheduler
                closed_by INTEGER  -- 1 by hand, 2 by time
            )",
        ),
    ]);
    assert_found(
        &project.run_line("references discover work --format json"),
        &[
            "work:jobs.placed_by > staff:employees.id inferred",
            "work:jobs.ack_by > staff:employees.id inferred",
            "work:jobs.approved_by > staff:employees.id inferred",
            "work:jobs.owner > staff:employees.id inferred",
        ],
    );
}

/// Users are elsewhere, and members here: it is not told unless others tell.
#[test]
fn two_tables_of_people() {
    let (auth, club) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Postgres));
    let mut tables = "
        CREATE TABLE members (id uuid PRIMARY KEY, first_name text);
        CREATE TABLE matches (id uuid PRIMARY KEY, created_by uuid);
        "
    .to_owned();
    auth.execute("CREATE TABLE users (id uuid PRIMARY KEY, email text)");
    let project = foreign(&[("auth", &auth, "SELECT 1"), ("club", &club, &tables)]);
    assert_found(&project.run_line("references discover club --format json"), &["club:matches.created_by ?"]);
    tables = "CREATE TABLE courts (id uuid PRIMARY KEY, opened_by uuid REFERENCES members)".to_owned();
    club.execute(&tables);
    assert_found(
        &project.run_line("references discover club --format json"),
        &["club:matches.created_by > club:members.id inferred"],
    );
}

#[test]
fn keys_that_are_not_the_primary_key() {
    let (catalog, sales) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Mariadb));
    let project = foreign(&[
        (
            "catalog",
            &catalog,
            "CREATE TABLE products (id bigint PRIMARY KEY, sku varchar(40) NOT NULL UNIQUE, title varchar(40), ean varchar(13));
             CREATE TABLE coupons (id bigint PRIMARY KEY, code varchar(20) NOT NULL UNIQUE, email varchar(40) UNIQUE);",
        ),
        (
            "sales",
            &sales,
            "CREATE TABLE positions (id bigint PRIMARY KEY, article varchar(40) COMMENT 'FK to catalog.products.sku',
                product_sku varchar(40), coupon_code varchar(20), coupon_email varchar(40), product_title varchar(40),
                product_ean varchar(13), gift_code varchar(20))",
        ),
    ]);
    assert_found(
        &project.run_line("references discover sales --format json"),
        &[
            "sales:positions.article > catalog:products.sku comment",
            "sales:positions.product_sku > catalog:products.sku inferred",
            "sales:positions.coupon_code > catalog:coupons.code inferred",
        ],
    );
}

/// What is the key of many tables is no serial number, which one table has.
#[test]
fn a_natural_key_is_not_offered_for_a_pair() {
    let (telemetry, work) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Sqlite));
    let project = foreign(&[
        (
            "telemetry",
            &telemetry,
            "CREATE TABLE sensors (serial TEXT PRIMARY KEY); CREATE TABLE sites (id TEXT PRIMARY KEY)",
        ),
        ("work", &work, "CREATE TABLE notes (id INTEGER PRIMARY KEY, subject_type TEXT, subject_id TEXT)"),
    ]);
    let outcome = project.run_line("references discover work").success();
    assert!(outcome.stdout.contains("telemetry:sites.id"), "{outcome}");
    assert!(!outcome.stdout.contains("telemetry:sensors.serial"), "{outcome}");
}
