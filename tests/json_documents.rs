//! The JSON documents of the commands that talk to databases, whole: fields are stable, and stdout is one document even when
//! the command fails.

mod support;

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
        outcome.stdout
    }
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
    assert_document!(two, "status", 0, @"");
    let mut two = Two::new();
    two.project.variable("DATABASE_URL_SPECS", "postgres://app:secret@127.0.0.1:1/specs");
    assert_document!(two, "status", 5, @"");
}

#[test]
fn plan() {
    let two = Two::new();
    assert_document!(two, "plan", 0, @"");
    assert_document!(two, "plan specs", 6, @"");
    assert_document!(two, "plan auth@7", 2, @"");
    two.document("upgrade", 0);
    assert_document!(two, "plan", 0, @"");
    assert_document!(two, "plan --down specs@base --sql", 0, @"");
}

#[test]
fn upgrade() {
    let two = Two::new();
    assert_document!(two, "upgrade auth@1", 0, @"");
    script(&two.project, "auth", "2", &["1"], &[], "CREATE TABLE a (id INTEGER);\nINSERT INTO b VALUES (1);\n", "");
    table(&two.project, "auth", "3", &["2"], &[]);
    assert_document!(two, "upgrade auth", 1, @"");
    assert_document!(two, "upgrade auth@1", 0, @"");
    assert_document!(two, "upgrade specs --dry-run", 0, @"");
}

#[test]
fn downgrade() {
    let two = Two::new();
    two.document("upgrade", 0);
    assert_document!(two, "downgrade auth@1", 6, @"");
    assert_document!(two, "downgrade auth@1 --yes", 0, @"");
    assert_document!(two, "downgrade auth@base --yes", 6, @"");
}

#[test]
fn apply() {
    let two = Two::new();
    assert_document!(two, "plan auth@1 --out auth.plan", 0, @"");
    assert_document!(two, "apply auth.plan", 0, @"");
    assert_document!(two, "apply auth.plan", 6, @"");
    assert_document!(two, "apply none.plan", 2, @"");
}

#[test]
fn stamp() {
    let two = Two::new();
    assert_document!(two, "stamp auth@2", 0, @"");
    assert_document!(two, "stamp auth@1", 0, @"");
    assert_document!(two, "stamp auth@9", 2, @"");
}

#[test]
fn check() {
    let two = Two::new();
    assert_document!(two, "check", 3, @"");
    two.document("upgrade", 0);
    assert_document!(two, "check", 0, @"");
    script(&two.project, "auth", "3", &["2"], &[], "SELECT 'open;\n", "");
    assert_document!(two, "check", 2, @"");
}

/// Wrong usage is a document too.
#[test]
fn usage() {
    let two = Two::new();
    assert_document!(two, "downgrade", 2, @"");
    assert_document!(two, "upgrade --no-such-option", 2, @"");
    std::fs::remove_file(two.project.path().join("migrations/auth/1_revision/up.sql")).unwrap();
    assert_document!(two, "upgrade", 2, @"");
}
