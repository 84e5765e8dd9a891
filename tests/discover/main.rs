//! References that nobody declared: what is found on databases, and what is not.

#[path = "../support/mod.rs"]
mod support;

mod keys;
mod phrases;
mod sample;
mod strangers;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use support::{Engine, Outcome, TestDatabase, TestProject};

/// What was found, a line a finding: `specs:projects.user_id > auth:users.id comment`.
#[track_caller]
fn found(outcome: &Outcome) -> BTreeSet<String> {
    let document = outcome.json();
    let end = |end: &Value| {
        let columns: Vec<&str> = end["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        format!("{}:{}.{}", end["branch"].as_str().unwrap(), end["table"].as_str().unwrap(), columns.join("+"))
    };
    let line = |found: &Value, mark: &str| {
        let to: Vec<String> = found["to"].as_array().unwrap().iter().map(end).collect();
        let to = if to.is_empty() {
            found["by"][0].as_str().map(|by| format!("by {by}")).unwrap_or_default()
        } else {
            to.join(", ")
        };
        assert!(!found["evidence"].as_array().unwrap().is_empty(), "{found}");
        format!("{} {mark} {to} {}", end(&found["from"]), found["source"].as_str().unwrap())
    };
    let references = document["references"].as_array().unwrap().iter().map(|found| line(found, ">"));
    let lists = document["lists"].as_array().unwrap().iter().map(|found| line(found, "lists"));
    let unresolved = document["unresolved"].as_array().unwrap().iter();
    let unresolved = unresolved.map(|found| format!("{} ?", end(&found["from"])));
    references.chain(lists).chain(unresolved).collect()
}

fn set(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[track_caller]
fn assert_found(outcome: &Outcome, expected: &[&str]) {
    let (found, expected) = (found(outcome), set(expected));
    let missing: Vec<&String> = expected.difference(&found).collect();
    let invented: Vec<&String> = found.difference(&expected).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing {missing:#?}\ninvented {invented:#?}\n{outcome}");
}

/// The sample project with nothing declared.
fn undeclared() -> TestProject {
    let project = TestProject::sample();
    for branch in ["auth", "specs"] {
        for entry in fs::read_dir(project.path().join("migrations").join(branch)).unwrap() {
            let file = entry.unwrap().path().join("revision.toml");
            let text = fs::read_to_string(&file).unwrap();
            if let Some(at) = text.find("[[reference]]") {
                fs::write(&file, text[..at].trim_end().to_owned() + "\n").unwrap();
            }
        }
    }
    project
}

const OF_SAMPLE: &[&str] = &[
    "specs:activity_logs.user_id > auth:users.id comment",
    "specs:api_keys.user_id > auth:users.id comment",
    "specs:invoices.user_id > auth:users.id comment",
    "specs:llm_usage_tracking.user_id > auth:users.id comment",
    "specs:notification_preferences.user_id > auth:users.id comment",
    "specs:project_invitations.invited_by_id > auth:users.id comment",
    "specs:project_invitations.invited_user_id > auth:users.id comment",
    "specs:project_shares.shared_by_id > auth:users.id comment",
    "specs:project_shares.shared_with_user_id > auth:users.id comment",
    "specs:projects.creator_id > auth:users.id comment",
    "specs:projects.owner_id > auth:users.id comment",
    "specs:projects.user_id > auth:users.id comment",
    "specs:sessions.user_id > auth:users.id comment",
    "specs:subscriptions.user_id > auth:users.id comment",
    "specs:team_members.invited_by_id > auth:users.id comment",
    "specs:team_members.user_id > auth:users.id comment",
    "specs:teams.owner_id > auth:users.id comment",
    "specs:user_behavior_patterns.user_id > auth:users.id comment",
    // Inside one database.
    "auth:admin_users.granted_by_id > auth:users.id inferred",
    "specs:question_effectiveness.question_id > specs:questions.id inferred",
    "specs:conflicts.related_specifications lists specs:specifications.id comment",
    // Another column says of what.
    "specs:activity_logs.resource_id > by resource_type comment",
    "auth:admin_audit_logs.resource_id > by resource_type comment",
];

#[test]
fn the_sample_project_with_nothing_declared() {
    let pairs = [
        (Engine::Postgres, Engine::Postgres),
        (Engine::Mariadb, Engine::Mariadb),
        (Engine::Sqlite, Engine::Sqlite),
        (Engine::Postgres, Engine::Mariadb),
        (Engine::Sqlite, Engine::Postgres),
        (Engine::Mariadb, Engine::Sqlite),
    ];
    for (auth_engine, specs_engine) in pairs {
        let mut project = undeclared();
        let (auth, specs) = (TestDatabase::new(auth_engine), TestDatabase::new(specs_engine));
        project.database("auth", &auth).database("specs", &specs);
        project.run_line("upgrade").success();
        let outcome = project.run_line("references discover --format json");
        assert_found(&outcome, OF_SAMPLE);
        let text = &outcome.stdout;
        for none in
            ["stripe_customer_id", "stripe_subscription_id", "stripe_invoice_id", "embedding_id", "superseded_by"]
        {
            assert!(!text.contains(none), "{none}\n{outcome}");
        }
    }
}

/// A project whose databases were made by others: no revision, no binding.
fn foreign(databases: &[(&str, &TestDatabase, &str)]) -> TestProject {
    let mut project = TestProject::new();
    for (branch, database, schema) in databases {
        database.execute(schema);
        project.database(branch, database);
    }
    project
}

/// A shop as a framework leaves it that makes no foreign keys, with what its plugins bring along.
const RAILS: &str = "
    CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
    CREATE TABLE ar_internal_metadata (key varchar PRIMARY KEY, value varchar, created_at timestamp);
    CREATE TABLE users (id bigserial PRIMARY KEY, email varchar NOT NULL UNIQUE, facebook_uid varchar, referred_by_id bigint,
        stripe_customer_id varchar, sign_in_count int, remember_token varchar, role_id_cache text);
    CREATE TABLE people (id bigserial PRIMARY KEY, name varchar);
    CREATE TABLE categories (id bigserial PRIMARY KEY, parent_id bigint, lft int, rgt int, depth int);
    CREATE TABLE posts (id bigserial PRIMARY KEY, author_id bigint, editor_id bigint, category_id bigint, slug varchar, legacy_id bigint);
    CREATE TABLE comments (id bigserial PRIMARY KEY, commentable_type varchar, commentable_id bigint, user_id bigint, parent_id bigint);
    CREATE TABLE tags (id bigserial PRIMARY KEY, name varchar);
    CREATE TABLE taggings (id bigserial PRIMARY KEY, tag_id bigint, taggable_type varchar, taggable_id bigint, tagger_type varchar,
        tagger_id bigint);
    CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint, external_id varchar, tracking_id varchar, number varchar,
        stripe_payment_intent_id varchar, shipping_address_id bigint, billing_address_id bigint, trace_id uuid, store_id bigint);
    CREATE TABLE addresses (id bigserial PRIMARY KEY, person_id bigint, country_code char(2), addressable_type varchar, addressable_id bigint);
    CREATE TABLE products (id bigserial PRIMARY KEY, sku varchar, tax_category_id bigint, google_product_category_id bigint);
    CREATE TABLE tax_categories (id bigserial PRIMARY KEY, tax_code varchar);
    CREATE TABLE line_items (id bigserial PRIMARY KEY, order_id bigint, product_id bigint, quantity int);
    CREATE TABLE memberships (id bigserial PRIMARY KEY, user_id bigint, team_id bigint, invited_by_id bigint);
    CREATE TABLE teams (id bigserial PRIMARY KEY, owner_id bigint);
    CREATE TABLE versions (id bigserial PRIMARY KEY, item_type varchar NOT NULL, item_id bigint NOT NULL, whodunnit varchar, event varchar);
    CREATE TABLE sessions (id bigserial PRIMARY KEY, session_id varchar, data text);
    CREATE TABLE delayed_jobs (id bigserial PRIMARY KEY, locked_by varchar, queue varchar, attempts int);
    CREATE TABLE active_storage_blobs (id bigserial PRIMARY KEY, key varchar, service_name varchar);
    CREATE TABLE active_storage_attachments (id bigserial PRIMARY KEY, record_type varchar, record_id bigint, blob_id bigint);
    CREATE TABLE ahoy_visits (id bigserial PRIMARY KEY, visit_token varchar, visitor_token varchar, user_id bigint);
    CREATE TABLE ahoy_events (id bigserial PRIMARY KEY, visit_id bigint, user_id bigint, name varchar);
    CREATE TABLE oauth_applications (id bigserial PRIMARY KEY, uid varchar, secret varchar);
    CREATE TABLE oauth_access_tokens (id bigserial PRIMARY KEY, resource_owner_id bigint, application_id bigint, token varchar);
    CREATE TABLE payments (id bigserial PRIMARY KEY, order_id bigint REFERENCES orders, payment_type varchar, payment_id varchar,
        transaction_id varchar, transaction_type varchar);
    CREATE TABLE api_devices (id bigserial PRIMARY KEY, user_id bigint, device_id varchar, device_type varchar, platform_id int);
    CREATE TABLE playlists (id bigserial PRIMARY KEY, product_ids bigint[], scores bigint[], tags varchar[]);
";

#[test]
fn a_framework_without_foreign_keys() {
    let database = TestDatabase::new(Engine::Postgres);
    let project = foreign(&[("shop", &database, RAILS)]);
    let outcome = project.run_line("references discover --format json");
    assert_found(
        &outcome,
        &[
            "shop:users.referred_by_id > shop:users.id inferred",
            "shop:categories.parent_id > shop:categories.id inferred",
            "shop:posts.author_id > shop:users.id inferred",
            "shop:posts.editor_id > shop:users.id inferred",
            "shop:posts.category_id > shop:categories.id inferred",
            "shop:comments.commentable_id > by commentable_type inferred",
            "shop:comments.user_id > shop:users.id inferred",
            "shop:comments.parent_id > shop:comments.id inferred",
            "shop:taggings.tag_id > shop:tags.id inferred",
            "shop:taggings.taggable_id > by taggable_type inferred",
            "shop:taggings.tagger_id > by tagger_type inferred",
            "shop:orders.user_id > shop:users.id inferred",
            "shop:orders.shipping_address_id > shop:addresses.id inferred",
            "shop:orders.billing_address_id > shop:addresses.id inferred",
            "shop:addresses.person_id > shop:people.id inferred",
            "shop:addresses.addressable_id > by addressable_type inferred",
            "shop:products.tax_category_id > shop:tax_categories.id inferred",
            "shop:line_items.order_id > shop:orders.id inferred",
            "shop:line_items.product_id > shop:products.id inferred",
            "shop:memberships.user_id > shop:users.id inferred",
            "shop:memberships.team_id > shop:teams.id inferred",
            "shop:memberships.invited_by_id > shop:users.id inferred",
            "shop:teams.owner_id > shop:users.id inferred",
            "shop:versions.item_id > by item_type inferred",
            "shop:active_storage_attachments.record_id > by record_type inferred",
            "shop:active_storage_attachments.blob_id > shop:active_storage_blobs.id inferred",
            "shop:ahoy_visits.user_id > shop:users.id inferred",
            "shop:ahoy_events.visit_id > shop:ahoy_visits.id inferred",
            "shop:ahoy_events.user_id > shop:users.id inferred",
            "shop:oauth_access_tokens.resource_owner_id > shop:users.id inferred",
            "shop:oauth_access_tokens.application_id > shop:oauth_applications.id inferred",
            "shop:api_devices.user_id > shop:users.id inferred",
            "shop:playlists.product_ids lists shop:products.id inferred",
        ],
    );
    assert_eq!(
        database.query_value("SELECT count(*) FROM pg_class WHERE relname LIKE 'branchline%'"),
        "0",
        "it only reads"
    );
}

/// Tables of several applications, each with its own name before them.
const DJANGO: &str = "
    CREATE TABLE django_migrations (id int AUTO_INCREMENT PRIMARY KEY, app varchar(255), name varchar(255));
    CREATE TABLE django_content_type (id int AUTO_INCREMENT PRIMARY KEY, app_label varchar(100), model varchar(100));
    CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data longtext);
    CREATE TABLE django_site (id int AUTO_INCREMENT PRIMARY KEY, domain varchar(100));
    CREATE TABLE auth_user (id int AUTO_INCREMENT PRIMARY KEY, username varchar(150) UNIQUE, password varchar(128));
    CREATE TABLE auth_group (id int AUTO_INCREMENT PRIMARY KEY, name varchar(150));
    CREATE TABLE auth_permission (id int AUTO_INCREMENT PRIMARY KEY, content_type_id int, codename varchar(100));
    CREATE TABLE auth_user_groups (id int AUTO_INCREMENT PRIMARY KEY, user_id int, group_id int);
    CREATE TABLE django_admin_log (id int AUTO_INCREMENT PRIMARY KEY, object_id longtext, content_type_id int, user_id int, action_flag smallint);
    CREATE TABLE shop_customer (id int AUTO_INCREMENT PRIMARY KEY, user_id int, tax_id varchar(32), crm_id varchar(64));
    CREATE TABLE shop_category (id int AUTO_INCREMENT PRIMARY KEY, parent_id int, tree_id int, level int);
    CREATE TABLE shop_product (id int AUTO_INCREMENT PRIMARY KEY, category_id int, created_by_id int, sku varchar(50), ean varchar(13));
    CREATE TABLE shop_address (id int AUTO_INCREMENT PRIMARY KEY, customer_id int, postal_code varchar(12));
    CREATE TABLE shop_order (id int AUTO_INCREMENT PRIMARY KEY, customer_id int, billing_address_id int, shipping_address_id int,
        payment_id varchar(255), transaction_id varchar(100), session_key varchar(40), approved_by_id int, paypal_order_id varchar(64));
    CREATE TABLE shop_orderitem (id int AUTO_INCREMENT PRIMARY KEY, order_id int, product_id int, unit_price decimal(10, 2));
    CREATE TABLE crm_customer (id int AUTO_INCREMENT PRIMARY KEY, owner_id int, source_id int, external_ref varchar(64));
    CREATE TABLE crm_note (id int AUTO_INCREMENT PRIMARY KEY, customer_id int, author_id int, text longtext);
    CREATE TABLE reviews_review (id int AUTO_INCREMENT PRIMARY KEY, content_type_id int, object_id int, author_id int, rating smallint);
    CREATE TABLE socialaccount_socialaccount (id int AUTO_INCREMENT PRIMARY KEY, provider varchar(30), uid varchar(191), user_id int);
    CREATE TABLE account_emailaddress (id int AUTO_INCREMENT PRIMARY KEY, user_id int, email varchar(254));
";

#[test]
fn applications_with_names_before_their_tables() {
    let database = TestDatabase::new(Engine::Mariadb);
    let project = foreign(&[("site", &database, DJANGO)]);
    assert_found(
        &project.run_line("references discover --format json"),
        &[
            "site:auth_permission.content_type_id > site:django_content_type.id inferred",
            "site:auth_user_groups.user_id > site:auth_user.id inferred",
            "site:auth_user_groups.group_id > site:auth_group.id inferred",
            "site:django_admin_log.object_id > by content_type_id inferred",
            "site:django_admin_log.content_type_id > site:django_content_type.id inferred",
            "site:django_admin_log.user_id > site:auth_user.id inferred",
            "site:shop_customer.user_id > site:auth_user.id inferred",
            "site:shop_category.parent_id > site:shop_category.id inferred",
            "site:shop_product.category_id > site:shop_category.id inferred",
            "site:shop_product.created_by_id > site:auth_user.id inferred",
            "site:shop_address.customer_id > site:shop_customer.id inferred",
            "site:shop_order.customer_id > site:shop_customer.id inferred",
            "site:shop_order.billing_address_id > site:shop_address.id inferred",
            "site:shop_order.shipping_address_id > site:shop_address.id inferred",
            "site:shop_order.approved_by_id > site:auth_user.id inferred",
            "site:shop_orderitem.order_id > site:shop_order.id inferred",
            "site:shop_orderitem.product_id > site:shop_product.id inferred",
            "site:crm_customer.owner_id > site:auth_user.id inferred",
            "site:crm_note.customer_id > site:crm_customer.id inferred",
            "site:crm_note.author_id > site:auth_user.id inferred",
            "site:reviews_review.content_type_id > site:django_content_type.id inferred",
            "site:reviews_review.object_id > by content_type_id inferred",
            "site:reviews_review.author_id > site:auth_user.id inferred",
            "site:socialaccount_socialaccount.user_id > site:auth_user.id inferred",
            "site:account_emailaddress.user_id > site:auth_user.id inferred",
        ],
    );
}

const IDENTITY: &str = "
    CREATE TABLE tenants (id uuid PRIMARY KEY, name text);
    CREATE TABLE users (id uuid PRIMARY KEY, tenant_id uuid REFERENCES tenants, email text UNIQUE, display_name text);
    CREATE TABLE api_keys (id uuid PRIMARY KEY, key_hash text UNIQUE, user_id uuid REFERENCES users);
    CREATE SCHEMA audit;
    CREATE TABLE audit.logins (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
";
const BILLING: &str = "
    CREATE TABLE accounts (id bigint PRIMARY KEY, tenant binary(16) COMMENT 'tenants.id from the identity database',
        stripe_account varchar(64) COMMENT 'see https://dashboard.example.com/accounts.id');
    CREATE TABLE invoices (id bigint PRIMARY KEY, account_id bigint, number varchar(20) COMMENT 'shown to people, e.g. R.2026.11',
        issued_to char(36) COMMENT 'Soft FK to identity:users.id', total decimal(10, 2) COMMENT 'sum of invoice_lines.amount',
        CONSTRAINT of_account FOREIGN KEY (account_id) REFERENCES accounts (id));
    CREATE TABLE invoice_lines (id bigint PRIMARY KEY, invoice_id bigint COMMENT 'belongs to invoices (same database, constraint dropped for speed)',
        product varchar(64) COMMENT 'References products.sku in Catalog Service', amount decimal(10, 2));
";
const ORDERS: &str = "
    CREATE TABLE orders (
        id uuid PRIMARY KEY,
        placed_by uuid, buyer_ref varchar(36), tenant uuid, invoice bigint, approver uuid, contact_email text, login bigint,
        replaced uuid, number bigint, session_token text, gateway_ref text, warehouse uuid, carrier int, cart uuid, old_user uuid,
        mail text, seen int, helper uuid, coupon uuid, kind text, parent uuid, first_seen timestamptz
    );
    COMMENT ON COLUMN orders.placed_by IS 'Logical FK -> identity.users.id (no constraint: other database)';
    COMMENT ON COLUMN orders.buyer_ref IS 'id of the user in the identity service, as text';
    COMMENT ON COLUMN orders.tenant IS 'Refers to `tenants`.`id` @ identity';
    COMMENT ON COLUMN orders.invoice IS 'ref: billing.invoices.id';
    COMMENT ON COLUMN orders.approver IS 'points to users(id) in the Identity Service; NULL until approved';
    COMMENT ON COLUMN orders.contact_email IS 'copied from users.email when the order was placed';
    COMMENT ON COLUMN orders.login IS 'cross-db reference to identity.audit.logins(id)';
    COMMENT ON COLUMN orders.replaced IS 'FK to orders, not enforced';
    COMMENT ON COLUMN orders.number IS 'Counts up; not a reference to invoices.id';
    COMMENT ON COLUMN orders.session_token IS 'Token of the browser session (see docs/session.md)';
    COMMENT ON COLUMN orders.gateway_ref IS 'Reference number of the payment gateway';
    COMMENT ON COLUMN orders.warehouse IS 'References warehouses.id in Warehouse Service (no FK)';
    COMMENT ON COLUMN orders.carrier IS 'numeric code of the carrier, 1 to 9';
    COMMENT ON COLUMN orders.cart IS 'External id of the cart in the storefront';
    COMMENT ON COLUMN orders.old_user IS 'no longer references users.id';
    COMMENT ON COLUMN orders.helper IS 'users.id';
    COMMENT ON COLUMN orders.mail IS 'users.email at the time of the order';
    COMMENT ON COLUMN orders.seen IS 'how many logins.id there were';
    COMMENT ON COLUMN orders.coupon IS 'shown on the receipt, not linked to anything';
    COMMENT ON COLUMN orders.parent IS 'Reference to orders.id, which it was split from';
    COMMENT ON COLUMN orders.first_seen IS 'same as users.created_at';
    CREATE TABLE shipments (id bigint PRIMARY KEY, order_id uuid, packed_by uuid, tracking_id text, seen_by uuid[]);
    COMMENT ON TABLE shipments IS 'What left the house. packed_by references users.id in identity; seen_by holds the ids of the users who looked';
";

#[test]
fn services_that_only_say_so() {
    let (identity, billing) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Mariadb));
    let orders = TestDatabase::new(Engine::Postgres);
    let project =
        foreign(&[("identity", &identity, IDENTITY), ("billing", &billing, BILLING), ("orders", &orders, ORDERS)]);
    assert_found(
        &project.run_line("references discover --format json"),
        &[
            "billing:accounts.tenant > identity:tenants.id comment",
            "billing:invoices.issued_to > identity:users.id comment",
            "billing:invoice_lines.invoice_id > billing:invoices.id comment",
            "billing:invoice_lines.product ?",
            "orders:orders.placed_by > identity:users.id comment",
            "orders:orders.buyer_ref > identity:users.id comment",
            "orders:orders.tenant > identity:tenants.id comment",
            "orders:orders.invoice > billing:invoices.id comment",
            "orders:orders.approver > identity:users.id comment",
            "orders:orders.login > identity:audit.logins.id comment",
            "orders:orders.replaced > orders:orders.id comment",
            "orders:orders.warehouse ?",
            "orders:orders.helper > identity:users.id comment",
            "orders:orders.parent > orders:orders.id comment",
            "orders:shipments.order_id > orders:orders.id inferred",
            "orders:shipments.packed_by > identity:users.id comment",
            "orders:shipments.seen_by lists identity:users.id comment",
        ],
    );
}

