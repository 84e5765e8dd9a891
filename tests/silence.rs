//! Servers that no longer answer when a run is interrupted: they are waited for only so long, and what is in doubt is said.

mod support;

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use support::pair::{json, kind, script, state, steps, table};
use support::proxy::{Break, Place};
use support::running::{end, start, until};
use support::server::send;
use support::{Engine, Outcome, Proxy, TestDatabase, TestProject, TestServer, branchline};

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(600);

const LINE: &str = "interrupted: the databases are asked to stop; a second signal ends this at once";

fn interrupt(child: &Child) {
    send(child.id(), Signal::INT);
}

const fn sleep(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "SELECT pg_sleep(1)",
        _ => "DO SLEEP(1)",
    }
}

/// A project of one revision, which sleeps.
fn project(database: &TestDatabase) -> TestProject {
    let mut project = TestProject::new();
    project.database("auth", database);
    let sleep = sleep(database.engine());
    script(
        &project,
        "auth",
        "1",
        &[],
        &[],
        &format!("CREATE TABLE a (id INTEGER);\n{sleep};\nCREATE TABLE b (id INTEGER);\n"),
        "DROP TABLE b;\nDROP TABLE a;\n",
    );
    project
}

/// What an interrupted run says that had to give a connection up.
#[track_caller]
fn is_given_up(outcome: &Outcome) {
    assert_eq!(kind(outcome), "interrupted", "{outcome}");
    assert_eq!(steps(outcome), ["auth@1 up failed"], "{outcome}");
    let failure = &outcome.json()["errors"][1];
    assert_eq!(failure["kind"], "connection_lost", "{outcome}");
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("has not answered for 30s since: the connection was given up"), "{outcome}");
    assert!(failure["hint"].as_str().unwrap().contains("see `branchline status auth`"), "{outcome}");
    assert_eq!(outcome.stderr.lines().filter(|line| *line == LINE).count(), 1, "{outcome}");
}

fn nothing_comes_through(engine: Engine) {
    let database = TestDatabase::new(engine);
    let mut project = project(&database);
    let proxy = Proxy::of(database.url());
    project.variable("DATABASE_URL_AUTH", &proxy.through(database.url()));
    proxy.arm(Place::Text(sleep(engine), 1), Break::Swallow(FOR_EVER));
    let child = start(&project, "upgrade --format json");
    until("a server that does not answer", || proxy.has_broken());
    interrupt(&child);
    let outcome = end(child).expect(130);
    is_given_up(&outcome);
    let branch = &outcome.json()["branches"][0];
    assert_eq!(branch["error"], "it could not be asked after the run", "{outcome}");
}

#[test]
fn postgres_behind_a_network_that_swallows() {
    nothing_comes_through(Engine::Postgres);
}

#[test]
fn mariadb_behind_a_network_that_swallows() {
    nothing_comes_through(Engine::Mariadb);
}

/// One session of the server is stopped: the others still tell where the branch stands.
#[test]
fn a_session_of_postgres_that_stands_still() {
    let server = TestServer::new(Engine::Postgres);
    let database = server.database();
    let project = project(&database);
    let child = start(&project, "upgrade --format json");
    let asleep = "SELECT coalesce(min(pid), 0)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    until("the slow statement", || database.query_value(asleep) != "0");
    let session: u32 = database.query_value(asleep).parse().unwrap();
    send(session, Signal::STOP);
    interrupt(&child);
    let outcome = end(child).expect(130);
    is_given_up(&outcome);
    assert_eq!(state(&outcome, "auth"), "empty", "{outcome}");
    // It wakes up, hears that it was to stop, and rolls back.
    send(session, Signal::CONT);
    json(&project, "upgrade").success();
    assert_eq!(database.query_value("SELECT count(*)::text FROM branchline_revision"), "1");
}

