//! `heads`, `branches` and `history`.

use crate::project;
use crate::support::TestProject;

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

/// What became of one table, under both of its names; and what cannot be told.
#[test]
fn history_of_a_table() {
    let project = TestProject::new();
    project.branch("a", "database = \"sqlite:a.db\"\ndialects = [\"sqlite\"]\n");
    let manifest = |parents: &str| format!("description = \"x\"\nparents = [{parents}]\n");
    let steps = "[[step]]\nadd_column = \"people.mail\"\ntype = \"text\"\nnull = true\n";
    project.revision("a", "1_x", &manifest(""), &[("up.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);\n")]);
    project.revision("a", "2_x", &manifest("\"1\""), &[("up.sql", "ALTER TABLE users RENAME TO people;\n")]);
    project.revision("a", "3_x", &manifest("\"2\""), &[("up.toml", steps)]);
    project.revision("a", "4_x", &manifest("\"3\""), &[("up.sql", "CREATE TABLE other (id INTEGER PRIMARY KEY);\n")]);
    project.revision("a", "5_x", &manifest("\"4\""), &[("up.sql", "SELECT load_extension('x');\n")]);
    assert_printed!(project, project.run_line("history a --table people").success(), @r"
    exit code: 0
    ----- stdout -----
    REVISION  DESCRIPTION  DOES
    a@3       x            creates column mail
    a@2       x            renames it to people
    more than their scripts tell may be done by a@5
    ----- stderr -----
    ");
    let document = project.run_line("history a --table PEOPLE --format json").success().json();
    let effects = document["effects"].as_array().unwrap();
    let said: Vec<String> =
        effects.iter().map(|effect| format!("{} {}", effect["revision"], effect["action"])).collect();
    assert_eq!(said, ["\"2\" \"renames\"", "\"3\" \"creates\""]);
    assert_eq!(document["unknown"], serde_json::json!(["a@5"]));
}

/// A column under the name that it has in the end, and the revision that provides it: not the first that had one of the name.
#[test]
fn history_of_a_column() {
    let project = TestProject::new();
    project.branch("a", "database = \"sqlite:a.db\"\ndialects = [\"sqlite\", \"postgres\"]\n");
    let manifest = |parents: &str| format!("description = \"x\"\nparents = [{parents}]\n");
    let steps = "[[step]]\nadd_column = \"users.mail\"\ntype = \"text\"\nnull = true\n";
    let down = ("down.sql", "SELECT 1;\n");
    project.revision("a", "1_x", &manifest(""), &[("up.sql", "CREATE TABLE users (id int, mail int);\n"), down]);
    project.revision("a", "2_x", &manifest("\"1\""), &[("up.sql", "ALTER TABLE users DROP COLUMN mail;\n"), down]);
    project.revision("a", "3_x", &manifest("\"2\""), &[("up.toml", steps)]);
    assert_printed!(project, project.run_line("history a --table users --column mail").success(), @r"
    exit code: 0
    ----- stdout -----
    REVISION  DESCRIPTION  DOES
    a@3       x            creates column mail
    a@2       x            drops column mail
    a@1       x            creates it
    users.mail is provided by a@3 (migrations/a/3_x/up.toml:1)
    ----- stderr -----
    ");
    let document = project.run_line("history a --table users --column Mail --format json").success().json();
    assert_eq!(
        document["provided_by"],
        serde_json::json!([{"branch": "a", "revision": "3", "file": "migrations/a/3_x/up.toml", "line": 1,
                            "dialects": ["postgres", "sqlite"]}])
    );
    let gone = project.run_line("history a --table users --column phone --format json").success().json();
    assert_eq!(gone["provided_by"], serde_json::json!([]));
}