const AUTH_TABLES: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email varchar(100));";

/// Comments in scripts, beside a column and above it, with renames on the way; a table that nobody made stands beside.
#[test]
fn comments_in_scripts() {
    for engine in Engine::ALL {
        let (auth, notes) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(engine));
        auth.execute(AUTH_TABLES);
        let mut project = TestProject::new();
        project.branch("auth", "aliases = [\"Accounts\", \"socrates_auth\"]\n");
        project.database("auth", &auth).database("notes", &notes);
        project.revision(
            "notes",
            "0001_notes",
            "parents = []\n",
            &[(
                "up.sql",
                "CREATE TABLE notes (\n    id char(36) PRIMARY KEY,\n    writer char(36), -- Reference to users.id in socrates_auth\n    \
                 -- FK -> users.id in\n    -- the accounts database\n    reader char(36),\n    teller char(36) -- users.id in Payroll Service\n);\n\
                 -- notes are shared: shared references users.id in accounts\nALTER TABLE notes ADD shared char(36);\n",
            )],
        );
        project.revision(
            "notes",
            "0002_portable",
            "parents = [\"0001\"]\n",
            &[(
                "up.toml",
                "[[step]]\ncreate_table = \"marks\"\ncolumns = [\n  { name = \"id\", type = \"char(36)\", primary_key = true }, # no reference\n  \
                 # points to users.id in accounts\n  { name = \"setter\", type = \"char(36)\" },\n  \
                 { name = \"remover\", type = \"char(36)\", null = true }, # soft FK to auth.users.id\n]\n\n\
                 [[step]]\nadd_column = \"marks.mover\"\ntype = \"char(36)\"\nnull = true # see accounts:users.id\n\n\
                 [[step]]\nrename_column = \"notes.reader\"\nto = \"viewer\"\n",
            )],
        );
        project.revision(
            "notes",
            "0003_later",
            "parents = [\"0002\"]\n",
            &[("up.sql", "ALTER TABLE notes ADD late char(36); -- users.id in accounts\n")],
        );
        project.run_line("upgrade notes@0002").success();
        notes.execute("CREATE TABLE strays (id int PRIMARY KEY, note_id char(36))");
        let outcome = project.run_line("references discover notes --format json");
        assert_found(
            &outcome,
            &[
                "notes:notes.writer > auth:users.id comment",
                "notes:notes.viewer > auth:users.id comment",
                "notes:notes.teller ?",
                "notes:notes.shared > auth:users.id comment",
                "notes:marks.setter > auth:users.id comment",
                "notes:marks.remover > auth:users.id comment",
                "notes:marks.mover > auth:users.id comment",
                "notes:strays.note_id > notes:notes.id inferred",
            ],
        );
        let text = project.run_line("references discover notes").success().stdout;
        assert!(text.contains("nothing is called Payroll Service: no branch, no database, and no alias"), "{text}");
        assert!(text.contains("(perhaps auth:users.id)"), "{text}");
        assert!(text.contains("migrations/notes/0002_portable/up.toml:5 says beside it"), "{text}");
        let markdown = project.run_line("references discover notes --format markdown").success().stdout;
        assert!(markdown.contains("| notes:notes.writer | auth:users.id | 0."), "{markdown}");
    }
}

