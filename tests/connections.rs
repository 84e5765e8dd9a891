//! Databases that cannot be reached or do not let in, passwords of every kind, and hints where a cause is known. No
//! password may ever be printed.

mod support;

use support::pair::{json, kind, script, table};
use support::{Engine, Outcome, TestDatabase, TestProject};
use uuid::Uuid;

/// A password that means something else in a URL at every character.
const PASSWORD: &str = "p@ss:/?#[]%";
/// The same, encoded.
const ENCODED: &str = "p%40ss%3A%2F%3F%23%5B%5D%25";

/// A user of a server, with [`PASSWORD`], dropped with the value.
struct User<'a> {
    name: String,
    database: &'a TestDatabase,
}

impl<'a> User<'a> {
    fn new(database: &'a TestDatabase) -> Self {
        let name = format!("u{}", &Uuid::new_v4().simple().to_string()[..12]);
        match database.engine() {
            Engine::Postgres => {
                database.execute(&format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"));
                database.execute(&format!("GRANT ALL ON SCHEMA public TO {name}"));
            }
            Engine::Mariadb => {
                database.execute(&format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'"));
                database.execute(&format!("GRANT ALL ON {}.* TO '{name}'@'%'", database.name()));
            }
            Engine::Sqlite => panic!("SQLite has no users"),
        }
        Self { name, database }
    }

    /// The URL of the test's database for this user.
    fn url(&self, password: &str) -> String {
        let (scheme, rest) = self.database.url().split_once("://").unwrap();
        let (_, place) = rest.rsplit_once('@').unwrap();
        format!("{scheme}://{}:{password}@{place}", self.name)
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let _ = match self.database.engine() {
            Engine::Postgres => self.database.try_execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}")),
            _ => self.database.try_execute(&format!("DROP USER '{name}'@'%'")),
        };
    }
}

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::Mariadb];

/// A project whose branch `auth` has two revisions.
fn project(url: &str) -> TestProject {
    let mut project = TestProject::new();
    project.branch("auth", "");
    project.variable("DATABASE_URL_AUTH", url);
    table(&project, "auth", "1", &[], &[]);
    table(&project, "auth", "2", &["1"], &[]);
    project
}

#[track_caller]
fn assert_no_secret(outcome: &Outcome) {
    for secret in [PASSWORD, ENCODED, "p@ss", "p%40ss", "ss%3A%2F", "ss:/?"] {
        assert!(!outcome.stdout.contains(secret), "{secret} is printed\n{outcome}");
        assert!(!outcome.stderr.contains(secret), "{secret} is printed\n{outcome}");
    }
}

#[test]
fn a_password_of_any_kind_works_raw_and_encoded_and_is_never_shown() {
    for engine in SERVERS {
        for password in [PASSWORD, ENCODED] {
            let database = TestDatabase::new(engine);
            let user = User::new(&database);
            let project = project(&user.url(password));
            for line in [
                "status -vvv",
                "plan --out p.plan -vvv",
                "upgrade --format json -vvv",
                "upgrade -vvv",
                "check -vvv",
                "branches -vvv",
                "branches --format json -vvv",
                "status --format json",
                "downgrade auth@1 --yes -vvv",
                "stamp auth@1 --format json -vvv",
            ] {
                let outcome = project.run_line(line).success();
                assert_no_secret(&outcome);
            }
            assert!(!project.read("p.plan").contains("p@ss") && !project.read("p.plan").contains("p%40ss"), "{engine}");
            let recorded = database.query_strings("SELECT * FROM branchline_event");
            assert!(!format!("{recorded:?}").contains("p@ss"), "{engine}");
            // A run that fails, and one that waits.
            script(&project, "auth", "3", &["2"], &[], "SELECT nonsense FROM nowhere;\n", "");
            assert_no_secret(&project.run_line("upgrade -vvv").expect(1));
            assert_no_secret(&project.run_line("upgrade -vvv --format json").expect(1));
        }
    }
}

#[test]
fn a_refused_login() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let user = User::new(&database);
        let project = project(&user.url("wr%40ng:/?#[]%p@ss:/?#[]%"));
        for line in ["status", "plan", "upgrade", "downgrade auth@base --yes", "stamp auth@1", "check"] {
            let refused = json(&project, &format!("{line} -vvv")).expect(5);
            assert_eq!(kind(&refused), "login_refused", "{engine} {line}\n{refused}");
            let error = &refused.json()["error"];
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("127.0.0.1") && message.contains(database.name()), "{engine} {line}\n{refused}");
            assert!(error["hint"].as_str().is_some(), "{engine} {line}\n{refused}");
            assert_no_secret(&refused);
            assert!(!refused.stdout.contains("wr%40ng") && !refused.stderr.contains("wr@ng"), "{refused}");
            assert_no_secret(&project.run_line(&format!("{line} -vvv")).expect(5));
        }
    }
}

