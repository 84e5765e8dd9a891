//! Where a branch's URL may come from besides a variable: a command, parts, and what the servers' own clients would read. What
//! is secret in it is never printed.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use support::pair::{json, kind, table};
use support::{Engine, Outcome, TestDatabase, TestProject};

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::Mariadb];

/// A server's URL in its parts.
struct Parts {
    user: String,
    password: String,
    host: String,
    port: String,
}

impl Parts {
    fn of(database: &TestDatabase) -> Self {
        let (_, rest) = database.url().split_once("://").unwrap();
        let (login, place) = rest.rsplit_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let (address, _) = place.split_once('/').unwrap();
        let (host, port) = address.split_once(':').unwrap();
        Self { user: user.into(), password: password.into(), host: host.into(), port: port.into() }
    }

    /// A branch file that says all but the password.
    fn toml(&self, database: &TestDatabase) -> String {
        let (dialect, name) = (database.engine(), database.name());
        let Self { user, host, port, .. } = self;
        format!(
            "[database]\ndialect = \"{dialect}\"\nhost = \"{host}\"\nport = {port}\nuser = \"{user}\"\nname = \"{name}\"\n"
        )
    }
}

/// A project whose branch `auth` has two revisions and this file.
fn project(branch_file: &str) -> TestProject {
    let project = TestProject::new();
    project.branch("auth", branch_file);
    table(&project, "auth", "1", &[], &[]);
    table(&project, "auth", "2", &["1"], &[]);
    project
}

/// A file at home with these permissions.
fn at_home(project: &TestProject, name: &str, mode: u32, text: &str) {
    let file = project.home().join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn assert_hides(outcome: &Outcome, secret: &str) {
    assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{secret} is printed\n{outcome}");
}

#[test]
fn parts_with_a_password_from_everywhere() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let parts = Parts::of(&database);
        let toml = parts.toml(&database);
        for source in ["env:AUTH_PASSWORD", "file:secrets/auth", "command:cat secrets/auth", &parts.password] {
            let mut project = project(&format!("{toml}password = \"{source}\"\n"));
            project.write("secrets/auth", format!("{}\n", parts.password));
            project.variable("AUTH_PASSWORD", &parts.password);
            for line in ["upgrade", "status -vvv", "plan --format json", "branches", "downgrade auth@base --yes"] {
                assert_hides(&project.run_line(line).success(), &parts.password);
            }
            let branches = json(&project, "branches").success().json();
            let shown = branches["branches"][0]["database"].as_str().unwrap().to_owned();
            let expected = format!("{engine}://{}@{}:{}/{}", parts.user, parts.host, parts.port, database.name());
            assert_eq!(shown, expected, "{source}");
        }
        let refused = project(&format!("{toml}password = \"S3kr3t\"\n")).run_line("upgrade -vvv").expect(5);
        assert_hides(&refused, "S3kr3t");
    }
}

/// Each branch's command leaves a line in its own file.
fn counted(database: &TestDatabase, file: &str) -> String {
    format!("database = \"command:echo ran >> {file}; echo '{}'\"\n", database.url())
}

fn runs(project: &TestProject, file: &str) -> usize {
    fs::read_to_string(project.path().join(file)).map_or(0, |text| text.lines().count())
}

#[test]
fn a_command_runs_once_and_only_where_its_url_is_needed() {
    for engine in Engine::ALL {
        let (auth, specs, other) = (TestDatabase::new(engine), TestDatabase::new(engine), TestDatabase::new(engine));
        let project = project(&counted(&auth, "auth.ran"));
        project.branch("specs", &counted(&specs, "specs.ran")).branch("other", &counted(&other, "other.ran"));
        table(&project, "specs", "1", &[], &["auth@1"]);
        table(&project, "other", "1", &[], &[]);
        let ran = || ["auth.ran", "specs.ran", "other.ran"].map(|file| runs(&project, file));
        for line in ["branches", "heads", "history auth", "graph", "check --offline", "lint", "show auth@1"] {
            project.run_line(line).success();
        }
        assert_eq!(ran(), [0, 0, 0], "{engine}: what needs no database runs no program");
        let branches = json(&project, "branches").success().json();
        assert_eq!(branches["branches"][0]["database"], "command:echo ...");
        assert_eq!(branches["branches"][0]["resolved"], false);
        project.run_line("upgrade auth").success();
        assert_eq!(ran(), [1, 0, 0], "{engine}");
        project.run_line("upgrade specs").success();
        assert_eq!(ran(), [2, 1, 0], "{engine}: it looks whether auth has what it needs");
        project.run_line("status").success();
        assert_eq!(ran(), [3, 2, 1], "{engine}");
    }
}

