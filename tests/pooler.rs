//! Behind PgBouncer: in transaction mode no session is ours, so that no lock can be held, and a run is refused before it does
//! anything; in session mode all is as without it. What needs no lock works through both.

mod support;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::{Child, Command, Stdio};

use support::pair::{json, kind, state, steps, table, tables};
use support::running::until;
use support::{Engine, TestDatabase, TestProject};
use tempfile::TempDir;

/// A PgBouncer before the tests' server; it ends with its value.
struct Pooler {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    fn start(database: &TestDatabase, mode: &str, size: u32) -> Self {
        let (login, place) = database.url().trim_start_matches("postgres://").rsplit_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let (address, _) = place.split_once('/').unwrap();
        let (host, port) = address.rsplit_once(':').unwrap();
        let folder = tempfile::Builder::new().prefix("branchline-pooler-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let own = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("users.txt"), format!("\"{user}\" \"{password}\"\n")).unwrap();
        let settings = format!(
            "[databases]\n* = host={host} port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\nauth_type = plain\n\
             auth_file = {}\npool_mode = {mode}\ndefault_pool_size = {size}\nunix_socket_dir =\n\
             ignore_startup_parameters = extra_float_digits,options\n",
            path("users.txt").display()
        );
        fs::write(path("pgbouncer.ini"), settings).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]);
        if rustix::process::geteuid().is_root() {
            // It refuses to run as root.
            let nobody = 65534;
            chown(path("users.txt"), Some(nobody), None).unwrap();
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        let bouncer = ["pgbouncer", "/usr/sbin/pgbouncer"].into_iter().find(|program| {
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        });
        let bouncer = bouncer.expect("pgbouncer, which `make test` installs");
        let process = command.arg(bouncer).arg("--quiet").arg(path("pgbouncer.ini")).spawn().unwrap();
        until("the pooler listens", || TcpStream::connect(("127.0.0.1", own)).is_ok());
        Self { process, port: own, _folder: folder }
    }

    /// The database's URL through it.
    fn url(&self, database: &TestDatabase) -> String {
        let (login, place) = database.url().rsplit_once('@').unwrap();
        let (_, name) = place.split_once('/').unwrap();
        format!("{login}@127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn project(database: &TestDatabase) -> TestProject {
    let mut project = TestProject::new();
    project.database("auth", database);
    table(&project, "auth", "1", &[], &[]);
    table(&project, "auth", "2", &["1"], &[]);
    project
}

#[test]
fn no_lock_holds_in_transaction_mode() {
    let database = TestDatabase::new(Engine::Postgres);
    // With one server connection to share, and with several.
    for size in [1, 5] {
        let pooler = Pooler::start(&database, "transaction", size);
        let mut project = project(&database);
        project.variable("DATABASE_URL_AUTH", &pooler.url(&database));
        for line in ["upgrade", "stamp auth@1"] {
            let refused = json(&project, line).expect(6);
            assert_eq!(kind(&refused), "no_sessions", "{refused}");
            let hint = refused.json()["error"]["hint"].as_str().unwrap().to_owned();
            assert!(hint.contains("session mode"), "{refused}");
        }
        assert!(tables(&database).is_empty(), "nothing was done");
        // Nothing is left that would hold up whoever takes the remedy.
        let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE \
                    datname = current_database())";
        assert_eq!(database.query_value(held), "0");
        // What needs no lock works.
        assert_eq!(state(&json(&project, "status").success(), "auth"), "empty");
        assert_eq!(steps(&json(&project, "plan").success()).len(), 2);
    }
    json(&project(&database), "upgrade").success();
}

#[test]
fn session_mode_is_as_good_as_none() {
    let database = TestDatabase::new(Engine::Postgres);
    // One server connection serves one of ours: the second, which looks whether sessions are shared, cannot be had.
    for size in [1, 5] {
        let pooler = Pooler::start(&database, "session", size);
        let mut project = project(&database);
        project.variable("DATABASE_URL_AUTH", &pooler.url(&database));
        assert_eq!(steps(&json(&project, "upgrade").success()).len(), 2);
        assert_eq!(steps(&json(&project, "downgrade auth@base --yes").success()).len(), 2);
    }
}

/// A session that lost its lock does nothing more, whoever took it: what is asked before every script is asked of the server.
#[test]
fn a_lock_that_is_lost_in_between() {
    let database = TestDatabase::new(Engine::Postgres);
    let project = project(&database);
    // The script lets go of all locks of its session, as a pooler would by giving it another one.
    let up = "SELECT pg_advisory_unlock_all();\nCREATE TABLE auth_1 (id INTEGER);\n";
    project.write("migrations/auth/1_revision/up.sql", up);
    let failed = json(&project, "upgrade").expect(1);
    assert_eq!(steps(&failed), ["auth@1 up applied", "auth@2 up failed"], "{failed}");
    assert_eq!(kind(&failed), "lock_lost", "{failed}");
    assert_eq!(state(&failed, "auth"), "behind 1", "{failed}");
    let mariadb = TestDatabase::new(Engine::Mariadb);
    let mut project = self::project(&mariadb);
    project.database("auth", &mariadb);
    project.write("migrations/auth/1_revision/up.sql", "DO RELEASE_ALL_LOCKS();\nCREATE TABLE auth_1 (id INTEGER);\n");
    let failed = json(&project, "upgrade").expect(1);
    assert_eq!((kind(&failed), state(&failed, "auth")), ("lock_lost".to_owned(), "behind 1".to_owned()), "{failed}");
}
