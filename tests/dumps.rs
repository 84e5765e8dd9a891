//! Scripts as other tools write them: pg_dump's with its data, mysqldump's with DELIMITER.

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::{Engine, TestDatabase, TestProject};

const MANIFEST: &str = "description = \"All of it\"\nparents = []\nirreversible = \"the first\"\n";

/// A project of one branch with one revision.
fn project(database: &TestDatabase, manifest: &str, up: &str) -> TestProject {
    let mut project = TestProject::new();
    project.database("shop", database);
    project.revision("shop", "0001_all", manifest, &[("up.sql", up)]);
    project
}

/// What a program of the system's prints.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_pg_dump_writes_runs_as_it_is() {
    let source = TestDatabase::new(Engine::Postgres);
    source.execute(
        "CREATE SCHEMA stock; CREATE TYPE mood AS ENUM ('good', 'bad'); \
         CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL DEFAULT 'a;b', mood mood, at timestamptz); \
         CREATE TABLE stock.\"odd; name\" (item int REFERENCES items, note text); \
         CREATE TABLE empty (id bigserial PRIMARY KEY); \
         INSERT INTO items VALUES (1, E'tab\\t, line\\n, back\\\\slash', 'good', '2026-01-02 03:04:05Z'), (2, '\\.', NULL, NULL), \
         (3, $$it's ; -- /* $x$ $$, 'bad', NULL); \
         INSERT INTO stock.\"odd; name\" VALUES (1, ''), (3, NULL); \
         CREATE FUNCTION doubled(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; SELECT CASE WHEN $1 > 0 THEN 1 END; END; \
         CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := NEW.note || ';'; RETURN NEW; END $$; \
         CREATE TRIGGER noted BEFORE INSERT ON stock.\"odd; name\" FOR EACH ROW EXECUTE FUNCTION noted(); \
         CREATE RULE twice AS ON DELETE TO empty DO ALSO (DELETE FROM items; DELETE FROM stock.\"odd; name\"); \
         COMMENT ON TABLE items IS 'it''s; \\.'",
    );
    let programs = PathBuf::from(std::env::var("BRANCHLINE_TEST_PGBIN").expect("the servers' runner sets it"));
    let dump = || printed(Command::new(programs.join("pg_dump")).arg("--no-owner").arg(source.url()));
    let target = TestDatabase::new(Engine::Postgres);
    let dumped = dump();
    assert!(dumped.contains("\nCOPY ") && dumped.contains("set_config('search_path', '', false)"), "{dumped}");
    let project = project(&target, MANIFEST, &dumped);
    project.run_line("upgrade").success();
    for query in [
        "SELECT * FROM items ORDER BY id",
        "SELECT * FROM stock.\"odd; name\" ORDER BY item",
        "SELECT doubled(4), obj_description('items'::regclass)",
        "SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE rulename = 'twice'",
    ] {
        assert_eq!(target.query_strings(query), source.query_strings(query), "{query}");
    }
    let transactions = "SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM items UNION ALL SELECT xmin FROM branchline_revision) r";
    assert_eq!(target.query_value(transactions), "1", "data and record are written by one transaction");
    project.run_line("check").success();
}

const DATA: &str = "CREATE TABLE t (a int PRIMARY KEY, b text);\n\
                    COPY t FROM STDIN;\n1\tone\n2\ttwo\n\\.\n\
                    COPY t (b, a) FROM STDIN WITH (FORMAT csv, HEADER);\nb,a\n\"thr;\nee\",3\n\\.\n\
                    INSERT INTO t VALUES (4, 'four');\n";

#[test]
fn data_in_and_out_of_transactions() {
    for transaction in [true, false] {
        let manifest = format!("{MANIFEST}transaction = {transaction}\n");
        let database = TestDatabase::new(Engine::Postgres);
        let project = project(&database, &manifest, &DATA.replace('\n', "\r\n"));
        project.run_line("upgrade").success();
        assert_eq!(
            database.query_value("SELECT string_agg(a || '=' || b, ',' ORDER BY a) FROM t").replace('\r', ""),
            "1=one,2=two,3=thr;\nee,4=four"
        );
        let shown = project.run_line("show shop@0001 --format json").success().json();
        assert_eq!(shown["scripts"][0]["up"]["statements"].as_array().map_or(0, Vec::len), 4, "{shown}");
    }
}

