//! `lint`: findings as text, JSON and SARIF, levels in branch files, and comments that say that something is meant.

use crate::support::TestProject;

const BRANCH: &str = "database = \"sqlite:a.db\"\ndialects = [\"postgres\"]\n";

fn manifest(parents: &str) -> String {
    format!("description = \"x\"\nparents = [{parents}]\n")
}

/// A branch of one table, and a second revision with this way up.
fn project(branch: &str, up: &str) -> TestProject {
    let project = TestProject::new();
    project.branch("a", branch);
    let first = [("up.sql", "CREATE TABLE t (id int);\n"), ("down.sql", "DROP TABLE t;\n")];
    project.revision("a", "1_x", &manifest(""), &first);
    let reason = format!("{}irreversible = \"a test\"\n", manifest("\"1\""));
    project.revision("a", "2_x", &reason, &[("up.sql", up)]);
    project
}

#[test]
fn findings_say_where_and_what_to_write() {
    let up = "SELECT 1;\nALTER TABLE t\n  ADD COLUMN b int,\n  DROP COLUMN id;\nCREATE INDEX i ON t (b);\n";
    let project = project(BRANCH, up);
    assert_printed!(project, project.run_line("lint").expect(3), @r"
    exit code: 3
    ----- stdout -----
    warning[drop_column]: migrations/a/2_x/up.sql:4:3: drops column id of t, with what it holds
      help: drop it in a later revision, once no running program reads it; where it is meant, a comment says so: `branchline: allow drop_column`
    warning[index_not_concurrent]: migrations/a/2_x/up.sql:5:1: writers of t wait until the index is built
      help: CREATE INDEX CONCURRENTLY in a revision of its own, with `transaction = false`
    2 warnings (2 revisions on 1 branch)
    ----- stderr -----
    ");
    let document = project.run_line("lint a --format json").expect(3).json();
    assert_eq!(document["ok"], false);
    assert_eq!(
        document["findings"][0],
        serde_json::json!({
            "kind": "drop_column", "severity": "warning", "branch": "a", "revision": "2",
            "message": "drops column id of t, with what it holds",
            "hint": "drop it in a later revision, once no running program reads it; where it is meant, a comment says so: \
                     `branchline: allow drop_column`",
            "file": "migrations/a/2_x/up.sql", "line": 4, "column": 3, "dialects": ["postgres"],
        })
    );
    let checked = project.run_line("check --offline --format json").expect(3).json();
    assert_eq!(checked["findings"], document["findings"], "check finds what lint finds");
}

#[test]
fn sarif_names_rules_and_places() {
    let project = project(BRANCH, "DROP TABLE t;\n");
    let sarif = project.run_line("lint --format sarif").expect(3).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "branchline");
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"drop_table".into(), &"warning".into()));
    let rule = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "drop_table");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "migrations/a/2_x/up.sql");
    assert_eq!(place["region"], serde_json::json!({"startLine": 1, "startColumn": 1}));
    // Seen from above the project, the files are named from there.
    let name = project.path().file_name().unwrap().to_str().unwrap().to_owned();
    let above = project.path().parent().unwrap();
    let line = ["--project", &name, "check", "--offline", "--format", "sarif"];
    let outcome = project.run_in(above, line).expect(3);
    let uri = &outcome.json()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(*uri, format!("{name}/migrations/a/2_x/up.sql"));
    let sound = project.run_line("lint zzz --format sarif").expect(2);
    assert!(sound.stdout.is_empty() && sound.stderr.contains("no branch `zzz`"), "{sound}");
}