#[test]
fn written_into_the_revisions_that_make_the_columns() {
    let mut project = undeclared();
    let (auth, specs) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Sqlite));
    project.database("auth", &auth).database("specs", &specs);
    project.run_line("upgrade").success();
    specs.execute("CREATE TABLE strays (id text PRIMARY KEY, project_id text)");
    let manifest = "migrations/specs/011_project_ownership/revision.toml";
    let before = project.read(manifest) + "# the end\r\n# really";
    project.write(manifest, &before);
    let outcome = project.run_line("references discover --min-confidence 0.9 --write --format json").success();
    let written = outcome.json()["written"].as_array().unwrap().clone();
    assert!(
        written.iter().any(|written| written["from"] == "specs:projects.owner_id" && written["file"] == manifest),
        "{outcome}"
    );
    let after = project.read(manifest);
    assert!(after.starts_with(&before), "{after}");
    assert!(after.contains("[[reference]]\r\nfrom = \"projects.owner_id\"\r\nto = \"auth:users.id\"\r\n"), "{after:?}");
    // What is declared is not found again, and an applied revision is as it was.
    let again = project.run_line("references discover --min-confidence 0.9 --format json").success();
    let is_left = |line: &String| line.contains("> by ") || line.contains(" lists ") || line.contains("strays");
    assert!(found(&again).iter().all(is_left), "{again}");
    let check = project.run_line("check");
    assert!(check.stdout.contains("nothing pending, nothing edited"), "{check}");
    let outcome = project.run_line("references discover specs --write").success();
    assert!(outcome.stdout.contains("no script tells which revision makes these columns"), "{outcome}");
    assert!(
        outcome.stdout.contains("[[reference]]\nfrom = \"strays.project_id\"\nto = \"specs:projects.id\"\n"),
        "{outcome}"
    );
}

