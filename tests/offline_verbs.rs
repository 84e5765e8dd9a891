//! The verbs that need no database, through the real command: what they print, what they write, and what they refuse.

mod support;

use serde_json::Value;
use support::command::snapshot_settings;
use support::{Outcome, TestProject};

/// Two branches without databases: auth forks and has two heads, specs refers to it.
fn project() -> TestProject {
    let project = TestProject::new();
    project.branch("auth", "dialects = [\"postgres\", \"sqlite\"]\nids = \"sequence\"\n");
    project.branch("specs", "dialects = [\"sqlite\"]\nids = \"sequence\"\n");
    project.chain("auth", 2);
    project.revision(
        "auth",
        "0003_sessions",
        "description = \"Sessions\"\nparents = [\"0001\"]\ntransaction = false\nirreversible = \"drops the log\"\n",
        &[
            ("up.postgres.sql", "DROP TABLE log;\nCREATE INDEX CONCURRENTLY ix ON auth_0001 (name);\n"),
            ("up.sqlite.sql", "-- Names are looked up.\nCREATE INDEX ix ON auth_0001 (name);\n"),
        ],
    );
    project.revision(
        "specs",
        "0001_projects",
        "description = \"Projects\"\nparents = []\ndepends_on = [\"auth@0002\"]\n\n\
         [[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:auth_0001.id\"\n\n\
         [[reference]]\nfrom = \"projects.old_id\"\nto = \"auth:auth_0002.id\"\n\n\
         [[verify]]\nquery = \"SELECT count(*) FROM projects\"\nequals = 0\n",
        &[(
            "up.toml",
            "[[step]]\ncreate_table = \"projects\"\ncolumns = [\n  { name = \"user_id\", type = \"integer\" },\n  \
             { name = \"old_id\", type = \"integer\" },\n]\n",
        )],
    );
    project.revision(
        "specs",
        "0002_no_old",
        "description = \"No old ids\"\nparents = [\"0001\"]\n\n[[end_reference]]\nfrom = \"projects.old_id\"\n",
        &[
            ("up.toml", "[[step]]\nalter_column = \"projects.user_id\"\nnull = true\n\n[[step]]\ndrop_column = \"projects.old_id\"\n"),
            ("down.sql", "ALTER TABLE projects ADD COLUMN old_id INTEGER;\n"),
        ],
    );
    project
}

/// A snapshot of everything that a run printed, paths and times replaced.
macro_rules! assert_printed {
    ($project:expr, $outcome:expr, @$snapshot:literal) => {
        snapshot_settings(&$project).bind(|| insta::assert_snapshot!($outcome.to_string(), @$snapshot));
    };
}

