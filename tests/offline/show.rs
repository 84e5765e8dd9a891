//! `show`: all about one revision.

use crate::project;
use crate::support::TestProject;

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
            drops table log, creates index ix of auth_0001
      down  irreversible
    on sqlite:
      up    up.sqlite.sql, 1 statement, not one transaction, sha256 261c7c82ba0f
            2  CREATE INDEX ix ON auth_0001 (name)
            creates index ix of auth_0001
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
            creates table projects
      down  derived from up.toml, 1 statement, one transaction, destructive
            1  DROP TABLE "projects"
            drops table projects
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
            changes column user_id of projects, drops column old_id of projects
      down  down.sql, 1 statement, one transaction, sha256 b67c921962e5
            1  ALTER TABLE projects ADD COLUMN old_id INTEGER
            creates column old_id of projects
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
      "depends_on_by_reference": [],
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
            ],
            "effects": [
              {
                "line": 1,
                "action": "creates",
                "kind": "table",
                "name": "projects",
                "table": null,
                "to": null
              },
              {
                "line": 1,
                "action": "creates",
                "kind": "column",
                "name": "user_id",
                "table": "projects",
                "to": null
              },
              {
                "line": 1,
                "action": "creates",
                "kind": "column",
                "name": "old_id",
                "table": "projects",
                "to": null
              }
            ],
            "unknown": []
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
            ],
            "effects": [
              {
                "line": 1,
                "action": "drops",
                "kind": "table",
                "name": "projects",
                "table": null,
                "to": null
              }
            ],
            "unknown": []
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
      up    runs nothing
      down  runs nothing
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
fn show_tells_all_of_a_reference() {
    let project = TestProject::new();
    project.branch("auth", "dialects = [\"sqlite\"]\n").branch("specs", "dialects = [\"sqlite\"]\n");
    project.revision(
        "specs",
        "1_logs",
        "parents = []\n\n[[reference]]\nfrom = \"logs.resource_id\"\nby = \"logs.resource_type\"\n\
         to = { project = \"projects.id\", user = \"auth:users.id\" }\non_delete = \"cascade\"\nowner = \"ops\"\n\
         reason = \"\"\"\nwhat was\ndone\"\"\"\nwhen = \"resource_id > 0\"\nparent_filter = \"deleted_at IS NULL\"\n\
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
        "reason": "what was\ndone",
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
         on delete cascade; when resource_id > 0; where the parent has deleted_at IS NULL; grace 10m; orphans at most 3; \
         owner ops; reason what was done"
    );
}