/// What is to be copied is told to the letter: `by` in it is no password that a statement sets.
#[test]
fn what_cannot_be_written_is_told_to_the_letter() {
    let (auth, specs) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Sqlite));
    let mut project = TestProject::new();
    project.database("auth", &auth).database("specs", &specs);
    let up = "CREATE TABLE users (id text PRIMARY KEY); CREATE TABLE invites (id text PRIMARY KEY, project_id text);";
    project.revision("auth", "0001_users", "parents = []\n", &[("up.sql", up)]);
    let up = "CREATE TABLE projects (id text PRIMARY KEY, user_id text);\n\
              CREATE TABLE audit_entries (id integer PRIMARY KEY, target_type text, target_id text);";
    project.revision("specs", "0001_projects", "parents = []\n", &[("up.sql", up)]);
    project.run_line("upgrade").success();
    let uuid = |number: usize| format!("{number:08x}-0000-4000-8000-0000000000ab");
    for number in 1..=9 {
        let (user, of) = (uuid(number), uuid(number + 100));
        auth.execute(&format!("INSERT INTO users VALUES ('{user}'); INSERT INTO invites VALUES ('{user}', '{of}')"));
        specs.execute(&format!("INSERT INTO projects VALUES ('{of}', '{user}')"));
        specs.execute(&format!("INSERT INTO audit_entries VALUES ({number}, 'user', '{user}')"));
    }
    let outcome = project.run_line("references discover --sample 100 --write").expect(2);
    assert!(outcome.stderr.contains("the project does not load"), "{outcome}");
    assert!(outcome.stderr.contains("by = \"audit_entries.target_type\""), "{outcome}");
    assert!(!outcome.stderr.contains("***"), "{outcome}");
    let manifest = project.read("migrations/specs/0001_projects/revision.toml");
    assert!(!manifest.contains("[[reference]]"), "{manifest}");
}

