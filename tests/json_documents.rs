//! The JSON documents of the commands that talk to databases, whole: fields are stable, and stdout is one document even when
//! the command fails.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::command::snapshot_settings;
use support::pair::{json, script, table};
use support::{Engine, Outcome, TestDatabase, TestProject};

/// `auth` and `specs` on SQLite files: `specs@1` needs `auth@1`.
struct Two {
    project: TestProject,
    _databases: [TestDatabase; 2],
}

impl Two {
    fn new() -> Self {
        let mut project = TestProject::new();
        let databases = [TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Sqlite)];
        project.database("auth", &databases[0]).database("specs", &databases[1]);
        table(&project, "auth", "1", &[], &[]);
        table(&project, "auth", "2", &["1"], &[]);
        table(&project, "specs", "1", &[], &["auth@1"]);
        Self { project, _databases: databases }
    }

    /// The document that a command prints; stdout must be nothing else.
    #[track_caller]
    fn document(&self, line: &str, code: i32) -> String {
        let outcome: Outcome = json(&self.project, line).expect(code);
        let document = outcome.json();
        assert_eq!(document["command"], line.split_whitespace().next().unwrap(), "{outcome}");
        assert_eq!(document["ok"], code == 0, "{outcome}");
        assert_eq!(document.get("error").is_some(), !matches!(code, 0 | 3), "{outcome}");
        assert!(outcome.stdout.ends_with("}\n") && !outcome.stdout.contains('\u{1b}'), "{outcome}");
        lines(&document)
    }
}

/// A document with a line a field, and a line an entry of a list: complete, and short enough to be read.
fn lines(document: &Value) -> String {
    let mut text = String::new();
    for (name, value) in document.as_object().unwrap() {
        match value {
            Value::Array(entries) if !entries.is_empty() => {
                writeln!(text, "{name}:").unwrap();
                for entry in entries {
                    writeln!(text, "  - {entry}").unwrap();
                }
            }
            other => writeln!(text, "{name}: {other}").unwrap(),
        }
    }
    text
}

macro_rules! assert_document {
    ($two:expr, $line:expr, $code:expr, @$snapshot:literal) => {
        let document = $two.document($line, $code);
        snapshot_settings(&$two.project).bind(|| insta::assert_snapshot!(document, @$snapshot));
    };
}

