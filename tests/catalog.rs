//! What the databases say of their own tables, one zoo of tables an engine, compared field by field.

mod support;

use std::fmt::Write as _;
use std::time::Duration;

use branchline::catalog::{Catalog, Table};
use branchline::database::{Session, SessionOptions};
use branchline::database_url::DatabaseUrl;
use branchline::dialect::Dialect;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use support::{Engine, TestDatabase};

fn catalog(url: &str) -> Catalog {
    let options = SessionOptions {
        connect_timeout: Duration::from_secs(10),
        lock_timeout: Duration::from_secs(5),
        statement_timeout: Duration::ZERO,
        state_schema: "public".to_owned(),
        run_id: Uuid::new_v4(),
        cancel: CancellationToken::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut session = Session::open(&DatabaseUrl::parse(url).unwrap(), &options).await.unwrap();
        let catalog = session.catalog().await.unwrap();
        session.close().await;
        catalog
    })
}

/// Every field of a table, a line a thing.
fn told(table: &Table) -> String {
    let mut text = format!("{} visible={} comment={:?}\n", table.name, table.visible, table.comment);
    for column in &table.columns {
        let null = if column.nullable { "null" } else { "not null" };
        writeln!(
            text,
            "  {}: {} {:?} {null} {:?} {:?}",
            column.name, column.data_type, column.kind, column.comment, column.collation
        )
        .unwrap();
    }
    writeln!(text, "  key {:?}", table.primary_key).unwrap();
    for index in &table.indexes {
        let mut flags = String::new();
        for (flag, name) in [
            (index.unique, " unique"),
            (index.ordered, " ordered"),
            (index.partial, " partial"),
            (!index.valid, " invalid"),
        ] {
            flags += if flag { name } else { "" };
        }
        writeln!(text, "  index {} {:?}{flags}", index.name, index.columns).unwrap();
    }
    for key in &table.foreign_keys {
        let name = key.name.as_deref().unwrap_or("-");
        writeln!(text, "  fk {name} {:?} {:?} {} {:?}", key.columns, key.to_database, key.to_table, key.to_columns)
            .unwrap();
    }
    text
}

#[track_caller]
fn assert_told(catalog: &Catalog, expected: &str) {
    let told: String = catalog.tables.iter().map(told).collect();
    assert_eq!(told.trim(), expected.trim(), "\n{told}");
}

