//! Ends that nobody wishes for: a full disk, a database that takes no writes. Each gives one clear error, and the state says what
//! is there.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use support::pair::{json, kind, script, state, steps, table, tables};
use support::server::{Setup, TestServer};
use support::{Engine, Outcome, TestDatabase, TestProject};

fn one_error(outcome: &Outcome) {
    let document = outcome.json();
    assert!(document["errors"].as_array().is_none_or(|errors| errors.len() == 1), "{outcome}");
}

fn project(database: &TestDatabase) -> TestProject {
    let mut project = TestProject::new();
    project.database("auth", database);
    table(&project, "auth", "1", &[], &[]);
    project
}

/// A standby answers what is asked, and what would write is refused before anything is tried.
#[test]
fn a_standby() {
    let setup = Setup::default().option("-c").option("wal_level=replica").option("-c").option("max_wal_senders=2");
    let mut server = TestServer::with(Engine::Postgres, setup);
    let database = server.database();
    let project = project(&database);
    json(&project, "upgrade").success();
    table(&project, "auth", "2", &["1"], &[]);
    server.stop();
    fs::write(server.folder().join("data/standby.signal"), "").unwrap();
    server.start();
    for line in ["upgrade", "stamp auth@2", "downgrade auth@base --yes"] {
        let refused = json(&project, line).expect(6);
        assert_eq!(kind(&refused), "read_only", "{refused}");
        let hint = refused.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("the server that it follows"), "{refused}");
        one_error(&refused);
    }
    assert_eq!(state(&json(&project, "status").success(), "auth"), "behind 1");
    assert_eq!(steps(&json(&project, "plan").success()), ["auth@2 up"]);
    assert_eq!(json(&project, "runs").success().json()["runs"].as_array().unwrap().len(), 1);
}

/// What a standby lacks is no proof, whatever it allows sessions that wait.
#[test]
fn a_check_on_a_standby() {
    let setup = Setup::default().option("-c").option("wal_level=replica").option("-c").option("max_wal_senders=2");
    let mut server = TestServer::with(Engine::Postgres, setup);
    let mut project = TestProject::new();
    let (auth, specs) = (server.database(), server.database());
    project.database("auth", &auth).database("specs", &specs);
    table(&project, "auth", "1", &[], &[]);
    let manifest = "parents = []\ndepends_on = [\"auth@1\"]\n\
                    [[reference]]\nfrom = \"child.parent\"\nto = \"auth:auth_1.id\"\n";
    let scripts = [("up.sql", "CREATE TABLE child (parent integer);"), ("down.sql", "DROP TABLE child;")];
    project.revision("specs", "1_child", manifest, &scripts);
    json(&project, "upgrade").success();
    specs.execute("INSERT INTO child VALUES (1)");
    for database in [&auth, &specs] {
        database.execute(&format!("ALTER DATABASE {} SET idle_session_timeout = '1h'", database.name()));
    }
    json(&project, "references check").expect(3);
    server.stop();
    fs::write(server.folder().join("data/standby.signal"), "").unwrap();
    server.start();
    let refused = json(&project, "references check").expect(6);
    assert_eq!(kind(&refused), "read_only", "{refused}");
    let message = refused.json()["error"]["message"].to_string();
    assert!(message.contains("what it lacks is no proof"), "{refused}");
}

#[test]
fn a_role_that_only_reads() {
    let database = TestDatabase::new(Engine::Postgres);
    let project = project(&database);
    database.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    let refused = json(&project, "upgrade").expect(6);
    assert_eq!(kind(&refused), "read_only", "{refused}");
    assert!(refused.json()["error"]["hint"].as_str().unwrap().contains("default_transaction_read_only"), "{refused}");
}

#[test]
fn a_replica_of_mariadb() {
    let server = TestServer::new(Engine::Mariadb);
    let database = server.database();
    let mut project = project(&database);
    // Whoever may write all the same, as the administrator may, is let.
    database.execute(&format!(
        "CREATE USER app IDENTIFIED BY 'app'; GRANT ALL ON {}.* TO app; SET GLOBAL read_only = 1",
        database.name()
    ));
    let url = format!("mariadb://app:app@{}/{}", server.address(), database.name());
    project.variable("DATABASE_URL_AUTH", &url);
    let refused = json(&project, "upgrade").expect(6);
    assert_eq!(kind(&refused), "read_only", "{refused}");
    one_error(&refused);
    assert_eq!(state(&json(&project, "status").success(), "auth"), "empty");
    assert!(tables(&database).is_empty());
}