/// Something else than a database server listens there.
#[test]
fn a_server_of_another_kind_answers() {
    for scheme in ["postgres", "mariadb"] {
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = other.local_addr().unwrap();
        std::thread::spawn(move || {
            for client in other.incoming() {
                let _ = std::io::Write::write_all(&mut client.unwrap(), b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        });
        let project = project(&format!("{scheme}://app:secret@{place}/shop"));
        for line in ["status", "upgrade"] {
            let refused = json(&project, line).expect(5);
            assert_eq!(kind(&refused), "unreachable", "{refused}");
            assert!(refused.json()["error"]["hint"].as_str().is_some(), "{refused}");
            assert!(!refused.stdout.contains("sqlx"), "{refused}");
        }
    }
}

/// Whoever only looks, and who is refused, ends its session as it should: a server counts, and logs, those that do not.
#[test]
fn every_session_says_goodbye() {
    let database = TestDatabase::new(Engine::Postgres);
    let project = project(database.url());
    for (line, code) in [
        ("status", 0),
        ("plan", 0),
        ("plan --sql", 0),
        ("plan --out migrations/auth/1/revision.toml", 2),
        ("upgrade --dry-run", 0),
        ("upgrade", 0),
        ("upgrade auth@+5", 2),
        ("downgrade auth@base", 6),
        ("downgrade auth@base --dry-run", 0),
        ("stamp auth@base --dry-run", 0),
        ("resume auth", 6),
        ("repair auth --applied", 6),
        ("check", 0),
    ] {
        project.run_line(line).expect(code);
    }
    database.execute("UPDATE branchline_binding SET layout = 99");
    project.run_line("upgrade").expect(1);
    let abandoned = "SELECT sessions_abandoned FROM pg_stat_database WHERE datname = current_database()";
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                  AND backend_type = 'client backend'";
    while database.query_value(others) != "0" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(database.query_value(abandoned), "0");
}

/// Every character that SCRAM's preparation forbids is one of the password, and none is said.
#[test]
fn a_password_that_scram_cannot_take() {
    let database = TestDatabase::new(Engine::Postgres);
    let user = User::new(&database);
    for (password, secret) in [("abc%09def", "\\t"), ("abc\u{1faf7}def", "\u{1faf7}"), ("abc%07def", "u{7}")] {
        let project = project(&user.url(password));
        for line in ["upgrade -vvv", "status --format json"] {
            let refused = project.run_line(line).expect(5);
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert!(said.contains("the password has a character that SCRAM"), "{refused}");
            assert!(said.contains("no emoji, tabs or other control characters"), "{refused}");
            assert!(!said.contains(secret) && !said.contains("rohibited"), "{secret} is printed\n{refused}");
        }
    }
}

/// A raw password may hold what reads as an escape, and is then another one.
#[test]
fn a_refused_password_with_escapes() {
    const HINT: &str = "a `%` of the password itself is written %25";
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let user = User::new(&database);
        let refused = project(&user.url("100%41")).run_line("upgrade").expect(5);
        assert!(refused.stderr.contains(HINT), "{engine}\n{refused}");
        assert!(!refused.stderr.contains("0%4") && !refused.stderr.contains("100A"), "{engine}\n{refused}");
        let refused = project(&user.url("wrong%")).run_line("upgrade").expect(5);
        assert!(!refused.stderr.contains(HINT), "{engine}\n{refused}");
    }
}

#[test]
fn no_such_database() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let (server, _) = database.url().rsplit_once('/').unwrap();
        let project = project(&format!("{server}/never_created"));
        let missing = json(&project, "upgrade").expect(5);
        assert_eq!(kind(&missing), "no_such_database", "{engine}\n{missing}");
        let message = missing.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("127.0.0.1") && message.contains("never_created"), "{engine}\n{missing}");
    }
    // A user who may not see any other database cannot be told whether there is one.
    let database = TestDatabase::new(Engine::Mariadb);
    let user = User::new(&database);
    let url = user.url(ENCODED).replace(database.name(), "never_created");
    let missing = json(&project(&url), "upgrade").expect(5);
    assert!(missing.json()["error"]["message"].as_str().unwrap().contains("never_created"), "{missing}");
    assert_no_secret(&missing);
}

/// A proxy, or a server of another make.
#[test]
fn something_else_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            use std::io::Write as _;
            let _ = stream.and_then(|mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
    });
    for scheme in ["postgres", "mariadb"] {
        let project = project(&format!("{scheme}://app:p@ss:/?#[]%@127.0.0.1:{port}/shop"));
        for line in ["status", "plan", "upgrade"] {
            let outcome = json(&project, line).expect(5);
            assert_eq!(kind(&outcome), "unreachable", "{scheme} {line}\n{outcome}");
            assert_no_secret(&outcome);
        }
    }
}