/// One command in both files shares the database; another one that leads there does not, and is asked where it leads.
#[test]
fn branches_with_one_command_share_a_database() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let project = project(&counted(&database, "both.ran"));
        project.branch("specs", &counted(&database, "both.ran"));
        table(&project, "specs", "1", &[], &[]);
        project.run_line("upgrade auth").success();
        project.run_line("upgrade specs").success();
        assert_eq!(runs(&project, "both.ran"), 2, "{engine}: what is the same leads to the same");
        project.branch("specs", &counted(&database, "specs.ran"));
        for line in ["upgrade specs", "upgrade auth"] {
            let refused = json(&project, line).expect(6);
            assert_eq!(kind(&refused), "wrong_database", "{engine} {line}\n{refused}");
            let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("command:echo ..."), "{engine} {line}: {message}");
        }
        let stranger = TestDatabase::new(engine);
        project.branch("auth", &counted(&stranger, "auth.ran"));
        project.branch("third", &counted(&database, "third.ran"));
        table(&project, "third", "1", &[], &[]);
        let refused = json(&project, "upgrade third").expect(6);
        assert_eq!(kind(&refused), "wrong_database", "{engine}\n{refused}");
    }
}

#[test]
fn a_command_that_gives_no_url_is_named_and_never_quoted() {
    let database = TestDatabase::new(Engine::Sqlite);
    for (command, says) in [
        ("echo S3kr3t; echo S3kr3t >&2; exit 7", "`command:echo ...`, ended with 7"),
        ("S3kr3t=1 false", "`command:*** ...`, ended with 1"),
        ("true", "`command:true`, printed nothing"),
        ("echo '  '", "`command:echo ...`, printed nothing"),
        ("./no-such-program S3kr3t", "`command:./no-such-program ...`, ended with 127"),
        ("echo u:S3kr3t@h", "does not begin with a scheme, as what `command:echo ...` prints has it"),
    ] {
        let project = project(&format!("database = \"command:{command}\"\n"));
        project.branch("fine", &format!("database = \"{}\"\n", database.url()));
        table(&project, "fine", "1", &[], &[]);
        for line in ["upgrade auth", "upgrade auth -vvv", "status --format json", "plan auth", "stamp auth@1"] {
            let failed = project.run_line(line).expect(2);
            let said = format!("{}{}", failed.stdout, failed.stderr);
            assert!(said.contains("branch auth") && said.contains(says), "{command} {line}\n{failed}");
            assert_hides(&failed, "S3kr3t");
        }
        project.run_line("upgrade fine").success();
    }
}

#[test]
fn init_takes_a_command() {
    let project = TestProject::new();
    project.run(["init", "auth=command:vault read -field=url secret/auth"]).success();
    assert!(project.read("branches/auth.toml").contains("database = \"command:vault read -field=url secret/auth\"\n"));
    let refused = project.run(["init", "specs=command:postgres://u:S3kr3t@h/d"]).expect(2);
    assert_hides(&refused, "S3kr3t");
    assert!(refused.stderr.contains("`command:` is followed by a URL"), "{refused}");
}

#[test]
fn the_password_file_of_libpq() {
    let database = TestDatabase::new(Engine::Postgres);
    let Parts { user, password, host, port } = Parts::of(&database);
    let line = format!("{host}:{port}:{}:{user}:{password}\n", database.name());
    let mut project = project("");
    project.variable("DATABASE_URL_AUTH", &database.url_with_password(""));
    project.run_line("upgrade").expect(5);
    at_home(&project, ".pgpass", 0o600, &format!("# shop\n{host}:1:*:*:S3kr3t\n{line}"));
    assert_hides(&project.run_line("upgrade -vvv").success(), &password);
    // The URL wins, also with a wrong one, and with an empty one.
    for wrong in ["S3kr3t", ":"] {
        let url =
            if wrong == ":" { database.url().replace(&password, "") } else { database.url_with_password(":S3kr3t") };
        project.variable("DATABASE_URL_AUTH", &url);
        assert_hides(&project.run_line("upgrade").expect(5), "S3kr3t");
    }
    project.variable("DATABASE_URL_AUTH", &database.url_with_password(""));
    // Not one that others can read, and it is said so.
    at_home(&project, ".pgpass", 0o640, &line);
    let passed_over = project.run_line("upgrade").expect(5);
    assert!(passed_over.stderr.contains(".pgpass is passed over: group or others can read it"), "{passed_over}");
    assert_hides(&passed_over, &password);
    assert!(!project.run_line("upgrade -q").expect(5).stderr.contains("passed over"));
    // PGPASSFILE is the only one then, in the environment or in .env.
    let elsewhere = project.home().join("elsewhere");
    at_home(&project, "elsewhere", 0o600, &line);
    project.write(".env", format!("PGPASSFILE={}\n", elsewhere.display()));
    let silent = project.run_line("status").success();
    assert!(!silent.stderr.contains("passed over"), "{silent}");
    at_home(&project, ".pgpass", 0o600, &line);
    at_home(&project, "elsewhere", 0o600, "");
    project.run_line("status").expect(5);
    project.write(".env", "");
    project.run_line("status").success();
    // Nothing of it is looked at where it is not needed.
    at_home(&project, ".pgpass", 0o666, &line);
    project.variable("DATABASE_URL_AUTH", database.url());
    assert!(!project.run_line("status").success().stderr.contains("passed over"));
}

