//! `init`: what it lays out, what it runs, what it refuses.

use crate::support::{Outcome, TestProject};

#[test]
fn init_lays_out_an_example_that_runs() {
    let project = TestProject::new();
    std::fs::remove_dir(project.path().join("branches")).unwrap();
    std::fs::remove_dir(project.path().join("migrations")).unwrap();
    let outcome = project.run_line("init").success();
    assert_printed!(project, outcome, @r"
    exit code: 0
    ----- stdout -----
    Laid out in [project]:
      branches/auth.toml
      branches/specs.toml
      migrations/auth/0001_users/revision.toml
      migrations/auth/0001_users/up.toml
      migrations/specs/0001_projects/revision.toml
      migrations/specs/0001_projects/up.toml
      data/

    Next:
      branchline status     where each branch's database stands
      branchline upgrade    brings both up
      edit branches/*.toml to use databases of your own
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("status").success(), @r"
    exit code: 0
    ----- stdout -----
    BRANCH  STATE  CURRENT  HEADS  APPLIED  PENDING  DATABASE
    auth    empty  -        0001   0        1        sqlite:data/auth.sqlite
    specs   empty  -        0001   0        1        sqlite:data/specs.sqlite
    ----- stderr -----
    ");
    project.run_line("upgrade").success();
    let states = |outcome: Outcome| -> Vec<String> {
        let document = outcome.success().json();
        let branches = document["branches"].as_array().unwrap();
        branches.iter().map(|branch| branch["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(project.run_line("status --format json")), ["current", "current"]);
    project.run_line("downgrade auth@base specs@base --yes").success();
    assert_eq!(states(project.run_line("status --format json")), ["empty", "empty"]);
    project.run_line("upgrade").success();
    assert_eq!(states(project.run_line("status --format json")), ["current", "current"]);
    project.run_line("check").success();
    assert_printed!(project, project.run_line("init").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: [project] holds a project already
      help: `branchline init NAME=URL` adds a branch to it
    ");
}

#[test]
fn init_makes_the_folder_and_the_named_branches() {
    let project = TestProject::new();
    let line = "--project new/er init auth=postgres://app:SEKRET@db/auth specs=env:SPECS_URL third --format json";
    let outcome = project.run_line(line).success();
    assert_printed!(project, outcome, @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "init",
      "ok": true,
      "project": "new/er",
      "folders": [
        "migrations/auth",
        "migrations/specs",
        "migrations/third"
      ],
      "files": [
        "branches/auth.toml",
        "branches/specs.toml",
        "branches/third.toml",
        ".env"
      ]
    }
    ----- stderr -----
    "#);
    for file in ["branches/auth.toml", "branches/specs.toml", "branches/third.toml"] {
        assert!(!project.read(format!("new/er/{file}")).contains("SEKRET"), "{file}");
    }
    assert!(project.read("new/er/.env").contains("SEKRET"));
    let branches = project.run_line("--project new/er branches").success();
    assert_printed!(project, branches, @r"
    exit code: 0
    ----- stdout -----
    BRANCH  DIALECTS  DATABASE                REVISIONS  HEADS
    auth    postgres  postgres://app@db/auth  0
    specs             env:SPECS_URL           0
    third             env:DATABASE_URL_THIRD  0
    ----- stderr -----
    ");
    // A branch more, and then nothing over what is there.
    assert_printed!(project, project.run_line("--project new/er init fourth=sqlite:4.db fifth").success(), @r#"
    exit code: 0
    ----- stdout -----
    Laid out in new/er:
      branches/fourth.toml
      branches/fifth.toml
      migrations/fourth/
      migrations/fifth/

    Next:
      cd new/er
      set DATABASE_URL_FIFTH to the URL of fifth
      branchline revision fourth "first tables"
      write its scripts, then: branchline upgrade
    ----- stderr -----
    "#);
    for line in
        ["init auth=sqlite:x.db", "init sixth=mysql://u:SEKRET@h/d", "init", "init 1x=y", "init y=oracle://SEKRET@h/d"]
    {
        let listing = project.listing();
        let outcome = project.run_line(&format!("--project new/er {line} --format json")).expect(2);
        assert!(!outcome.to_string().contains("SEKRET"), "{outcome}");
        assert!(outcome.json()["error"]["message"].is_string());
        assert_eq!(project.listing(), listing, "{line}");
    }
}

#[test]
fn init_needs_a_folder() {
    let project = TestProject::new();
    project.write("file", "");
    assert_printed!(project, project.run_line("--project file/x init").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the folder file/x cannot be made: Not a directory (os error 20)
    ");
}