/// So it is before the first step: the lock is asked for, and nobody answers.
#[test]
fn a_lock_that_is_asked_for_in_vain() {
    let database = TestDatabase::new(Engine::Mariadb);
    let mut project = project(&database);
    let proxy = Proxy::of(database.url());
    project.variable("DATABASE_URL_AUTH", &proxy.through(database.url()));
    proxy.arm(Place::Text("GET_LOCK", 1), Break::Swallow(FOR_EVER));
    let child = start(&project, "upgrade --format json");
    until("a server that does not answer", || proxy.has_broken());
    interrupt(&child);
    let outcome = end(child).expect(130);
    assert_eq!(kind(&outcome), "interrupted", "{outcome}");
    assert_eq!(outcome.json()["error"]["message"], "interrupted before the first step", "{outcome}");
}

/// The second signal does not wait, and prints nothing more.
#[test]
fn a_second_signal_ends_at_once() {
    for (quiet, said) in [("", LINE), (" -q", "")] {
        let database = TestDatabase::new(Engine::Postgres);
        let mut project = project(&database);
        let proxy = Proxy::of(database.url());
        project.variable("DATABASE_URL_AUTH", &proxy.through(database.url()));
        proxy.arm(Place::Text(sleep(Engine::Postgres), 1), Break::Swallow(FOR_EVER));
        let child = start(&project, &format!("upgrade --format json{quiet}"));
        until("a server that does not answer", || proxy.has_broken());
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(500));
        interrupt(&child);
        let outcome = end(child).expect(130);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.trim()), ("", said), "{outcome}");
    }
}

/// A project whose only branch asks a command for its URL, which takes long and leaves its number behind.
fn asking(command: &str) -> TestProject {
    let project = TestProject::new();
    project.branch("auth", &format!("database = \"command:{command}\"\n"));
    table(&project, "auth", "1", &[], &[]);
    project
}

fn is_alive(pid: &str) -> bool {
    // One that has ended, and that nobody has asked about yet, is not.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

/// The command is killed with what it has started.
#[test]
fn while_a_command_is_to_print_the_url() {
    let project = asking("sleep 50 & echo $! > pid; wait");
    for line in ["upgrade", "status", "runs", "stamp auth@1", "check"] {
        for signal in [Signal::INT, Signal::TERM] {
            let _ = std::fs::remove_file(project.path().join("pid"));
            let child = start(&project, &format!("{line} --format json"));
            let pid = || std::fs::read_to_string(project.path().join("pid")).unwrap_or_default().trim().to_owned();
            until("the command", || !pid().is_empty());
            send(child.id(), signal);
            let outcome = end(child).expect(130);
            assert_eq!(kind(&outcome), "interrupted", "{line}\n{outcome}");
            assert!(outcome.json().get("errors").is_none(), "{line}\n{outcome}");
            until("its end", || !is_alive(&pid()));
        }
    }
}

/// Ctrl-C on a terminal goes to the command as well, which then ends by itself, perhaps before the signal is heard here.
#[test]
fn ctrl_c_while_a_command_is_to_print_the_url() {
    let project = asking("echo $$ > pid; exec sleep 50");
    let mut shell = Command::new("script");
    let binary = branchline(&project);
    shell.args(["--quiet", "--return", "--command"]);
    shell.arg(format!("{} upgrade", binary.get_program().to_str().unwrap())).arg("/dev/null");
    shell.env_clear().current_dir(project.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    for (name, value) in binary.get_envs() {
        shell.env(name, value.unwrap());
    }
    let mut terminal = shell.spawn().unwrap();
    until("the command", || std::fs::read_to_string(project.path().join("pid")).is_ok_and(|pid| pid.ends_with('\n')));
    // Stdin stays open: its end would end the terminal.
    let mut keys = terminal.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    let outcome = end(terminal).expect(130);
    assert!(outcome.stdout.contains("error: interrupted before the databases were asked"), "{outcome}");
    assert!(outcome.stdout.contains(LINE), "{outcome}");
    drop(keys);
}