/// Root may write any file: there it is the database's mode that says no.
#[test]
fn a_file_that_may_only_be_read() {
    let database = TestDatabase::new(Engine::Sqlite);
    let mut project = project(&database);
    json(&project, "upgrade").success();
    table(&project, "auth", "2", &["1"], &[]);
    project.variable("DATABASE_URL_AUTH", &format!("{}?mode=ro", database.url()));
    let refused = json(&project, "upgrade").expect(6);
    assert_eq!(kind(&refused), "read_only", "{refused}");
    assert_eq!(state(&json(&project, "status").success(), "auth"), "behind 1");
}

/// A disk of a megabyte or two, where this user may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(at).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(at.to_owned()));
        }
        assert!(!rustix::process::geteuid().is_root(), "root may mount a disk");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// A script that does a little and then fills the disk; where all is one transaction nothing of it stays.
fn fill(project: &TestProject, create: &str, fill: &str) -> Outcome {
    let up = format!("CREATE TABLE little (id INTEGER);\n{create};\n{fill};\n");
    script(project, "auth", "2", &["1"], &[], &up, "DROP TABLE big;\nDROP TABLE little;\n");
    let failed = json(project, "upgrade").expect(1);
    assert_eq!(kind(&failed), "disk_full", "{failed}");
    one_error(&failed);
    assert!(failed.json()["error"]["hint"].as_str().unwrap().contains("make room"), "{failed}");
    failed
}

#[test]
fn a_full_disk_of_postgres() {
    let server = TestServer::new(Engine::Postgres);
    let Some(disk) = SmallDisk::mount(&server.folder().join("small"), "2m") else { return };
    let owner = fs::metadata(server.folder().join("data")).unwrap();
    chown(&disk.0, Some(owner.uid()), Some(owner.gid())).unwrap();
    fs::set_permissions(&disk.0, fs::Permissions::from_mode(0o700)).unwrap();
    let database = server.database();
    database.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.0.display()));
    let project = project(&database);
    let rows = "INSERT INTO big SELECT repeat('x', 1000) FROM generate_series(1, 10000)";
    let failed = fill(&project, "CREATE TABLE big (text text) TABLESPACE small", rows);
    assert_eq!(state(&failed, "auth"), "behind 1", "{failed}");
    assert_eq!(tables(&database), ["auth_1"]);
    // There is room again, and the same command goes through.
    script(&project, "auth", "2", &["1"], &[], "CREATE TABLE big (text text);\n", "DROP TABLE big;\n");
    assert_eq!(state(&json(&project, "upgrade").success(), "auth"), "current 1,2");
}

/// A tablespace that may not grow tells the same as a disk that cannot: on that, the server itself gives up.
#[test]
fn a_full_disk_of_mariadb() {
    let path = "--innodb-data-file-path=ibdata1:12M:autoextend:max:24M";
    let server = TestServer::with(Engine::Mariadb, Setup::default().option(path).option("--innodb-file-per-table=0"));
    let database = server.database();
    let project = project(&database);
    let rows = "INSERT INTO big SELECT repeat('x', 1000) FROM seq_1_to_30000";
    let failed = fill(&project, "CREATE TABLE big (text text)", rows);
    assert_eq!(state(&failed, "auth"), "dirty 1", "{failed}");
    let left = failed.json()["branches"][0]["unfinished"][0].clone();
    assert_eq!((&left["done"], &left["total"]), (&2.into(), &3.into()), "{failed}");
    // With less to write the statement is run again; what was done before is not.
    let file = "migrations/auth/2_revision/up.sql";
    project.write(file, project.read(file).replace("30000", "30"));
    assert_eq!(state(&json(&project, "resume auth --accept-edited").success(), "auth"), "current 1,2");
    assert_eq!(database.query_value("SELECT CAST(count(*) AS CHAR) FROM big"), "30");
}

#[test]
fn a_full_disk_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("small"), "1m") else { return };
    let mut project = project(&TestDatabase::new(Engine::Sqlite));
    project.variable("DATABASE_URL_AUTH", &format!("sqlite:{}", disk.0.join("auth.sqlite").display()));
    json(&project, "upgrade").success();
    let rows = "INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT hex(zeroblob(500)) FROM n";
    let failed = fill(&project, "CREATE TABLE big (text text)", rows);
    assert_eq!(state(&failed, "auth"), "behind 1", "{failed}");
    let made = Command::new("mount").args(["-o", "remount,size=50m"]).arg(&disk.0).status().unwrap();
    assert!(made.success());
    assert_eq!(state(&json(&project, "upgrade").success(), "auth"), "current 1,2");
}