#[test]
fn the_option_file_of_mysql() {
    let database = TestDatabase::new(Engine::Mariadb);
    let Parts { user, password, host, port } = Parts::of(&database);
    let name = database.name();
    let mut project = project("");
    project.variable("DATABASE_URL_AUTH", &format!("mariadb:///{name}"));
    project.run_line("upgrade").expect(5);
    let text = format!(
        "[client]\nuser=nobody\n[client-mariadb]\nuser = {user}\npassword = \"{password}\"\nhost={host}\nport={port}\n"
    );
    at_home(&project, ".my.cnf", 0o600, &text);
    let done = project.run_line("upgrade -vvv").success();
    assert_hides(&done, &password);
    let status = json(&project, "status").success().json();
    assert_eq!(status["branches"][0]["database"], format!("mariadb://{user}@{host}:{port}/{name}"));
    // The URL wins.
    project.variable("DATABASE_URL_AUTH", &format!("mariadb://nobody:S3kr3t@{host}:{port}/{name}"));
    assert_hides(&project.run_line("upgrade").expect(5), "S3kr3t");
    project.variable("DATABASE_URL_AUTH", &format!("mariadb://{host}:1/{name}"));
    let unreachable = project.run_line("upgrade").expect(5);
    assert!(unreachable.stderr.contains(&format!("{host}:1/")), "{unreachable}");
    project.variable("DATABASE_URL_AUTH", &format!("mariadb:///{name}"));
    // Anybody could have written this one.
    at_home(&project, ".my.cnf", 0o602, &text);
    let passed_over = project.run_line("upgrade").expect(5);
    assert!(passed_over.stderr.contains(".my.cnf is passed over: anybody can write it"), "{passed_over}");
    at_home(&project, ".my.cnf", 0o600, "[client]\npassword=S3kr3t\nssl-mode=S3kr3t\n");
    let wrong = project.run_line("upgrade").expect(2);
    assert!(wrong.stderr.contains("line 3 of") && wrong.stderr.contains("`ssl-mode`"), "{wrong}");
    assert_hides(&wrong, "S3kr3t");
}

/// Variables that are meant for other programs, and another server, must not count unseen: those that can be are passed over,
/// and the others refused.
#[test]
fn variables_of_libpq_and_mysql_do_not_count() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let mut project = project("");
        project.variable("DATABASE_URL_AUTH", database.url());
        for (variable, value) in [
            ("PGHOST", "/nowhere"),
            ("PGHOSTADDR", "192.0.2.1"),
            ("PGPORT", "1"),
            ("PGDATABASE", "elsewhere"),
            ("PGUSER", "nobody"),
            ("PGPASSWORD", "S3kr3t"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/nowhere/ca.pem"),
            ("PGAPPNAME", "somebody"),
            ("PGSERVICE", "nowhere"),
            ("PGTZ", "Asia/Tokyo"),
            ("MYSQL_HOST", "192.0.2.1"),
            ("MYSQL_TCP_PORT", "1"),
            ("MYSQL_UNIX_PORT", "/nowhere"),
            ("MYSQL_PWD", "S3kr3t"),
            ("DATABASE_URL", "postgres://nobody:S3kr3t@192.0.2.1/nowhere"),
        ] {
            project.variable(variable, value);
        }
        project.run_line("upgrade").success();
        project.variable("DATABASE_URL_AUTH", &database.url_with_password(""));
        let right = Parts::of(&database).password;
        project.variable("PGPASSWORD", &right).variable("MYSQL_PWD", &right);
        project.run_line("status").expect(5);
    }
    let database = TestDatabase::new(Engine::Postgres);
    for variable in ["PGOPTIONS", "PGSSLCERT", "PGSSLKEY"] {
        let mut project = project("");
        project.variable("DATABASE_URL_AUTH", database.url()).variable(variable, "-c search_path=elsewhere");
        let refused = project.run_line("upgrade").expect(2);
        assert!(refused.stderr.contains(&format!("the variable {variable} is set")), "{refused}");
        assert!(refused.stderr.contains(&format!("unset {variable}")), "{refused}");
        project.variable(variable, "");
        project.run_line("upgrade").success();
    }
}
