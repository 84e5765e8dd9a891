//! `check --offline`, and warnings of what the files ask for in vain.

use crate::support::TestProject;

#[test]
fn check_finds_the_steps_that_cannot_be_taken_back() {
    let project = TestProject::new();
    let allow = "[lint]\nallow = [\"drop_column\"]\n";
    project.branch("a", &format!("database = \"sqlite:a.db\"\ndialects = [\"sqlite\", \"postgres\"]\n{allow}"));
    let manifest = |parents: &str| format!("description = \"x\"\nparents = [{parents}]\n");
    let steps = "[[step]]\ndrop_column = \"t.c\"\n\n[[step]]\nsql = \"SELECT 1\"\ndown = \"\"\n\n\
                 [[step]]\nsql = \"SELECT 2\"\ndialects = [\"postgres\"]\n\n\
                 [[step]]\nsql.mysql = \"SELECT 3\"\ndialects = [\"mysql\"]\n";
    project.revision("a", "0001_x", &manifest(""), &[("up.toml", steps)]);
    // SQL that has no way down, one that says why, and one with a script of its own are as they should be.
    project.revision("a", "0002_x", &manifest("\"0001\""), &[("up.sql", "SELECT 1;\n")]);
    let reason = format!("{}irreversible = \"the rows are gone\"\n", manifest("\"0002\""));
    project.revision("a", "0003_x", &reason, &[("up.toml", steps)]);
    let down = ("down.sql", "ALTER TABLE t ADD c INTEGER;\n");
    project.revision("a", "0004_x", &manifest("\"0003\""), &[("up.toml", steps), down]);
    assert_printed!(project, project.run_line("check --offline").expect(3), @r#"
    exit code: 3
    ----- stdout -----
    files: 2 warnings (4 revisions on 1 branch)
    warning[irreversible]: migrations/a/0001_x/up.toml:2:1: `drop_column` has no way down
      help: give the `type` that the column had; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
    warning[irreversible]: migrations/a/0001_x/up.toml:9:1: `sql` has no way down
      help: write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
    ----- stderr -----
    "#);
    let document = project.run_line("check --offline --format json").expect(3).json();
    assert_eq!(document["ok"], false);
    let found = document["findings"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((found[1]["kind"].as_str(), found[1]["line"].as_u64()), (Some("irreversible"), Some(9)), "{document}");
    assert_eq!(found[1]["file"], "migrations/a/0001_x/up.toml");
    let online = project.run_line("check").expect(3);
    assert!(online.stdout.starts_with("files: 2 warnings"), "{online}");
    project.run_line("upgrade a@0001 --dry-run").success();
}

#[test]
fn a_warning_names_what_has_no_effect_yet() {
    let project = TestProject::new();
    project.branch("auth", "database = \"sqlite:auth.db\"\n");
    let verify = "[[verify]]\nquery = \"SELECT 1\"\nequals = 1\n";
    let scripts = [("up.sql", "SELECT 1;\n"), ("down.sql", "SELECT 1;\n")];
    project.revision("auth", "1_a", "parents = []\n", &scripts);
    project.revision("auth", "2_b", &format!("parents = [\"1\"]\nreplaces = [\"0\"]\n{verify}"), &scripts);
    for line in ["check --offline", "plan", "upgrade --dry-run", "stamp auth@1 --dry-run", "upgrade --format json"] {
        let outcome = project.run_line(line).success();
        let warnings: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        let [verify, replaces] = warnings[..] else { panic!("{line}\n{outcome}") };
        assert!(verify.contains("`[[verify]]` of auth@2 has no effect in this version"), "{line}\n{outcome}");
        assert!(replaces.contains("`replaces` of auth@2 has no effect in this version"), "{line}\n{outcome}");
        assert!(!project.run_line(&format!("{line} -q")).stderr.contains("warning: "), "{line}");
    }
}

/// A table that was added on two lines; one that is dropped in between is none.
#[test]
fn check_finds_what_two_revisions_make() {
    let project = TestProject::new();
    project.branch("a", "database = \"sqlite:a.db\"\ndialects = [\"sqlite\", \"postgres\"]\n");
    let manifest = |parents: &str| format!("description = \"x\"\nparents = [{parents}]\n");
    let make = |name: &str| format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY, note TEXT);\n");
    let revision = |id: &str, parents: &str, up: &str, down: &str| {
        project.revision("a", &format!("{id}_x"), &manifest(parents), &[("up.sql", up), ("down.sql", down)]);
    };
    revision("1", "", &make("users"), "DROP TABLE users;\n");
    let theirs = format!("-- theirs\n{}{}", make("teams"), make("rooms"));
    revision("2", "\"1\"", &theirs, "DROP TABLE teams;\nDROP TABLE rooms;\n");
    revision("3", "\"1\"", &format!("{}{}DROP TABLE rooms;\n", make("rooms"), make("teams")), "DROP TABLE teams;\n");
    assert_printed!(project, project.run_line("check --offline").expect(3), @r#"
    exit code: 3
    ----- stdout -----
    files: 1 warning (3 revisions on 1 branch)
    warning[made_twice]: migrations/a/3_x/up.sql:2: a@3 creates table teams, and so does a@2 (migrations/a/2_x/up.sql:2)
      help: where both are applied the second one fails: take it out of one of them, rename it, or let one say IF NOT EXISTS
    ----- stderr -----
    "#);
    let document = project.run_line("check --offline --format json").expect(3).json();
    let finding = &document["findings"][0];
    assert_eq!(
        (&finding["kind"], &finding["revision"], &finding["line"]),
        (&"made_twice".into(), &"3".into(), &2.into())
    );
}