#[test]
fn what_cannot_be_looked_at_is_told() {
    let work = TestDatabase::new(Engine::Sqlite);
    let mut project = foreign(&[("work", &work, "CREATE TABLE t (id int PRIMARY KEY)")]);
    project.branch("lost", "");
    project.branch("gone", "");
    project.variable("DATABASE_URL_GONE", "postgres://nobody@127.0.0.1:1/gone");
    let outcome = project.run_line("references discover work").expect(5);
    assert!(outcome.stdout.contains("skipped: gone: "), "{outcome}");
    assert!(outcome.stdout.contains("skipped: lost is not known as a target"), "{outcome}");
}

/// Names in other letters, keys that are texts, and much that only looks like keys.
const PRISMA: &str = "
    CREATE TABLE \"User\" (\"id\" TEXT PRIMARY KEY, \"email\" TEXT NOT NULL UNIQUE, \"stripeCustomerId\" TEXT, \"managerId\" TEXT, \"roleName\" TEXT);
    CREATE TABLE \"Organization\" (\"id\" TEXT PRIMARY KEY, \"ownerId\" TEXT NOT NULL, \"slug\" TEXT UNIQUE, \"billingCustomerId\" TEXT);
    CREATE TABLE \"Membership\" (\"userId\" TEXT NOT NULL, \"organizationId\" TEXT NOT NULL, \"invitedById\" TEXT, PRIMARY KEY (\"userId\", \"organizationId\"));
    CREATE TABLE \"Session\" (\"id\" TEXT PRIMARY KEY, \"sessionToken\" TEXT UNIQUE, \"userId\" TEXT NOT NULL REFERENCES \"User\" (\"id\"));
    CREATE TABLE \"Account\" (\"id\" TEXT PRIMARY KEY, \"userId\" TEXT, \"provider\" TEXT, \"providerAccountId\" TEXT, \"accessToken\" TEXT);
    CREATE TABLE \"Project\" (\"id\" TEXT PRIMARY KEY, \"organizationId\" TEXT, \"createdById\" TEXT, \"parentProjectId\" TEXT, \"externalId\" TEXT);
    CREATE TABLE \"BlogPost\" (\"id\" TEXT PRIMARY KEY, \"authorId\" TEXT, \"projectId\" TEXT, \"metaTitle\" TEXT, \"createdBy\" TEXT);
    CREATE TABLE \"PostLike\" (\"blogPostId\" TEXT, \"userId\" TEXT, \"deviceId\" TEXT, \"requestId\" TEXT);
    CREATE TABLE \"Payment\" (\"id\" TEXT PRIMARY KEY, \"paypalOrderId\" TEXT, \"organizationId\" TEXT, \"currency\" TEXT, \"taxId\" TEXT);
    CREATE TABLE \"AuditEvent\" (\"id\" TEXT PRIMARY KEY, \"actorId\" TEXT, \"entityType\" TEXT, \"entityId\" TEXT, \"traceId\" TEXT, \"correlationId\" TEXT);