#[test]
fn postgres() {
    let database = TestDatabase::new(Engine::Postgres);
    database.execute(
        "CREATE TABLE branchline_event (id int); CREATE TEMPORARY TABLE passing (id int);
         CREATE SCHEMA billing;
         CREATE DOMAIN code AS varchar(8) NOT NULL; CREATE DOMAIN codes AS code;
         CREATE TYPE mood AS ENUM ('well', 'ill');
         CREATE TABLE users (id uuid PRIMARY KEY, email text COLLATE \"C\" UNIQUE, login varchar(36), tag char(3),
             number int NOT NULL, big bigint, small smallint, price numeric(10, 2), any_price numeric, data bytea, born date,
             friends uuid[], mood mood, code codes, gone text);
         ALTER TABLE users DROP COLUMN gone;
         CREATE INDEX by_lower ON users (number, lower(email));
         CREATE UNIQUE INDEX by_part ON users (login, lower(email));
         CREATE UNIQUE INDEX few ON users (login) WHERE number > 0;
         CREATE INDEX hashed ON users USING hash (big);
         CREATE INDEX within ON users USING gin (friends);
         CREATE INDEX included ON users (small) INCLUDE (big);
         CREATE INDEX otherwise ON users (login COLLATE \"C\");
         COMMENT ON TABLE users IS 'People''s accounts';
         COMMENT ON COLUMN users.login IS 'Reference to logins.id in auth';
         CREATE TABLE billing.invoices (user_id uuid REFERENCES users, number int, a int, b int, PRIMARY KEY (number, a),
             CONSTRAINT \"twice over\" FOREIGN KEY (b, a) REFERENCES billing.invoices (number, a));
         CREATE TABLE events (id int, at date, user_id uuid REFERENCES users (id)) PARTITION BY RANGE (at);
         CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE TABLE \"Odd\"\"name\" (\"a b\" int PRIMARY KEY);
         CREATE VIEW everybody AS SELECT * FROM users; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
         INSERT INTO users (id, number, code) SELECT gen_random_uuid(), n % 3, 'x' FROM generate_series(1, 300) n;
         INSERT INTO events SELECT n, '2026-02-02' FROM generate_series(1, 50) n;",
    );
    let before = catalog(database.url());
    assert!(before.tables.iter().all(|table| table.rows.is_none()), "nobody has counted: {before:?}");
    database.execute("ANALYZE");
    let catalog = catalog(database.url());
    assert_eq!((catalog.dialect, catalog.name.as_str()), (Dialect::Postgres, database.name()));
    let default = database.query_value("SELECT datcollate FROM pg_database WHERE datname = current_database()");
    let bytewise = matches!(default.as_str(), "C" | "POSIX");
    let expected = format!(
        "\
billing.invoices visible=false comment=None
  user_id: uuid Uuid null None None
  number: integer Integer {{ bits: 32, unsigned: false }} not null None None
  a: integer Integer {{ bits: 32, unsigned: false }} not null None None
  b: integer Integer {{ bits: 32, unsigned: false }} null None None
  key [\"number\", \"a\"]
  index invoices_pkey [\"number\", \"a\"] unique ordered
  fk invoices_user_id_fkey [\"user_id\"] None public.users [\"id\"]
  fk twice over [\"b\", \"a\"] None billing.invoices [\"number\", \"a\"]
public.Odd\"name visible=true comment=None
  a b: integer Integer {{ bits: 32, unsigned: false }} not null None None
  key [\"a b\"]
  index Odd\"name_pkey [\"a b\"] unique ordered
public.events visible=true comment=None
  id: integer Integer {{ bits: 32, unsigned: false }} null None None
  at: date Other null None None
  user_id: uuid Uuid null None None
  key []
  fk events_user_id_fkey [\"user_id\"] None public.users [\"id\"]
public.users visible=true comment=Some(\"People's accounts\")
  id: uuid Uuid not null None None
  email: text Text {{ bytewise: true, exact: true, padded: false, length: None }} null None Some(\"C\")
  login: character varying(36) Text {{ bytewise: {bytewise}, exact: true, padded: false, length: Some(36) }} null Some(\"Reference to logins.id in auth\") Some({default:?})
  tag: character(3) Text {{ bytewise: {bytewise}, exact: true, padded: true, length: Some(3) }} null None Some({default:?})
  number: integer Integer {{ bits: 32, unsigned: false }} not null None None
  big: bigint Integer {{ bits: 64, unsigned: false }} null None None
  small: smallint Integer {{ bits: 16, unsigned: false }} null None None
  price: numeric(10,2) Decimal {{ scale: Some(2) }} null None None
  any_price: numeric Decimal {{ scale: None }} null None None
  data: bytea Binary {{ length: None }} null None None
  born: date Other null None None
  friends: uuid[] Other null None None
  mood: mood Other null None None
  code: codes Text {{ bytewise: {bytewise}, exact: true, padded: false, length: Some(8) }} not null None Some({default:?})
  key [\"id\"]
  index by_lower [\"number\"] ordered
  index by_part [\"login\"] ordered
  index few [\"login\"] unique ordered partial
  index hashed [\"big\"]
  index included [\"small\"] ordered
  index otherwise [] ordered
  index users_email_key [\"email\"] unique ordered
  index users_pkey [\"id\"] unique ordered
  index within []
"
    );
    assert_told(&catalog, &expected);
    let users = catalog.table(None, "users").unwrap();
    assert_eq!(users.rows, Some(300));
    let distinct = |name: &str| users.column(name).unwrap().distinct;
    assert_eq!((distinct("id"), distinct("number"), distinct("login")), (Some(300), Some(3), None));
    assert_eq!(catalog.table(None, "events").unwrap().rows, Some(50), "its partitions were counted");
    assert!(!users.is_unique(&["login".to_owned()]) && users.is_unique(&["email".to_owned()]));

    let other = TestDatabase::new(Engine::Postgres);
    assert_eq!(self::catalog(other.url()).server, catalog.server);
}

#[test]
fn mariadb() {
    // Dropped in the other order: what is referred to goes last.
    let other = TestDatabase::new(Engine::Mariadb);
    let database = TestDatabase::new(Engine::Mariadb);
    let elsewhere = other.name();
    other.execute("CREATE TABLE tenants (id int PRIMARY KEY)");
    database.execute(&format!(
        "CREATE TABLE branchline_event (id int);
         CREATE TABLE users (id uuid PRIMARY KEY, old_id binary(16) UNIQUE, hex char(36) CHARACTER SET ascii COLLATE ascii_bin,
             login varchar(36) COLLATE utf8mb4_bin, name varchar(20) COLLATE utf8mb4_general_ci, tag char(3) COLLATE utf8mb4_general_ci,
             number int unsigned NOT NULL, big bigint, medium mediumint, tiny tinyint(1), price decimal(10, 2), data blob,
             bytes varbinary(16), born date, mood enum('well', 'ill'), wide varchar(9) CHARACTER SET ucs2 COLLATE ucs2_bin,
             note text COLLATE utf8mb4_general_ci COMMENT 'Reference to logins.id in auth',
             KEY by_number (number, big), KEY by_beginning (note(10), number), FULLTEXT KEY words (note)) COMMENT 'People''s accounts';
         CREATE TABLE invoices (user_id uuid, number int, a int, b int, tenant_id int, PRIMARY KEY (number, a),
             CONSTRAINT `twice over` FOREIGN KEY (b, a) REFERENCES invoices (number, a),
             CONSTRAINT elsewhere FOREIGN KEY (tenant_id) REFERENCES {elsewhere}.tenants (id),
             CONSTRAINT near FOREIGN KEY (user_id) REFERENCES users (id));
         CREATE VIEW everybody AS SELECT * FROM users;
         CREATE SEQUENCE numbers;
         INSERT INTO users (id, number) SELECT uuid(), seq % 3 FROM seq_1_to_300;
         ANALYZE TABLE users;"
    ));
    let catalog = catalog(database.url());
    assert_eq!((catalog.dialect, catalog.name.as_str()), (Dialect::Mariadb, database.name()));
    let expected = format!(
        "\
invoices visible=true comment=None
  user_id: uuid Uuid null None None
  number: int(11) Integer {{ bits: 32, unsigned: false }} not null None None
  a: int(11) Integer {{ bits: 32, unsigned: false }} not null None None
  b: int(11) Integer {{ bits: 32, unsigned: false }} null None None
  tenant_id: int(11) Integer {{ bits: 32, unsigned: false }} null None None
  key [\"number\", \"a\"]
  index elsewhere [\"tenant_id\"] ordered
  index near [\"user_id\"] ordered
  index PRIMARY [\"number\", \"a\"] unique ordered
  index twice over [\"b\", \"a\"] ordered
  fk elsewhere [\"tenant_id\"] Some(\"{elsewhere}\") tenants [\"id\"]
  fk near [\"user_id\"] None users [\"id\"]
  fk twice over [\"b\", \"a\"] None invoices [\"number\", \"a\"]
users visible=true comment=Some(\"People's accounts\")
  id: uuid Uuid not null None None
  old_id: binary(16) Binary {{ length: Some(16) }} null None None
  hex: char(36) Text {{ bytewise: true, exact: false, padded: true, length: Some(36) }} null None Some(\"ascii_bin\")
  login: varchar(36) Text {{ bytewise: true, exact: false, padded: false, length: Some(36) }} null None Some(\"utf8mb4_bin\")
  name: varchar(20) Text {{ bytewise: false, exact: false, padded: false, length: Some(20) }} null None Some(\"utf8mb4_general_ci\")
  tag: char(3) Text {{ bytewise: false, exact: false, padded: true, length: Some(3) }} null None Some(\"utf8mb4_general_ci\")
  number: int(10) unsigned Integer {{ bits: 32, unsigned: true }} not null None None
  big: bigint(20) Integer {{ bits: 64, unsigned: false }} null None None
  medium: mediumint(9) Integer {{ bits: 24, unsigned: false }} null None None
  tiny: tinyint(1) Integer {{ bits: 8, unsigned: false }} null None None
  price: decimal(10,2) Decimal {{ scale: Some(2) }} null None None
  data: blob Binary {{ length: None }} null None None
  bytes: varbinary(16) Binary {{ length: None }} null None None
  born: date Other null None None
  mood: enum('well','ill') Other null None None
  wide: varchar(9) Text {{ bytewise: false, exact: false, padded: false, length: Some(9) }} null None Some(\"ucs2_bin\")
  note: text Text {{ bytewise: false, exact: false, padded: false, length: Some(65535) }} null Some(\"Reference to logins.id in auth\") Some(\"utf8mb4_general_ci\")
  key [\"id\"]
  index by_beginning [] ordered
  index by_number [\"number\", \"big\"] ordered
  index old_id [\"old_id\"] unique ordered
  index PRIMARY [\"id\"] unique ordered
  index words []
"
    );
    assert_told(&catalog, &expected);
    let users = catalog.table(None, "users").unwrap();
    assert_eq!(users.rows, Some(300));
    assert!(users.column("number").unwrap().distinct.is_some_and(|distinct| distinct <= 6), "{users:?}");
    assert_eq!(self::catalog(other.url()).server, catalog.server);
    let postgres = TestDatabase::new(Engine::Postgres);
    assert_ne!(self::catalog(postgres.url()).server, catalog.server);
}

#[test]
fn sqlite() {
    let database = TestDatabase::new(Engine::Sqlite);
    database.execute(
        "CREATE TABLE branchline_event (id int);
         CREATE TABLE users ( -- People's accounts
             id INTEGER PRIMARY KEY,
             email TEXT NOT NULL COLLATE NOCASE UNIQUE,
             login VARCHAR(36), -- Reference to logins.id in auth
             hex, data BLOB, price DECIMAL(10, 2), born DATETIME, real REAL,
             -- of the mailer
             external UUID,
             doubled INT AS (id * 2)
         );
         CREATE UNIQUE INDEX some ON users (login) WHERE id < 0;
         CREATE INDEX otherwise ON users (login COLLATE NOCASE, id);
         CREATE UNIQUE INDEX by_lower ON users (hex, lower(login));
         CREATE TABLE invoices (number INT, a INT, b INT, user_id INT REFERENCES Users,
             PRIMARY KEY (a, number), FOREIGN KEY (b, a) REFERENCES invoices (number, a));
         CREATE TABLE pairs (a TEXT PRIMARY KEY, b INT) WITHOUT ROWID;
         CREATE VIEW everybody AS SELECT * FROM users;
         CREATE VIRTUAL TABLE words USING fts5(word);",
    );
    let before = catalog(database.url());
    assert!(before.tables.iter().all(|table| table.rows.is_none()));
    database.execute(
        "WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 300) INSERT INTO users (id, email, login) SELECT \
         n, n || '@', n % 3 FROM n; ANALYZE;",
    );
    let catalog = catalog(database.url());
    assert_eq!((catalog.dialect, catalog.name.as_str()), (Dialect::Sqlite, database.name()));
    let integer = "Integer { bits: 64, unsigned: false }";
    let expected = format!(
        "\
invoices visible=true comment=None
  number: INT {integer} null None None
  a: INT {integer} null None None
  b: INT {integer} null None None
  user_id: INT {integer} null None None
  key [\"a\", \"number\"]
  index sqlite_autoindex_invoices_1 [\"a\", \"number\"] unique ordered
  fk - [\"b\", \"a\"] None invoices [\"number\", \"a\"]
  fk - [\"user_id\"] None users [\"id\"]
pairs visible=true comment=None
  a: TEXT Text {{ bytewise: true, exact: true, padded: false, length: None }} not null None Some(\"BINARY\")
  b: INT {integer} null None None
  key [\"a\"]
  index sqlite_autoindex_pairs_1 [\"a\"] unique ordered
users visible=true comment=Some(\"People's accounts\")
  id: INTEGER {integer} not null None None
  email: TEXT Text {{ bytewise: false, exact: false, padded: false, length: None }} not null None Some(\"NOCASE\")
  login: VARCHAR(36) Text {{ bytewise: true, exact: true, padded: false, length: Some(36) }} null Some(\"Reference to logins.id in auth\") Some(\"BINARY\")
  hex:  Loose null None None
  data: BLOB Binary {{ length: None }} null None None
  price: DECIMAL(10, 2) Loose null None None
  born: DATETIME Other null None None
  real: REAL Other null None None
  external: UUID Uuid null Some(\"of the mailer\") None
  doubled: INT {integer} null None None
  key [\"id\"]
  index by_lower [\"hex\"] ordered
  index otherwise [] ordered
  index some [\"login\"] unique ordered partial
  index sqlite_autoindex_users_1 [\"email\"] unique ordered
  index rowid [\"id\"] unique ordered
"
    );
    assert_told(&catalog, &expected);
    let users = catalog.table(None, "users").unwrap();
    assert_eq!(users.rows, Some(300));
    assert_eq!(users.column("email").unwrap().distinct, Some(300));
    let other = TestDatabase::new(Engine::Sqlite);
    assert_ne!(self::catalog(other.url()).server, catalog.server);
}
