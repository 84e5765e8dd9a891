//! The verbs that need no database, through the real command: what they print, what they write, and what they refuse.

#[path = "../support/mod.rs"]
mod support;

/// A snapshot of everything that a run printed, paths and times replaced.
macro_rules! assert_printed {
    ($project:expr, $outcome:expr, @$snapshot:literal) => {
        crate::support::command::snapshot_settings(&$project).bind(|| insta::assert_snapshot!($outcome.to_string(), @$snapshot));
    };
}

mod check;
mod graph;
mod history;
mod init;
mod lint;
mod revision;
mod shell;
mod show;
mod statements;

use serde_json::Value;
use support::TestProject;

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

fn ids(document: &Value, list: &str) -> Vec<String> {
    let id = |entry: &Value| format!("{}@{}", entry["branch"].as_str().unwrap(), entry["revision"].as_str().unwrap());
    document[list].as_array().unwrap().iter().map(id).collect()
}