#[test]
fn nobody_answers() {
    for url in [
        "postgres://app:p@ss:/?#[]%@127.0.0.1:1/shop",
        "mysql://app:p@ss:/?#[]%@127.0.0.1:1/shop",
        "mariadb://app:p%40ss%3A%2F%3F%23%5B%5D%25@127.0.0.1:1/shop",
        "postgres://app:p%40ss%3A%2F%3F%23%5B%5D%25@no-such-host.invalid/shop",
    ] {
        let project = project(url);
        for line in ["status", "plan", "upgrade", "upgrade --wait 1s", "check"] {
            let outcome = json(&project, &format!("{line} -vvv")).expect(5);
            assert_eq!(kind(&outcome), "unreachable", "{url} {line}\n{outcome}");
            let message = outcome.json()["error"]["message"].as_str().unwrap().to_owned();
            let host = if url.contains("invalid") { "no-such-host.invalid" } else { "127.0.0.1:1" };
            assert!(message.contains(host) && message.contains("shop"), "{line}\n{outcome}");
            assert_no_secret(&outcome);
        }
        let status = json(&project, "status").expect(5).json();
        assert_eq!(status["branches"][0]["state"], "unreachable");
    }
    // A file that is no database, and one in a folder that is not there.
    let project = project("sqlite:///no/such/folder/shop.db");
    for line in ["upgrade", "status", "plan", "check", "stamp auth@1"] {
        let outcome = json(&project, line).expect(5);
        assert_eq!(kind(&outcome), "unreachable", "{line}\n{outcome}");
        assert!(outcome.json()["error"]["hint"].as_str().unwrap().contains("/no/such/folder"), "{outcome}");
    }
    project.write("shop.db", "this is a text, and quite certainly no database, however long one looks at it");
    let mut project = project;
    let url = format!("sqlite://{}", project.path().join("shop.db").display());
    project.variable("DATABASE_URL_AUTH", &url);
    let outcome = json(&project, "upgrade").expect(5);
    assert!(outcome.json()["error"]["hint"].as_str().unwrap().contains("no SQLite database"), "{outcome}");
}

#[test]
fn waits_for_a_database_to_come_up() {
    let database = TestDatabase::new(Engine::Postgres);
    let place = database.url().rsplit_once('@').unwrap().1.split_once('/').unwrap().0.to_owned();
    // A port on which nobody listens yet, and that leads to the server later.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let project = project(&database.url().replace(&place, &format!("127.0.0.1:{port}")));
    let relay = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (client, _) = listener.accept().unwrap();
        let server = std::net::TcpStream::connect(place).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let there = std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let (mut from, mut to) = (server, client);
        let _ = std::io::copy(&mut from, &mut to);
        let _ = there.join();
    });
    let outcome = project.run_line("upgrade --wait 20s").success();
    assert!(outcome.stderr.contains("trying again"), "{outcome}");
    relay.join().unwrap();
}

/// What a script says, and what the hint of its failure says.
#[test]
fn hints_where_the_cause_is_known() {
    for engine in Engine::ALL {
        for (sql, says) in [
            ("CREATE TABLE auth_1 (id INTEGER);\n", "branchline stamp"),
            ("CREATE INDEX i ON nowhere (id);\n", "no such table"),
        ] {
            let database = TestDatabase::new(engine);
            let project = project(database.url());
            script(&project, "auth", "2", &["1"], &[], sql, "");
            let failed = json(&project, "upgrade").expect(1);
            let hint = failed.json()["error"]["hint"].as_str().unwrap_or_default().to_owned();
            assert!(hint.contains(says), "{engine}\n{failed}");
            assert!(project.run_line("upgrade").stderr.contains("help: "), "{engine}");
        }
    }
}

#[test]
fn a_permission_that_is_missing() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let user = User::new(&database);
        let project = project(&user.url(ENCODED));
        project.run_line("upgrade").success();
        match engine {
            Engine::Postgres => database.execute("CREATE TABLE other (id int)"),
            _ => database.execute(&format!(
                "CREATE TABLE other (id int); REVOKE ALL ON {db}.* FROM '{user}'@'%'; GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO '{user}'@'%'",
                db = database.name(),
                user = user.name
            )),
        }
        script(&project, "auth", "3", &["2"], &[], "ALTER TABLE other ADD COLUMN x int;\n", "");
        let failed = json(&project, "upgrade").expect(1);
        let hint = failed.json()["error"]["hint"].as_str().unwrap_or_default().to_owned();
        assert!(hint.contains("privilege"), "{engine}\n{failed}");
    }
}

/// A user who may not even create the tables of the state.
#[test]
fn a_schema_in_which_nothing_may_be_created() {
    let database = TestDatabase::new(Engine::Postgres);
    let user = User::new(&database);
    database.execute(&format!(
        "REVOKE ALL ON SCHEMA public FROM {0}, PUBLIC; GRANT USAGE ON SCHEMA public TO {0}",
        user.name
    ));
    let failed = json(&project(&user.url(ENCODED)), "upgrade").expect(1);
    let error = &failed.json()["error"];
    assert!(error["message"].as_str().unwrap().contains("permission denied"), "{failed}");
    assert!(error["hint"].as_str().unwrap().contains("privilege"), "{failed}");
}