/// An error points at the line of the data, at the COPY, or at the statement after it; nothing is left of the revision.
#[test]
fn errors_name_the_line() {
    for (old, new, line, transaction) in [
        ("2\ttwo", "x\ttwo", 4, true),
        ("2\ttwo", "1\ttwo", 4, true),
        ("2\ttwo", "2", 4, false),
        ("ee\",3", "ee\",3,3", 9, true),
        ("COPY t (b, a)", "COPY t (b, c)", 6, true),
        ("COPY t (b, a)", "COPY u (b, a)", 6, false),
        ("(4, 'four')", "(1, 'four')", 11, true),
        ("VALUES (4", "VALUS (4", 11, true),
    ] {
        let manifest = format!("{MANIFEST}transaction = {transaction}\n");
        let database = TestDatabase::new(Engine::Postgres);
        let project = project(&database, &manifest, &DATA.replace(old, new));
        let failed = project.run_line("upgrade --format json").expect(1).json();
        assert_eq!(failed["error"]["file"], "migrations/shop/0001_all/up.sql", "{new:?}");
        assert_eq!(failed["error"]["line"], line, "{new:?}: {failed}");
        if transaction {
            assert_eq!(database.query_value("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
            project.write("migrations/shop/0001_all/up.sql", DATA);
            project.run_line("upgrade").success();
        }
    }
}

#[test]
fn what_mariadb_dump_writes_runs_as_it_is() {
    let source = TestDatabase::new(Engine::Mariadb);
    source.execute("CREATE TABLE items (id int PRIMARY KEY, name varchar(50) COMMENT 'a;b')");
    source.execute("INSERT INTO items VALUES (1, 'it\\'s; // \\\\'), (2, '\\n;;')");
    source.execute("CREATE TABLE log (id int)");
    source.execute("CREATE TRIGGER logged AFTER INSERT ON items FOR EACH ROW BEGIN IF NEW.id > 0 THEN INSERT INTO log VALUES (NEW.id); END IF; END");
    source.execute("CREATE PROCEDURE filled() BEGIN DECLARE i INT DEFAULT 7; REPEAT INSERT INTO items VALUES (i, 'x'); SET i = i + 1; UNTIL i > 8 END REPEAT; END");
    let url = source.url().strip_prefix("mariadb://").or_else(|| source.url().strip_prefix("mysql://")).unwrap();
    let (login, place) = url.rsplit_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap();
    let (server, _) = place.split_once('/').unwrap();
    let (host, port) = server.split_once(':').unwrap();
    let mut command = Command::new("mariadb-dump");
    command.args(["--routines", "--skip-add-locks", "--protocol=tcp", "-h", host, "-P", port, "-u", user]);
    let dump = printed(command.arg(format!("-p{password}")).arg(source.name()));
    assert!(dump.contains("DELIMITER ;;"), "{dump}");
    let target = TestDatabase::new(Engine::Mariadb);
    let project = project(&target, MANIFEST, &dump);
    // It begins with DROP TABLE IF EXISTS.
    project.run_line("upgrade --yes").success();
    assert_eq!(
        target.query_strings("SELECT * FROM items ORDER BY id"),
        source.query_strings("SELECT * FROM items ORDER BY id")
    );
    target.execute("CALL filled()");
    assert_eq!(target.query_value("SELECT group_concat(id ORDER BY id) FROM log"), "7,8");
}

/// While data is being sent nobody reads: what the server would say of each row must not fill the wires both ways.
#[test]
fn a_trigger_that_talks_does_not_stop_the_data() {
    for transaction in [true, false] {
        let manifest = format!("{MANIFEST}transaction = {transaction}\n");
        let rows: String = (0..60_000).map(|row| format!("{row}\t{}\n", "y".repeat(300))).collect();
        let script = format!(
            "CREATE TABLE t (a int, b text);\nCREATE FUNCTION talk() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE WARNING '%', repeat('x', 400); RETURN NEW; END $$;\n\
             CREATE TRIGGER talk BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION talk();\n\
             SET client_min_messages = info;\nCOPY t FROM stdin;\n{rows}\\.\n\
             CREATE TABLE said AS SELECT current_setting('client_min_messages') AS level;\n"
        );
        let database = TestDatabase::new(Engine::Postgres);
        let project = project(&database, &manifest, &script);
        project.run_line("upgrade --statement-timeout 20s").success();
        assert_eq!(database.query_value("SELECT count(*) FROM t"), "60000");
        assert_eq!(database.query_value("SELECT level FROM said"), "info");
    }
}