#[test]
fn status() {
    let two = Two::new();
    two.document("upgrade auth@1", 0);
    assert_document!(two, "status", 0, @r#"
    command: "status"
    ok: true
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["2"],"pending":["2"],"unknown":[],"unfinished":[],"state":"behind"}
      - {"branch":"specs","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_SPECS]","applied":[],"current":[],"heads":["1"],"pending":["1"],"unknown":[],"unfinished":[],"state":"empty"}
    "#);
    let mut two = Two::new();
    two.project.write("text.db", "a text, and however long one looks at it, no database at all".repeat(20));
    let url = format!("sqlite://{}", two.project.path().join("text.db").display());
    two.project.variable("DATABASE_URL_SPECS", &url);
    assert_document!(two, "status", 5, @r#"
    command: "status"
    ok: false
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":[],"current":[],"heads":["2"],"pending":["1","2"],"unknown":[],"unfinished":[],"state":"empty"}
      - {"branch":"specs","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_SPECS]","applied":[],"current":[],"heads":["1"],"pending":[],"unknown":[],"unfinished":[],"state":"unreachable","error":"file is not a database"}
    error: {"kind":"unreachable","message":"sqlite:[file of DATABASE_URL_SPECS]: file is not a database (26)","hint":"this file is no SQLite database","branch":"specs"}
    "#);
}

#[test]
fn plan() {
    let two = Two::new();
    assert_document!(two, "plan", 0, @r#"
    command: "plan"
    ok: true
    steps:
      - {"branch":"auth","revision":"1","direction":"up","description":"Revision 1 of auth","file":"migrations/auth/1_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"parent of auth@2"}
      - {"branch":"auth","revision":"2","direction":"up","description":"Revision 2 of auth","file":"migrations/auth/2_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"target heads"}
      - {"branch":"specs","revision":"1","direction":"up","description":"Revision 1 of specs","file":"migrations/specs/1_revision/up.sql","waits_for":["auth@1"],"transaction":true,"destructive":false,"why":"target heads"}
    findings: []
    "#);
    assert_document!(two, "plan specs", 6, @r#"
    command: "plan"
    ok: false
    error: {"kind":"dependency_missing","message":"auth@1 must be applied first: specs@1 depends on auth@1","hint":"`branchline upgrade auth@1` brings what is missing; `branchline upgrade specs --with-dependencies` does it in one go","branch":"auth","revision":"1"}
    "#);
    assert_document!(two, "plan auth@7", 2, @r#"
    command: "plan"
    ok: false
    error: {"kind":"invalid_target","message":"`auth@7`: branch auth has no revision `7`","hint":"did you mean `1`, or `2`?","branch":"auth"}
    "#);
    two.document("upgrade", 0);
    assert_document!(two, "plan", 0, @r#"
    command: "plan"
    ok: true
    steps: []
    findings: []
    "#);
    assert_document!(two, "plan --down specs@base --sql", 0, @r#"
    command: "plan"
    ok: true
    steps:
      - {"branch":"specs","revision":"1","direction":"down","description":"Revision 1 of specs","file":"migrations/specs/1_revision/down.sql","waits_for":[],"transaction":true,"destructive":true,"losses":[{"line":1,"what":"drops a table: specs_1"}],"why":"target specs@base"}
    findings: []
    sql: {"specs":"-- branch specs: sqlite:[file of DATABASE_URL_SPECS]\n\n-- down specs@1: migrations/specs/1_revision/down.sql\nDROP TABLE specs_1;\n"}
    "#);
}

#[test]
fn upgrade() {
    let two = Two::new();
    assert_document!(two, "upgrade auth@1", 0, @r#"
    command: "upgrade"
    ok: true
    run_id: "[uuid]"
    steps:
      - {"branch":"auth","revision":"1","direction":"up","description":"Revision 1 of auth","file":"migrations/auth/1_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"target auth@1","outcome":"applied","duration_ms":[ms]}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["2"],"pending":["2"],"unknown":[],"unfinished":[],"state":"behind"}
    findings: []
    "#);
    script(&two.project, "auth", "2", &["1"], &[], "CREATE TABLE a (id INTEGER);\nINSERT INTO b VALUES (1);\n", "");
    table(&two.project, "auth", "3", &["2"], &[]);
    assert_document!(two, "upgrade auth", 1, @r#"
    command: "upgrade"
    ok: false
    run_id: "[uuid]"
    steps:
      - {"branch":"auth","revision":"2","direction":"up","description":"Revision 2 of auth","file":"migrations/auth/2_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"parent of auth@3","outcome":"failed","duration_ms":[ms]}
      - {"branch":"auth","revision":"3","direction":"up","description":"Revision 3 of auth","file":"migrations/auth/3_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"target auth","outcome":"not_started","blocked_by":"auth@2"}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["3"],"pending":["2","3"],"unknown":[],"unfinished":[],"state":"behind"}
    findings: []
    error: {"kind":"query_failed","message":"sqlite:[file of DATABASE_URL_AUTH]: no such table: b","hint":"no such table: does an earlier revision create it, perhaps on another branch?","branch":"auth","revision":"2","file":"migrations/auth/2_revision/up.sql","line":2,"column":13,"statement":"INSERT INTO b VALUES (1)"}
    "#);
    assert_document!(two, "upgrade auth@1", 0, @r#"
    command: "upgrade"
    ok: true
    run_id: "[uuid]"
    steps: []
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["3"],"pending":["2","3"],"unknown":[],"unfinished":[],"state":"behind"}
    findings: []
    "#);
    assert_document!(two, "upgrade specs --dry-run", 0, @r#"
    command: "upgrade"
    ok: true
    dry_run: true
    steps:
      - {"branch":"specs","revision":"1","direction":"up","description":"Revision 1 of specs","file":"migrations/specs/1_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"target specs"}
    findings: []
    "#);
}

#[test]
fn downgrade() {
    let two = Two::new();
    two.document("upgrade", 0);
    assert_document!(two, "downgrade auth@1", 6, @r#"
    command: "downgrade"
    ok: false
    error: {"kind":"not_confirmed","message":"these steps drop tables, columns or rows: auth@2","hint":"look at it with `--dry-run`, then agree with --yes","branch":"auth","revision":"2"}
    "#);
    assert_document!(two, "downgrade auth@1 --yes", 0, @r#"
    command: "downgrade"
    ok: true
    run_id: "[uuid]"
    steps:
      - {"branch":"auth","revision":"2","direction":"down","description":"Revision 2 of auth","file":"migrations/auth/2_revision/down.sql","waits_for":[],"transaction":true,"destructive":true,"losses":[{"line":1,"what":"drops a table: auth_2"}],"why":"target auth@1","outcome":"applied","duration_ms":[ms]}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["2"],"pending":["2"],"unknown":[],"unfinished":[],"state":"behind"}
    findings: []
    "#);
    assert_document!(two, "downgrade auth@base --yes", 6, @r#"
    command: "downgrade"
    ok: false
    error: {"kind":"dependent_in_the_way","message":"specs@1 would have to go too: specs@1 depends on auth@1","hint":"`branchline downgrade auth@base --with-dependents` takes them down first","branch":"specs","revision":"1"}
    "#);
}

#[test]
fn apply() {
    let two = Two::new();
    assert_document!(two, "plan auth@1 --out auth.plan", 0, @r#"
    command: "plan"
    ok: true
    steps:
      - {"branch":"auth","revision":"1","direction":"up","description":"Revision 1 of auth","file":"migrations/auth/1_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"target auth@1"}
    findings: []
    out: "auth.plan"
    "#);
    assert_document!(two, "apply auth.plan", 0, @r#"
    command: "apply"
    ok: true
    run_id: "[uuid]"
    steps:
      - {"branch":"auth","revision":"1","direction":"up","description":"Revision 1 of auth","file":"migrations/auth/1_revision/up.sql","waits_for":[],"transaction":true,"destructive":false,"why":"target auth@1","outcome":"applied","duration_ms":[ms]}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["2"],"pending":["2"],"unknown":[],"unfinished":[],"state":"behind"}
    findings: []
    "#);
    assert_document!(two, "apply auth.plan", 6, @r#"
    command: "apply"
    ok: false
    error: {"kind":"plan_outdated","message":"sqlite:[file of DATABASE_URL_AUTH] has changed since the plan was made","hint":"make a new plan with `branchline plan --out`, and look at it again","branch":"auth"}
    "#);
    assert_document!(two, "apply none.plan", 2, @r#"
    command: "apply"
    ok: false
    error: {"kind":"io","message":"none.plan cannot be read: No such file or directory (os error 2)","hint":null}
    "#);
}

#[test]
fn stamp() {
    let two = Two::new();
    assert_document!(two, "stamp auth@2", 0, @r#"
    command: "stamp"
    ok: true
    stamped:
      - {"branch":"auth","revision":"1","applied":true}
      - {"branch":"auth","revision":"2","applied":true}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1","2"],"current":["2"],"heads":["2"],"pending":[],"unknown":[],"unfinished":[],"state":"current"}
    "#);
    assert_document!(two, "stamp auth@1", 0, @r#"
    command: "stamp"
    ok: true
    stamped:
      - {"branch":"auth","revision":"2","applied":false}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1"],"current":["1"],"heads":["2"],"pending":["2"],"unknown":[],"unfinished":[],"state":"behind"}
    "#);
    assert_document!(two, "stamp auth@9", 2, @r#"
    command: "stamp"
    ok: false
    error: {"kind":"invalid_target","message":"`auth@9`: branch auth has no revision `9`","hint":"did you mean `1`, or `2`?","branch":"auth"}
    "#);
}

#[test]
fn check() {
    let two = Two::new();
    assert_document!(two, "check", 3, @r#"
    command: "check"
    ok: false
    findings:
      - {"kind":"pending","branch":"auth","revision":null,"message":"auth has not applied 1, 2","hint":"branchline upgrade auth"}
      - {"kind":"pending","branch":"specs","revision":null,"message":"specs has not applied 1","hint":"branchline upgrade specs"}
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":[],"current":[],"heads":["2"],"pending":["1","2"],"unknown":[],"unfinished":[],"state":"empty"}
      - {"branch":"specs","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_SPECS]","applied":[],"current":[],"heads":["1"],"pending":["1"],"unknown":[],"unfinished":[],"state":"empty"}
    "#);
    two.document("upgrade", 0);
    assert_document!(two, "check", 0, @r#"
    command: "check"
    ok: true
    findings: []
    branches:
      - {"branch":"auth","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_AUTH]","applied":["1","2"],"current":["2"],"heads":["2"],"pending":[],"unknown":[],"unfinished":[],"state":"current"}
      - {"branch":"specs","dialect":"sqlite","database":"sqlite:[file of DATABASE_URL_SPECS]","applied":["1"],"current":["1"],"heads":["1"],"pending":[],"unknown":[],"unfinished":[],"state":"current"}
    "#);
    script(&two.project, "auth", "3", &["2"], &[], "SELECT 'open;\n", "");
    assert_document!(two, "check", 2, @r#"
    command: "check"
    ok: false
    error: {"kind":"invalid_script","message":"a string begins here and does not end","hint":"a quote inside a string is written twice: ''","branch":"auth","revision":"3","file":"migrations/auth/3_revision/up.sql","line":1,"column":8}
    errors:
      - {"kind":"invalid_script","message":"a string begins here and does not end","hint":"a quote inside a string is written twice: ''","branch":"auth","revision":"3","file":"migrations/auth/3_revision/up.sql","line":1,"column":8}
      - {"kind":"invalid_script","message":"the script is empty","hint":"write what the revision does; a merge, or one that only declares or ends references, needs no script at all","branch":"auth","revision":"3","file":"migrations/auth/3_revision/down.sql"}
    "#);
}

/// Wrong usage is a document too.
#[test]
fn usage() {
    let two = Two::new();
    assert_document!(two, "downgrade", 2, @r#"
    command: "downgrade"
    ok: false
    error: {"kind":"usage","message":"the following required arguments were not provided: <TARGET>...","hint":"Usage: branchline downgrade --format <FORMAT> <TARGET>..."}
    "#);
    assert_document!(two, "upgrade --no-such-option", 2, @r#"
    command: "upgrade"
    ok: false
    error: {"kind":"usage","message":"unexpected argument '--no-such-option' found","hint":"to pass '--no-such-option' as a value, use '-- --no-such-option'"}
    "#);
    std::fs::remove_file(two.project.path().join("migrations/auth/1_revision/up.sql")).unwrap();
    assert_document!(two, "upgrade", 2, @r#"
    command: "upgrade"
    ok: false
    error: {"kind":"invalid_revision","message":"migrations/auth/1_revision: auth@1: no way up on sqlite","hint":"add up.sqlite.sql, or up.sql or up.toml for every dialect","branch":"auth","revision":"1","file":"migrations/auth/1_revision"}
    "#);
}