#[test]
fn branch_files_set_levels() {
    let up = "DROP TABLE t;\nCREATE INDEX i ON u (b);\n";
    let levels = |said: &str| {
        let project = project(&format!("{BRANCH}[lint]\n{said}\n"), up);
        let outcome = project.run_line("lint --format json");
        let findings = outcome.json()["findings"].as_array().cloned().unwrap_or_default();
        findings
            .iter()
            .map(|found| format!("{} {}", found["severity"], found["kind"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    let both = ["warning drop_table", "warning index_not_concurrent"];
    assert_eq!(levels("deny = []"), both);
    assert_eq!(levels("deny = [\"drop_table\"]"), ["error drop_table", "warning index_not_concurrent"]);
    assert_eq!(levels("allow = [\"drop_table\"]"), ["warning index_not_concurrent"]);
    let refused = |said: &str| project(&format!("{BRANCH}[lint]\n{said}\n"), up).run_line("lint").expect(2).stderr;
    let typo = refused("allow = [\"drop_tabel\"]");
    assert!(typo.contains("branches/a.toml: [lint]: there is no finding called `drop_tabel`"), "{typo}");
    assert!(typo.contains("did you mean `drop_table`?"), "{typo}");
    let fixed = refused("warn = [\"psql_meta_command\"]");
    assert!(fixed.contains("`psql_meta_command` cannot be less than an error"), "{fixed}");
    assert!(refused("warn = [\"truncate\"]\nallow = [\"truncate\"]").contains("names `truncate` in two of"));
    // What the whole project says holds where the branch says nothing.
    let shared = project(&format!("{BRANCH}[lint]\nwarn = [\"drop_table\"]\n"), up);
    shared.write("branchline.toml", "[lint]\ndeny = [\"drop_table\", \"index_not_concurrent\"]\n");
    let text = shared.run_line("lint").expect(3).stdout;
    assert!(text.contains("warning[drop_table]") && text.contains("error[index_not_concurrent]"), "{text}");
}

#[test]
fn comments_say_what_is_meant() {
    let found = |up: &str| {
        let outcome = project(BRANCH, up).run_line("lint --format json");
        let found = outcome.json()["findings"].as_array().cloned().unwrap_or_default();
        found.iter().map(|found| format!("{}:{}", found["kind"], found["line"]).replace('"', "")).collect::<Vec<_>>()
    };
    assert_eq!(found("-- branchline: allow drop_table -- nobody reads it\nDROP TABLE t;\n"), [] as [&str; 0]);
    assert_eq!(found("DROP TABLE t; -- branchline: allow drop_table\n"), [] as [&str; 0]);
    assert_eq!(
        found("-- branchline: allow drop_table, truncate\nDROP TABLE t;\nTRUNCATE u;\n"),
        ["unused_allowance:1", "truncate:3"],
        "each comment speaks of one statement"
    );
    assert_eq!(found("-- branchline: allow drop_tble\nDROP TABLE t;\n"), ["unknown_code:1", "drop_table:2"]);
    // The steps of a portable script.
    let project = TestProject::new();
    project.branch("a", BRANCH);
    let steps = |comment: &str| {
        format!(
            "[[step]]\nsql = \"SELECT 1\"\ndown = \"SELECT 1\"\n\n{comment}[[step]]\ncreate_index = \"i\"\ntable = \"t\"\ncolumns = [\"a\"]\n"
        )
    };
    project.revision("a", "1_x", &manifest(""), &[("up.toml", &steps(""))]);
    let text = project.run_line("lint").expect(3).stdout;
    assert!(text.contains("warning[index_not_concurrent]: migrations/a/1_x/up.toml:5: "), "{text}");
    project.revision("a", "1_x", &manifest(""), &[("up.toml", &steps("# branchline: allow index_not_concurrent\n"))]);
    project.run_line("lint").success();
}

#[test]
fn scripts_that_cannot_run_are_found_all_at_once() {
    let project = project(BRANCH, "BEGIN;\nDROP TABLE t;\nCOMMIT;\n");
    project.revision("a", "3_x", &manifest("\"2\""), &[("up.sql", "SELECT 1;\n\\d t\n"), ("down.sql", "SELECT 'a;\n")]);
    assert_printed!(project, project.run_line("lint").expect(3), @r#"
    exit code: 3
    ----- stdout -----
    error[transaction_control]: migrations/a/2_x/up.sql:1:1: `BEGIN` controls the transaction
      help: leave it out: branchline opens and commits the transaction itself
    error[transaction_control]: migrations/a/2_x/up.sql:3:1: `COMMIT` controls the transaction
      help: leave it out: branchline opens and commits the transaction itself
    error[unterminated]: migrations/a/3_x/down.sql:1:8: a string begins here and does not end
      help: a quote inside a string is written twice: ''
    error[psql_meta_command]: migrations/a/3_x/up.sql:2:1: `\d` is a command of the database's own client, not SQL
      help: only SQL reaches the database: leave the command out, or write it as SQL
    4 errors (3 revisions on 1 branch)
    ----- stderr -----
    "#);
    // Nobody can allow what does not run.
    project.revision(
        "a",
        "3_x",
        &manifest("\"2\""),
        &[("up.sql", "-- branchline: allow transaction_control\nCOMMIT;\n")],
    );
    let text = project.run_line("lint").expect(3).stdout;
    assert!(text.contains("error[transaction_control]: migrations/a/3_x/up.sql:2:1"), "{text}");
}

/// A branch of which nothing says what it runs on is read for every dialect, and says so.
#[test]
fn a_branch_without_a_dialect() {
    let project = project("", "CREATE INDEX i ON t (id);\n");
    let outcome = project.run_line("lint --format json").expect(3);
    assert!(outcome.stderr.contains("warning: nothing says what a runs on"), "{outcome}");
    assert_eq!(outcome.json()["findings"][0]["dialects"], serde_json::json!(["postgres"]));
    assert!(project.run_line("lint -q").expect(3).stderr.is_empty());
}

#[test]
fn codes_are_listed_and_documented() {
    let project = TestProject::new();
    let document = project.run_line("lint --codes --format json").success().json();
    let codes = document["codes"].as_array().unwrap();
    assert!(codes.len() > 40);
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md")).unwrap();
    for code in codes {
        let name = code["code"].as_str().unwrap();
        let level = match (code["fixed"].as_bool().unwrap(), code["default"].as_str().unwrap()) {
            (true, _) => "always an error",
            (false, "deny") => "error",
            (false, "warn") => "warning",
            (false, _) => "off",
        };
        let row = format!("| `{name}` | {level} | ");
        assert!(page.lines().any(|line| line.starts_with(&row)), "docs/lint.md has no row {row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, codes.len(), "docs/lint.md has a row for a code that there is not");
    let text = project.run_line("lint --codes").success().stdout;
    assert!(text.lines().any(|line| line.starts_with("drop_table") && line.contains("warning")), "{text}");
}

/// All that keeps a script from running is found at once, and a file of findings is never empty for it.
#[test]
fn everything_that_does_not_run() {
    let project = project(BRANCH, "BEGIN;\nVACUUM t;\n\\d t\nSELECT 1;\n");
    let text = project.run_line("lint").expect(3).stdout;
    for found in [
        "transaction_control]: migrations/a/2_x/up.sql:1:1",
        "outside_transaction_only]: migrations/a/2_x/up.sql:2:1",
        "psql_meta_command]: migrations/a/2_x/up.sql:3:1",
    ] {
        assert!(text.contains(found), "{found}\n{text}");
    }
    let checked = project.run_line("check --offline --format sarif").expect(2);
    let results = checked.json()["runs"][0]["results"].as_array().unwrap().len();
    assert_eq!(results, 3, "{checked}");
}

/// A project that takes lint up says nothing of what is old.
#[test]
fn what_is_newer_than_a_revision() {
    let project = project(BRANCH, "DROP TABLE t;\n");
    project.revision("a", "3_x", &manifest("\"2\""), &[("up.sql", "DROP TABLE u;\n")]);
    let found = |line: &str| {
        let found = project.run_line(line).json()["findings"].as_array().cloned().unwrap_or_default();
        found.iter().map(|found| found["revision"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("lint --format json"), ["2", "3"]);
    assert_eq!(found("lint --after a@2 --format json"), ["3"]);
    assert_eq!(found("check --offline --after 2 --format json"), ["3"]);
    project.run_line("lint --after a@3").success();
    assert!(project.run_line("lint --after a@9").expect(2).stderr.contains("no revision `9`"));
    let twice = project.run_line("lint a a").expect(3).stdout;
    assert!(twice.contains("(3 revisions on 1 branch)"), "{twice}");
}

/// The types that earlier revisions gave decide what a change of type costs.
#[test]
fn types_of_earlier_revisions() {
    let project = project(BRANCH, "ALTER TABLE t ALTER id TYPE text;\nALTER TABLE t ADD name varchar(10);\n");
    project.revision("a", "3_x", &manifest("\"2\""), &[("up.sql", "ALTER TABLE t ALTER name TYPE varchar(20);\n")]);
    let text = project.run_line("lint").expect(3).stdout;
    assert!(text.contains("warning[column_type_change]: migrations/a/2_x/up.sql:1:15"), "int to text\n{text}");
    assert!(!text.contains("3_x"), "a longer varchar costs nothing\n{text}");
}

/// The way that the help of `set_not_null` shows costs nothing, and is not found.
#[test]
fn a_check_of_an_earlier_revision() {
    let project = project(BRANCH, "ALTER TABLE t ADD CONSTRAINT c CHECK (id IS NOT NULL) NOT VALID;\n");
    let next = |id: &str, parent: &str, up: &str| {
        project.revision("a", id, &manifest(parent), &[("up.sql", up)]);
    };
    next("3_x", "\"2\"", "ALTER TABLE t VALIDATE CONSTRAINT c;\n");
    next("4_x", "\"3\"", "ALTER TABLE t ALTER id SET NOT NULL;\n");
    project.run_line("lint").success();
    next("3_x", "\"2\"", "SELECT 1;\n");
    let text = project.run_line("lint").expect(3).stdout;
    assert!(text.contains("warning[set_not_null]: migrations/a/4_x/up.sql"), "it was never made valid\n{text}");
}
