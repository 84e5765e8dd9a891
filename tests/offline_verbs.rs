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
        "unknown_branch": "there is no branch `auht`"
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
        "write `auth@0002`, or `auth@0003`"
    revision specs x --depends-on auth@base
        "invalid_target": "`auth@base` does not name one revision: it means the base, before the first revision"
        "write BRANCH@ID; `branchline history` lists the revisions"
    revision specs x --depends-on auth@+1
        "invalid_target": "`auth@+1` is relative to what a database has applied, and no database is asked here"
        "name a revision"
    revision specs x --parent specs@@
        "invalid_target": "`specs@@` is no target: nothing stands between `@` and `@`"
        "write BRANCH@POINT; or, for the line through a revision, BRANCH@REVISION@POINT"
    merge auht
        "unknown_branch": "there is no branch `auht`"
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

#[test]
fn show_says_all_about_a_revision() {
    let project = project();
    assert_printed!(project, project.run_line("show auth@0003").success(), @r"
    exit code: 0
    ----- stdout -----
    auth@0003 (head)  Sessions
      folder       migrations/auth/0003_sessions
      parents      auth@0001
      children     -
      depends on   -
      needed by    -
      transaction  no: each statement commits by itself
      irreversible drops the log
    on postgres:
      up    up.postgres.sql, 2 statements, not one transaction, destructive, sha256 f699e1350c44
            1  DROP TABLE log
            2  CREATE INDEX CONCURRENTLY ix ON auth_0001 (name)
      down  irreversible
    on sqlite:
      up    up.sqlite.sql, 1 statement, not one transaction, sha256 261c7c82ba0f
            2  CREATE INDEX ix ON auth_0001 (name)
      down  irreversible
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("show specs@0001").success(), @r#"
    exit code: 0
    ----- stdout -----
    specs@0001 (base)  Projects
      folder       migrations/specs/0001_projects
      parents      -
      children     specs@0002
      depends on   auth@0002
      needed by    -
      reference    projects.user_id -> auth:auth_0001.id
      reference    projects.old_id -> auth:auth_0002.id
      verify       SELECT count(*) FROM projects gives 0 (not run by this version)
    on sqlite:
      up    up.toml, 1 statement, one transaction, sha256 0be620c72674
            1  CREATE TABLE "projects" ( "user_id" integer NOT NULL, "old_id" integer NOT NULL )
      down  derived from up.toml, 1 statement, one transaction, destructive
            1  DROP TABLE "projects"
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("show specs").success(), @r"
    exit code: 0
    ----- stdout -----
    specs@0002 (head)  No old ids
      folder       migrations/specs/0002_no_old
      parents      specs@0001
      children     -
      depends on   -
      needed by    -
      ends         the references of projects.old_id
    on sqlite:
      up    up.toml, 1 statement, one transaction, destructive, sha256 ae1ebd59f1dd
            1  alter table projects: alter column user_id null, drop column old_id
      down  down.sql, 1 statement, one transaction, sha256 b67c921962e5
            1  ALTER TABLE projects ADD COLUMN old_id INTEGER
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("show specs@0001 --format json").success(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "show",
      "ok": true,
      "branch": "specs",
      "revision": "0001",
      "description": "Projects",
      "marks": [
        "base"
      ],
      "folder": "migrations/specs/0001_projects",
      "parents": [],
      "children": [
        "0002"
      ],
      "depends_on": [
        "auth@0002"
      ],
      "dependents": [],
      "transaction": true,
      "replaces": [],
      "irreversible": null,
      "references": [
        {
          "from": "projects.user_id",
          "by": null,
          "to": [
            "auth:auth_0001.id"
          ],
          "values": null,
          "on_delete": "restrict",
          "owner": null,
          "reason": null,
          "when": null,
          "parent_filter": null,
          "grace": null,
          "max_orphans": null
        },
        {
          "from": "projects.old_id",
          "by": null,
          "to": [
            "auth:auth_0002.id"
          ],
          "values": null,
          "on_delete": "restrict",
          "owner": null,
          "reason": null,
          "when": null,
          "parent_filter": null,
          "grace": null,
          "max_orphans": null
        }
      ],
      "ended_references": [],
      "verify": [
        {
          "query": "SELECT count(*) FROM projects",
          "equals": 0
        }
      ],
      "scripts": [
        {
          "dialect": "sqlite",
          "reversible": true,
          "up": {
            "way": "script",
            "file": "migrations/specs/0001_projects/up.toml",
            "checksum": "0be620c72674784f81fa23185e54feee2ef84390132a3f9b29aa5abcdb042e07",
            "transaction": true,
            "destructive": false,
            "statements": [
              {
                "line": 1,
                "sql": "CREATE TABLE \"projects\" (\n    \"user_id\" integer NOT NULL,\n    \"old_id\" integer NOT NULL\n)"
              }
            ]
          },
          "down": {
            "way": "derived",
            "file": "migrations/specs/0001_projects/up.toml",
            "checksum": "0be620c72674784f81fa23185e54feee2ef84390132a3f9b29aa5abcdb042e07",
            "transaction": true,
            "destructive": true,
            "statements": [
              {
                "line": 1,
                "sql": "DROP TABLE \"projects\""
              }
            ]
          }
        }
      ]
    }
    ----- stderr -----
    "#);
    project.run_line("merge auth").success();
    assert_printed!(project, project.run_line("show 0004 --dialect sqlite").success(), @r"
    exit code: 0
    ----- stdout -----
    auth@0004 (head, merge)  Merge 0002 and 0003
      folder       migrations/auth/0004_merge_0002_and_0003
      parents      auth@0002, auth@0003
      children     -
      depends on   -
      needed by    -
    on sqlite:
      up    runs nothing: it only joins its parents
      down  runs nothing: it only joins its parents
    ----- stderr -----
    ");
}

#[test]
fn show_finds_one_revision_or_says_why_not() {
    let project = project();
    project.revision("specs", "aa11", "parents = [\"0002\"]\n", &[("up.sql", "SELECT 1;\n")]);
    for (target, expected) in [("specs@a", "specs@aa11"), ("aa11", "specs@aa11"), ("specs@0001+2", "specs@aa11")] {
        let document = project.run(["show", target, "--format", "json"]).success().json();
        let found = format!("{}@{}", document["branch"].as_str().unwrap(), document["revision"].as_str().unwrap());
        assert_eq!(found, expected, "{target}");
    }
    let mut said = Vec::new();
    for target in ["0001", "specs@00", "specs@3", "specs@1", "aa12", "auth", "heads", "auth@base", "spec@0001", ""] {
        let error = project.run(["show", target, "--format", "json"]).expect(2).json()["error"].clone();
        said.push(format!("{target}: {}: {}; {}", error["kind"], error["message"], error["hint"]));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    0001: "invalid_target": "`0001` is more than one revision: auth@0001, specs@0001"; "write `auth@0001`, or `specs@0001`"
    specs@00: "invalid_target": "`specs@00`: `00` is more than one revision: specs@0001, specs@0002"; "write `specs@0001`, or `specs@0002`"
    specs@3: "invalid_target": "`specs@3`: branch specs has no revision `3`"; "`branchline history specs` lists them"
    specs@1: "invalid_target": "`specs@1`: branch specs has no revision `1`"; "did you mean `0001`?"
    aa12: "invalid_target": "no branch and no revision is called `aa12`"; "did you mean `aa11`?"
    auth: "invalid_target": "`auth` is more than one revision: auth@0002, auth@0003"; "write `auth@0002`, or `auth@0003`"
    heads: "invalid_target": "`heads` does not name one revision: it means all branches"; "write BRANCH@ID; `branchline history` lists the revisions"
    auth@base: "invalid_target": "`auth@base` does not name one revision: it means the base, before the first revision"; "write BRANCH@ID; `branchline history` lists the revisions"
    spec@0001: "invalid_target": "`spec@0001`: no branch and no revision is called `spec`"; "did you mean `specs`?"
    : "invalid_target": "`` is no target: it is empty"; null
    "#);
}

#[test]
fn graph_draws_in_four_languages() {
    let project = project();
    let text = project.run_line("graph").success();
    assert_eq!(text, project.run_line("graph --format text").success());
    assert_printed!(project, text, @r"
    exit code: 0
    ----- stdout -----
    auth: 3 revisions
    o  auth@0003 (head)  Sessions
    │ o  auth@0002 (head)  Table 2
    ├─╯
    o  auth@0001 (base)  Table 1

    specs: 2 revisions
    o  specs@0002 (head)  No old ids
    o  specs@0001 (base)  Projects  needs auth@0002  refers to auth by projects.user_id
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("graph --format dot").success(), @r#"
    exit code: 0
    ----- stdout -----
    digraph branchline {
      rankdir=TB;
      compound=true;
      node [shape=box, style=rounded, fontname="sans-serif"];
      subgraph "cluster_auth" {
        label="auth";
        "auth@0003" [label="0003 (head)\nSessions"];
        "auth@0002" [label="0002 (head)\nTable 2"];
        "auth@0001" [label="0001 (base)\nTable 1"];
      }
      subgraph "cluster_specs" {
        label="specs";
        "specs@0002" [label="0002 (head)\nNo old ids"];
        "specs@0001" [label="0001 (base)\nProjects"];
      }
      "auth@0002" -> "auth@0001";
      "auth@0003" -> "auth@0001";
      "specs@0001" -> "auth@0002" [style=dashed];
      "specs@0002" -> "specs@0001";
      "specs@0001" -> "auth@0002" [style=bold, constraint=false, lhead="cluster_auth", label="projects.user_id"];
    }
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("graph --format mermaid").success(), @r#"
    exit code: 0
    ----- stdout -----
    flowchart TB
      subgraph b0["auth"]
        r2["0003 (head)<br/>Sessions"]
        r1["0002 (head)<br/>Table 2"]
        r0["0001 (base)<br/>Table 1"]
      end
      subgraph b1["specs"]
        r4["0002 (head)<br/>No old ids"]
        r3["0001 (base)<br/>Projects"]
      end
      r1 --> r0
      r2 --> r0
      r3 -.-> r1
      r4 --> r3
      r3 ==>|"projects.user_id"| b0
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("graph --format json").success(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "graph",
      "ok": true,
      "branches": [
        {
          "branch": "auth",
          "heads": [
            "0002",
            "0003"
          ],
          "bases": [
            "0001"
          ]
        },
        {
          "branch": "specs",
          "heads": [
            "0002"
          ],
          "bases": [
            "0001"
          ]
        }
      ],
      "revisions": [
        {
          "branch": "auth",
          "revision": "0001",
          "description": "Table 1",
          "parents": [],
          "depends_on": [],
          "marks": [
            "base"
          ]
        },
        {
          "branch": "auth",
          "revision": "0002",
          "description": "Table 2",
          "parents": [
            "0001"
          ],
          "depends_on": [],
          "marks": [
            "head"
          ]
        },
        {
          "branch": "auth",
          "revision": "0003",
          "description": "Sessions",
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
        },
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
      ],
      "edges": [
        {
          "kind": "parent",
          "from": "auth@0002",
          "to": "auth@0001"
        },
        {
          "kind": "parent",
          "from": "auth@0003",
          "to": "auth@0001"
        },
        {
          "kind": "depends_on",
          "from": "specs@0001",
          "to": "auth@0002"
        },
        {
          "kind": "parent",
          "from": "specs@0002",
          "to": "specs@0001"
        },
        {
          "kind": "reference",
          "from": "specs@0001",
          "to_branch": "auth",
          "label": "projects.user_id"
        }
      ]
    }
    ----- stderr -----
    "#);
    let alone = project.run_line("graph specs --format dot").success().stdout;
    assert!(!alone.contains("auth@") && !alone.contains("dotted"), "{alone}");
    let alone = project.run_line("graph specs --format json").success().json();
    assert!(alone["edges"].as_array().unwrap().iter().all(|edge| edge["kind"] == "parent"), "{alone}");
    assert_printed!(project, project.run_line("graph auht --format dot").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: there is no branch `auht`
      help: did you mean `auth`?
    ");
}

#[test]
fn a_format_that_a_verb_lacks_is_wrong_usage() {
    let project = project();
    for line in ["status --format dot", "history --format mermaid", "man --format text", "init --format dot"] {
        let outcome = project.run_line(line).expect(2);
        assert!(outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.contains("has no format"), "{outcome}");
    }
    assert_printed!(project, project.run_line("status --format dot").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `status` has no format `dot`
      help: it has table and json
    ");
    assert_printed!(project, project.run_line("graph --format svgg").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'svgg' for '--format <FORMAT>'
      [possible values: table, json, text, dot, mermaid]

    For more information, try '--help'.
    ");
}

#[test]
fn completions_know_verbs_and_options() {
    let project = TestProject::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(["completions", shell]).success().stdout;
        for word in ["downgrade", "history", "with-dependents", "depends-on"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        let document = project.run(["completions", shell, "--format", "json"]).success().json();
        assert_eq!(document["command"], "completions");
        assert_eq!(document["shell"], shell);
        assert_eq!(document["script"].as_str().unwrap(), script.trim_end());
    }
    project.run_line("completions tcsh").expect(2);
}

#[test]
fn man_prints_a_page_or_writes_one_a_verb() {
    let project = TestProject::new();
    let page = project.run_line("man").success().stdout;
    assert!(page.contains(".TH branchline 1"), "{page}");
    assert!(page.contains("branchline\\-upgrade(1)"), "{page}");
    assert_eq!(project.run_line("man --format json").success().json()["page"].as_str().unwrap(), page.trim_end());
    let written = project.run_line("man --out pages/man1").success().stdout;
    let files: Vec<&str> = written.lines().collect();
    assert!(files.contains(&"pages/man1/branchline.1") && files.contains(&"pages/man1/branchline-show.1"), "{written}");
    for file in files {
        let page = project.read(file);
        assert!(page.contains("\n.SH SYNOPSIS\n"), "{file}");
        let last = if file.ends_with("/branchline.1") { "\n.SH \"EXIT CODES\"\n" } else { "\n.SH EXAMPLES\n" };
        assert!(page.contains(last), "{file}");
    }
    assert!(project.read("pages/man1/branchline-downgrade.1").contains("with\\-dependents"));
    project.write("file", "");
    project.run_line("man --out file/man1 --format json").expect(2);
}

#[test]
fn check_finds_the_steps_that_cannot_be_taken_back() {
    let project = TestProject::new();
    project.branch("a", "database = \"sqlite:a.db\"\ndialects = [\"sqlite\", \"postgres\"]\n");
    let manifest = |parents: &str| format!("description = \"x\"\nparents = [{parents}]\n");
    let steps = "[[step]]\ndrop_column = \"t.c\"\n\n[[step]]\nsql = \"SELECT 1\"\ndown = \"\"\n\n\
                 [[step]]\nsql = \"SELECT 2\"\ndialects = [\"postgres\"]\n\n\
                 [[step]]\nsql.mysql = \"SELECT 3\"\ndialects = [\"mysql\"]\n";
    project.revision("a", "0001_x", &manifest(""), &[("up.toml", steps)]);
    // SQL that has no way down, one that says why, and one with a script of its own are as they should be.
    project.revision("a", "0002_x", &manifest("\"0001\""), &[("up.sql", "SELECT 1;\n")]);
    let reason = format!("{}irreversible = \"the rows are gone\"\n", manifest("\"0002\""));
    project.revision("a", "0003_x", &reason, &[("up.toml", steps)]);
    let down = ("down.sql", "SELECT 1;\n");
    project.revision("a", "0004_x", &manifest("\"0003\""), &[("up.toml", steps), down]);
    assert_printed!(project, project.run_line("check --offline").expect(3), @r#"
    exit code: 3
    ----- stdout -----
    files: 2 steps without a way down (4 revisions on 1 branch)
    irreversible: migrations/a/0001_x/up.toml:2: `drop_column` has no way down
      help: give the `type` that the column had; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
    irreversible: migrations/a/0001_x/up.toml:9: `sql` has no way down
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
    assert!(online.stdout.starts_with("files: 2 steps without a way down"), "{online}");
    project.run_line("upgrade a@0001 --dry-run").success();
}

#[test]
fn show_tells_all_of_a_reference() {
    let project = TestProject::new();
    project.branch("auth", "dialects = [\"sqlite\"]\n").branch("specs", "dialects = [\"sqlite\"]\n");
    project.revision(
        "specs",
        "1_logs",
        "parents = []\n\n[[reference]]\nfrom = \"logs.resource_id\"\nby = \"logs.resource_type\"\n\
         to = { project = \"projects.id\", user = \"auth:users.id\" }\non_delete = \"cascade\"\nowner = \"ops\"\n\
         reason = \"what was done\"\nwhen = \"resource_id > 0\"\nparent_filter = \"deleted_at IS NULL\"\n\
         grace = \"10m\"\nmax_orphans = 3\n",
        &[("up.sql", "SELECT 1;\n"), ("down.sql", "SELECT 1;\n")],
    );
    let shown = project.run_line("show specs@1 --format json").success().json();
    let expected = serde_json::json!([{
        "from": "logs.resource_id",
        "by": "logs.resource_type",
        "to": ["specs:projects.id", "auth:users.id"],
        "values": { "project": "specs:projects.id", "user": "auth:users.id" },
        "on_delete": "cascade",
        "owner": "ops",
        "reason": "what was done",
        "when": "resource_id > 0",
        "parent_filter": "deleted_at IS NULL",
        "grace": "10m",
        "max_orphans": 3,
    }]);
    assert_eq!(shown["references"], expected);
    let text = project.run_line("show specs@1").success().stdout;
    let line = text.lines().find(|line| line.contains("logs.resource_id")).unwrap();
    assert_eq!(
        line.trim(),
        "reference    logs.resource_id -> specs:projects.id (project), auth:users.id (user) by logs.resource_type; \
         when resource_id > 0; where the parent has deleted_at IS NULL; grace 10m; orphans at most 3"
    );
}

#[test]
fn a_warning_names_what_has_no_effect_yet() {
    let project = TestProject::new();
    let lint = "[lint]\nallow = [\"timestamp_without_time_zone\"]\n";
    project.branch("auth", &format!("database = \"sqlite:auth.db\"\n{lint}"));
    let verify = "[[verify]]\nquery = \"SELECT 1\"\nequals = 1\n";
    let scripts = [("up.sql", "SELECT 1;\n"), ("down.sql", "SELECT 1;\n")];
    project.revision("auth", "1_a", "parents = []\n", &scripts);
    project.revision("auth", "2_b", &format!("parents = [\"1\"]\nreplaces = [\"0\"]\n{verify}"), &scripts);
    for line in ["check --offline", "plan", "upgrade --dry-run", "stamp auth@1 --dry-run", "upgrade --format json"] {
        let outcome = project.run_line(line).success();
        let warnings: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        let [verify, replaces, lint] = warnings[..] else { panic!("{line}\n{outcome}") };
        assert!(verify.contains("`[[verify]]` of auth@2 has no effect in this version"), "{line}\n{outcome}");
        assert!(replaces.contains("`replaces` of auth@2 has no effect in this version"), "{line}\n{outcome}");
        assert!(lint.contains("`[lint]` of auth has no effect in this version"), "{line}\n{outcome}");
        assert!(!project.run_line(&format!("{line} -q")).stderr.contains("warning: "), "{line}");
    }
}