fn ids(document: &Value, list: &str) -> Vec<String> {
    let id = |entry: &Value| format!("{}@{}", entry["branch"].as_str().unwrap(), entry["revision"].as_str().unwrap());
    document[list].as_array().unwrap().iter().map(id).collect()
}

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
fn revision_follows_the_one_head() {
    let project = project();
    let outcome = project.run(["revision", "specs", "Owners of projects", "--portable", "--depends-on", "auth@0001"]);
    assert_printed!(project, outcome.success(), @r"
    exit code: 0
    ----- stdout -----
    specs@0003: follows 0002
      migrations/specs/0003_owners_of_projects/revision.toml
      migrations/specs/0003_owners_of_projects/up.toml
    ----- stderr -----
    ");
    assert_eq!(
        project.read("migrations/specs/0003_owners_of_projects/revision.toml"),
        "description = \"Owners of projects\"\nparents = [\"0002\"]\ndepends_on = [\"auth@0001\"]\n"
    );
    assert_eq!(ids(&project.run_line("heads specs --format json").success().json(), "heads"), ["specs@0003"]);
}

#[test]
fn revision_on_a_fork_must_be_told_where() {
    let project = project();
    assert_printed!(project, project.run_line("revision auth More").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: branch auth has 2 heads: 0002, 0003
      help: join them with `branchline merge auth`, or name the one to follow with --parent 0002
    ");
    let outcome = project.run_line("revision auth More --parent 0003 --format json").success();
    assert_printed!(project, outcome, @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "revision",
      "ok": true,
      "branch": "auth",
      "revision": "0004",
      "parents": [
        "0003"
      ],
      "depends_on": [],
      "folder": "migrations/auth/0004_more",
      "files": [
        "migrations/auth/0004_more/revision.toml",
        "migrations/auth/0004_more/up.postgres.sql",
        "migrations/auth/0004_more/up.sqlite.sql",
        "migrations/auth/0004_more/down.postgres.sql",
        "migrations/auth/0004_more/down.sqlite.sql"
      ]
    }
    ----- stderr -----
    "#);
    // Several parents make a merge, which needs no scripts; `base` is none.
    let outcome =
        project.run_line("revision auth Join --parent 0002 --parent auth@0004 --format json").success().json();
    assert_eq!(outcome["parents"], serde_json::json!(["0002", "0004"]));
    assert_eq!(outcome["files"].as_array().unwrap().len(), 1);
    let outcome = project.run_line("revision auth Apart --parent base --format json").success().json();
    assert_eq!(outcome["parents"], serde_json::json!([]));
    project.run_line("history").success();
}

#[test]
fn revision_refuses_what_would_not_fit() {
    let project = project();
    let listing = project.listing();
    let mut said = Vec::new();
    for line in [
        "revision auht x",
        "revision specs x --parent 0009",
        "revision specs x --parent auth@0001",
        "revision specs x --depends-on auth@0009",
        "revision specs x --depends-on auth",
        "revision specs x --depends-on auth@base",
        "revision specs x --depends-on auth@+1",
        "revision specs x --parent specs@@",
        "merge auht",
        "merge specs -m x",
        "merge auth 0001 0002 -m x",
        "merge auth 0002 0002 -m x",
        "merge auth 0007 0002 -m x",
    ] {
        let document = project.run_line(&format!("{line} --format json")).expect(2).json();
        let error = &document["error"];
        said.push(format!("{line}\n    {}: {}\n    {}", error["kind"], error["message"], error["hint"]));
    }
    assert_eq!(project.listing(), listing);
    insta::assert_snapshot!(said.join("\n"), @r#"
    revision auht x
        "invalid_project": "there is no branch `auht`"
        "did you mean `auth`?"
    revision specs x --parent 0009
        "invalid_target": "`specs@0009`: branch specs has no revision `0009`"
        "did you mean `0001`, or `0002`?"
    revision specs x --parent auth@0001
        "usage": "auth@0001 cannot be a parent of a revision of branch specs"
        "a revision follows others of its branch only; what else must be applied before it is `--depends-on auth@0001`"
    revision specs x --depends-on auth@0009
        "invalid_target": "`auth@0009`: branch auth has no revision `0009`"
        "did you mean `0001`, or `0002`, or `0003`?"
    revision specs x --depends-on auth
        "invalid_target": "`auth` is more than one revision: auth@0002, auth@0003"
        "name one of them, as in auth@0002"
    revision specs x --depends-on auth@base
        "invalid_target": "`auth@base` does not name one revision: it means the base, before the first revision"
        "write BRANCH@ID; `branchline history` lists the revisions"
    revision specs x --depends-on auth@+1
        "invalid_target": "`auth@+1` is relative to what a database has applied, and no database is asked here"
        "name a revision"
    revision specs x --parent specs@@
        "invalid_target": "`specs@@` is no target: `@` is no revision id: letters, digits and `.`"
        null
    merge auht
        "invalid_project": "there is no branch `auht`"
        "did you mean `auth`?"
    merge specs -m x
        "usage": "there is nothing to join on branch specs: a merge has two heads or more"
        "its one head is 0002"
    merge auth 0001 0002 -m x
        "usage": "0001 is no head of branch auth"
        "its heads are 0002, 0003"
    merge auth 0002 0002 -m x
        "usage": "there is nothing to join on branch auth: a merge has two heads or more"
        "its heads are 0002, 0003"
    merge auth 0007 0002 -m x
        "invalid_target": "`auth@0007`: branch auth has no revision `0007`"
        "did you mean `0001`, or `0002`, or `0003`?"
    "#);
    project.run(["revision", "specs", "  "]).expect(2);
    project.run(["revision", "specs"]).expect(2);
    assert_eq!(project.listing(), listing);
}

#[test]
fn merge_joins_all_heads_or_the_named_ones() {
    let project = project();
    let outcome = project.run(["merge", "auth", "-m", "Sessions and tables"]).success();
    assert_printed!(project, outcome, @r"
    exit code: 0
    ----- stdout -----
    auth@0004: follows 0002 and 0003
      migrations/auth/0004_sessions_and_tables/revision.toml
    ----- stderr -----
    ");
    assert_eq!(ids(&project.run_line("heads auth --format json").success().json(), "heads"), ["auth@0004"]);
    project.run_line("revision auth Left").success();
    project.run_line("revision auth Middle --parent 0004").success();
    project.run_line("revision auth Right --parent 0004").success();
    let document = project.run_line("merge auth 0005 auth@0007 --format json").success().json();
    assert_eq!(document["parents"], serde_json::json!(["0005", "0007"]));
    assert_eq!(
        ids(&project.run_line("heads auth --format json").success().json(), "heads"),
        ["auth@0006", "auth@0008"]
    );
    assert_printed!(project, project.run_line("history auth@0004: --graph").success(), @r"
    exit code: 0
    ----- stdout -----
    o    auth@0008 (head, merge)  Merge 0005 and 0007
    ├─╮
    │ o  auth@0007  Right
    │ │ o  auth@0006 (head)  Middle
    │ ├─╯
    o │  auth@0005  Left
    ├─╯
    o    auth@0004 (merge)  Sessions and tables
    ├─╮
    │ │
    ~ ~
    ----- stderr -----
    ");
}

#[test]
fn heads_and_history() {
    let project = project();
    project.branch("empty", "dialects = [\"sqlite\"]\n");
    assert_printed!(project, project.run_line("heads").success(), @r"
    exit code: 0
    ----- stdout -----
    REVISION    DESCRIPTION  PARENTS  DEPENDS ON  MARKS
    auth@0002   Table 2      0001     -           head
    auth@0003   Sessions     0001     -           head
    specs@0002  No old ids   0001     -           head
    empty: no revisions yet
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("heads specs --format json").success(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "heads",
      "ok": true,
      "heads": [
        {
          "branch": "specs",
          "revision": "0002",
          "description": "No old ids",
          "parents": [
            "0001"
          ],
          "depends_on": [],
          "marks": [
            "head"
          ]
        }
      ]
    }
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("history").success(), @r"
    exit code: 0
    ----- stdout -----
    REVISION    DESCRIPTION  PARENTS  DEPENDS ON  MARKS
    specs@0002  No old ids   0001     -           head
    specs@0001  Projects     -        auth@0002   base
    auth@0003   Sessions     0001     -           head
    auth@0002   Table 2      0001     -           head
    auth@0001   Table 1      -        -           base
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("history auth@0001:auth@0003").success(), @r"
    exit code: 0
    ----- stdout -----
    REVISION   DESCRIPTION  PARENTS  DEPENDS ON  MARKS
    auth@0003  Sessions     0001     -           head
    auth@0001  Table 1      -        -           base
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("history specs --format json").success(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "history",
      "ok": true,
      "revisions": [
        {
          "branch": "specs",
          "revision": "0002",
          "description": "No old ids",
          "parents": [
            "0001"
          ],
          "depends_on": [],
          "marks": [
            "head"
          ]
        },
        {
          "branch": "specs",
          "revision": "0001",
          "description": "Projects",
          "parents": [],
          "depends_on": [
            "auth@0002"
          ],
          "marks": [
            "base"
          ]
        }
      ]
    }
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("history --graph").success(), @r"
    exit code: 0
    ----- stdout -----
    o  specs@0002 (head)  No old ids
    o  specs@0001 (base)  Projects  needs auth@0002

    o  auth@0003 (head)  Sessions
    │ o  auth@0002 (head)  Table 2
    ├─╯
    o  auth@0001 (base)  Table 1
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("history empty").success(), @r"
    exit code: 0
    ----- stdout -----
    no revisions
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("history auth@0002:auth@0003 --format json").expect(2), @r#"
    exit code: 2
    ----- stdout -----
    {
      "command": "history",
      "ok": false,
      "error": {
        "kind": "invalid_target",
        "message": "`auth@0002:auth@0003`: auth@0002 is not below auth@0003",
        "hint": null,
        "branch": "auth",
        "revision": "0002"
      }
    }
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("history auth@0009").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `auth@0009`: branch auth has no revision `0009`
      help: did you mean `0001`, or `0002`, or `0003`?
    ");
    assert_printed!(project, project.run_line("heads spec").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: there is no branch `spec`
      help: did you mean `specs`?
    ");
}