";

#[test]
fn names_in_other_letters() {
    let database = TestDatabase::new(Engine::Postgres);
    let project = foreign(&[("app", &database, PRISMA)]);
    assert_found(
        &project.run_line("references discover --format json"),
        &[
            "app:User.managerId > app:User.id inferred",
            "app:Organization.ownerId > app:User.id inferred",
            "app:Membership.userId > app:User.id inferred",
            "app:Membership.organizationId > app:Organization.id inferred",
            "app:Membership.invitedById > app:User.id inferred",
            "app:Account.userId > app:User.id inferred",
            "app:Project.organizationId > app:Organization.id inferred",
            "app:Project.createdById > app:User.id inferred",
            "app:Project.parentProjectId > app:Project.id inferred",
            "app:BlogPost.authorId > app:User.id inferred",
            "app:BlogPost.projectId > app:Project.id inferred",
            "app:PostLike.blogPostId > app:BlogPost.id inferred",
            "app:PostLike.userId > app:User.id inferred",
            "app:Payment.organizationId > app:Organization.id inferred",
            "app:AuditEvent.actorId > app:User.id inferred",
            "app:AuditEvent.entityId > by entityType inferred",
        ],
    );
}

/// Two branches in one database: each table is of the branch that makes it, and is told of once.
#[test]
fn a_database_of_two_branches() {
    let database = TestDatabase::new(Engine::Postgres);
    let mut project = TestProject::new();
    project.share(&["auth", "specs"], &database);
    for (branch, sql) in [
        ("auth", "CREATE TABLE users (id uuid PRIMARY KEY);"),
        ("specs", "CREATE TABLE projects (id uuid PRIMARY KEY, user_id uuid);"),
    ] {
        project.revision(branch, "0001_first", "parents = []\n", &[("up.sql", sql)]);
    }
    project.run_line("upgrade").success();
    let outcome = project.run_line("references discover --format json");
    assert_found(&outcome, &["specs:projects.user_id > auth:users.id inferred"]);
    let sarif = project.run_line("references discover --format sarif").success();
    assert!(sarif.stdout.contains("undeclared_reference"), "{sarif}");
    assert!(sarif.stdout.contains("migrations/specs/0001_first/revision.toml"), "{sarif}");
}
