//! What bad input gets: a clear error that points at it, exit code 2, and no database touched, whatever the verb.

mod support;

use support::TestProject;
use support::command::snapshot_settings;

/// A sound project on two SQLite files that are not there yet.
fn project() -> TestProject {
    let project = TestProject::new();
    project.branch("auth", "database = \"sqlite:auth.db\"\n").branch("specs", "database = \"sqlite:specs.db\"\n");
    project.chain("auth", 2).chain("specs", 1);
    project
}

/// Every verb refuses the project in the same words: with exit code 2, and without a file more. Gives the words.
#[track_caller]
fn refused(project: &TestProject) -> String {
    let listing = project.listing();
    let mut said = None;
    for line in
        ["history", "heads", "branches", "show auth", "graph", "plan", "upgrade", "status", "check", "merge auth"]
    {
        let outcome = project.run_line(line).expect(2);
        assert!(outcome.stdout.is_empty(), "{line}: {outcome}");
        let first = said.get_or_insert_with(|| outcome.stderr.clone());
        assert_eq!(outcome.stderr, *first, "{line}");
        expect_document(project, line);
    }
    assert_eq!(project.listing(), listing);
    said.unwrap()
}

/// The same as one JSON document, with all that the text says.
#[track_caller]
fn expect_document(project: &TestProject, line: &str) {
    let text = project.run_line(line).stderr;
    let outcome = project.run_line(&format!("{line} --format json")).expect(2);
    assert!(outcome.stderr.is_empty(), "{line}: {outcome}");
    let document = outcome.json();
    let error = &document["error"];
    assert_eq!(document["command"], line.split(' ').next().unwrap());
    assert_eq!(document["ok"], false);
    assert!(error["kind"].is_string() && error["message"].is_string(), "{line}: {error}");
    assert_eq!(text.contains("\n  help: "), error["hint"].is_string(), "{line}: {error}");
    if let (Some(file), Some(number)) = (error["file"].as_str(), error["line"].as_u64()) {
        assert!(text.contains(&format!("{file}:{number}")), "{line}: {error}\n{text}");
    }
}

macro_rules! assert_refused {
    ($project:expr, @$snapshot:literal) => {
        snapshot_settings(&$project).bind(|| insta::assert_snapshot!(refused(&$project), @$snapshot));
    };
}

#[test]
fn a_missing_script() {
    let project = project();
    std::fs::remove_file(project.path().join("migrations/auth/0002_table/up.sql")).unwrap();
    assert_refused!(project, @r"
    error: migrations/auth/0002_table: auth@0002: no way up on sqlite
      help: add up.sqlite.sql, or up.sql or up.toml for every dialect
    ");
}

#[test]
fn a_missing_script_for_one_dialect() {
    let project = project();
    project.branch("auth", "database = \"sqlite:auth.db\"\ndialects = [\"sqlite\", \"postgres\"]\n");
    std::fs::remove_file(project.path().join("migrations/auth/0002_table/up.sql")).unwrap();
    project.write("migrations/auth/0002_table/up.sqlite.sql", "SELECT 1;\n");
    assert_refused!(project, @r"
    error: migrations/auth/0002_table: auth@0002: no way up on postgres
      help: add up.postgres.sql, or up.sql or up.toml for every dialect
    ");
}

#[test]
fn two_scripts_for_one_dialect() {
    let project = project();
    project.write("migrations/auth/0002_table/up.toml", "[[step]]\ndrop_table = \"x\"\n");
    assert_refused!(project, @r"
    error: migrations/auth/0002_table/up.toml: auth@0002: up.sql and up.toml both serve every dialect
      help: keep one, or name the SQL script for its dialect, as in up.postgres.sql
    ");
}

#[test]
fn a_misspelt_script() {
    let project = project();
    project.write("migrations/auth/0002_table/up.sqllite.sql", "SELECT 1;\n");
    assert_refused!(project, @r"
    error: migrations/auth/0002_table/up.sqllite.sql: auth@0002: `up.sqllite.sql` is no script's name
      help: did you mean `up.sqlite.sql`?
    ");
}

#[test]
fn a_misspelt_key_of_a_revision() {
    let project = project();
    project.write("migrations/auth/0002_table/revision.toml", "description = \"x\"\n  parent = [\"0001\"]\n");
    assert_refused!(project, @r#"
    error: auth@0002: unknown field `parent`, expected one of `description`, `parents`, `depends_on`, `transaction`, `replaces`, `irreversible`, `reference`, `end_reference`, `verify`
     --> migrations/auth/0002_table/revision.toml:2:3
      |
    2 |   parent = ["0001"]
      |   ^^^^^^
      help: did you mean `parents`?
    "#);
}

#[test]
fn a_misspelt_key_of_a_branch() {
    let project = project();
    project.branch("auth", "database = \"sqlite:auth.db\"\n\n[session]\nlock_timeot = \"1s\"\n");
    assert_refused!(project, @r#"
    error: branches/auth.toml:4:1: unknown field `lock_timeot`, expected one of `lock_timeout`, `lock_retries`, `statement_timeout`, `state_schema`
      help: did you mean `lock_timeout`?
    "#);
}

#[test]
fn a_cycle() {
    let project = project();
    project.write("migrations/auth/0001_table/revision.toml", "parents = [\"0002\"]\n");
    assert_refused!(project, @r"
    error: migrations/auth/0001_table/revision.toml: a cycle of revisions: auth@0001 follows auth@0002 follows auth@0001
      help: correct a parent of one of them, such as that in migrations/auth/0001_table/revision.toml
    ");
}

#[test]
fn a_cycle_through_two_branches() {
    let project = project();
    project.write("migrations/auth/0001_table/revision.toml", "parents = []\ndepends_on = [\"specs@0001\"]\n");
    project.write("migrations/specs/0001_table/revision.toml", "parents = []\ndepends_on = [\"auth@0002\"]\n");
    assert_refused!(project, @r#"
    error: migrations/auth/0001_table/revision.toml: a cycle of revisions: auth@0001 depends on specs@0001 depends on auth@0002 follows auth@0001
      help: take one of them back, such as depends_on "specs@0001" in migrations/auth/0001_table/revision.toml, or depends_on "auth@0002" in migrations/specs/0001_table/revision.toml
    "#);
}

#[test]
fn an_unknown_parent() {
    let project = project();
    project.write("migrations/auth/0002_table/revision.toml", "parents = [\"0010\"]\n");
    assert_refused!(project, @r"
    error: migrations/auth/0002_table/revision.toml: auth@0002 names the parent `0010`, which branch auth does not have
      help: did you mean `0001`?
    ");
}

#[test]
fn an_unknown_dependency() {
    let project = project();
    project.write("migrations/auth/0002_table/revision.toml", "parents = [\"0001\"]\ndepends_on = [\"spec@0001\"]\n");
    assert_refused!(project, @r"
    error: migrations/auth/0002_table/revision.toml: auth@0002 depends on spec@0001, but the project has no branch `spec`
      help: did you mean `specs`?
    ");
}

#[test]
fn a_reference_to_an_unknown_branch() {
    let project = project();
    let reference = "[[reference]]\nfrom = \"notes.user_id\"\nto = \"spec:users.id\"\n";
    project.write("migrations/auth/0002_table/revision.toml", format!("parents = [\"0001\"]\n\n{reference}"));
    assert_refused!(project, @r#"
    error: auth@0002 declares a reference to spec:users.id, but the project has no branch `spec`
     --> migrations/auth/0002_table/revision.toml:5:6
      |
    5 | to = "spec:users.id"
      |      ^^^^^
      help: did you mean `specs`?
    "#);
}

#[test]
fn two_folders_with_one_id() {
    let project = project();
    project.revision("auth", "0002_again", "parents = [\"0001\"]\n", &[("up.sql", "SELECT 1;\n")]);
    assert_refused!(project, @r"
    error: migrations/auth/0002_table: auth@0002: the id is also that of migrations/auth/0002_again
      help: give one of them another id, and name it as a parent where it belongs
    ");
}

#[test]
fn an_illegal_id() {
    let project = project();
    project.revision("auth", "head_of_it", "parents = [\"0002\"]\n", &[("up.sql", "SELECT 1;\n")]);
    assert_refused!(project, @r"
    error: migrations/auth/head_of_it: branch auth: the folder's name is not <id>_<slug>: `head` cannot be a revision id: as a target it means something else
      help: an id is of letters, digits and `.`, as in 0001_initial_schema; other files belong elsewhere
    ");
}

#[test]
fn a_folder_without_revision_toml() {
    let project = project();
    project.write("migrations/auth/0003_more/up.sql", "SELECT 1;\n");
    assert_refused!(project, @r#"
    error: migrations/auth/0003_more: auth@0003: the folder has no revision.toml
      help: it needs at least `parents = ["..."]`, or `parents = []` to start the branch
    "#);
}

#[test]
fn an_illegal_name_of_a_branch_file() {
    let project = project();
    project.branch("my-auth", "database = \"sqlite:x.db\"\n");
    assert_refused!(project, @r"
    error: branches/my-auth.toml: `my-auth` is no branch name: a letter, then letters, digits and `_`
      help: the file's name is the branch's name: rename it to my_auth.toml
    ");
}

#[test]
fn a_branch_called_like_a_target() {
    let project = project();
    project.branch("heads", "database = \"sqlite:x.db\"\n");
    assert_refused!(project, @r"
    error: branches/heads.toml: `heads` cannot be a branch name: as a target it means something else
      help: the file's name is the branch's name: rename it to heads_.toml
    ");
    let init = TestProject::new().run_line("init base=sqlite:x.db").expect(2);
    assert!(init.stderr.contains("`base` cannot be a branch name"), "{init}");
}

#[test]
fn no_branch_at_all() {
    let project = TestProject::new();
    assert_refused!(project, @r"
    error: branches: no branch: no file NAME.toml in it
      help: `branchline init` lays out a project; --project DIR names the folder of one that is there
    ");
}

/// What is in a script is looked at by the verbs that need it.
#[track_caller]
fn refused_by(project: &TestProject, lines: &[&str]) -> String {
    let listing = project.listing();
    let mut said = Vec::new();
    for line in lines {
        let outcome = project.run_line(line).expect(2);
        expect_document(project, line);
        match said.iter_mut().find(|(_, words)| *words == outcome.stderr) {
            Some((names, _)) => *names = format!("{names}, {line}"),
            None => said.push(((*line).to_owned(), outcome.stderr)),
        }
    }
    assert_eq!(project.listing(), listing);
    said.into_iter().map(|(names, words)| format!("{names}:\n{words}")).collect::<Vec<_>>().join("\n")
}

macro_rules! assert_refused_by {
    ($project:expr, $lines:expr, @$snapshot:literal) => {
        snapshot_settings(&$project).bind(|| insta::assert_snapshot!(refused_by(&$project, &$lines), @$snapshot));
    };
}

const LOOK_INTO_SCRIPTS: [&str; 4] = ["show auth@0002", "check", "upgrade", "plan"];

#[test]
fn a_script_that_is_not_utf_8() {
    let project = project();
    project.write("migrations/auth/0002_table/up.sql", b"SELECT 1;\nSELECT '\xff';\n");
    assert_refused_by!(project, LOOK_INTO_SCRIPTS, @r"
    show auth@0002:
    error: migrations/auth/0002_table/up.sql:2:9: not UTF-8, at byte 18
      help: save the file as UTF-8

    check, upgrade, plan:
    error: migrations/auth/0002_table/up.sql:2:9: auth@0002: not UTF-8, at byte 18
      help: save the file as UTF-8
    ");
}

#[test]
fn a_blank_script() {
    let project = project();
    project.write("migrations/auth/0002_table/up.sql", " \n\n");
    assert_refused_by!(project, LOOK_INTO_SCRIPTS, @r"
    show auth@0002:
    error: migrations/auth/0002_table/up.sql: the script is empty
      help: write what the revision does; a merge, or one that only declares or ends references, needs no script at all

    check, upgrade, plan:
    error: migrations/auth/0002_table/up.sql: auth@0002: the script is empty
      help: write what the revision does; a merge, or one that only declares or ends references, needs no script at all
    ");
}

#[test]
fn a_script_of_comments() {
    let project = project();
    project.write("migrations/auth/0002_table/up.sql", "-- to be written\n");
    assert_refused_by!(project, LOOK_INTO_SCRIPTS, @r"
    show auth@0002, check, upgrade, plan:
    error: migrations/auth/0002_table/up.sql: says nothing: there is no statement in it
      help: write at least one statement
    ");
}

#[test]
fn a_portable_script_with_a_misspelt_operation() {
    let project = project();
    std::fs::remove_file(project.path().join("migrations/auth/0002_table/up.sql")).unwrap();
    project.write("migrations/auth/0002_table/up.toml", "[[step]]\ncreate_tabel = \"x\"\n");
    assert_refused_by!(project, LOOK_INTO_SCRIPTS, @r#"
    show auth@0002, check, upgrade, plan:
    error: `create_tabel` is no operation
     --> migrations/auth/0002_table/up.toml:2:1
      |
    2 | create_tabel = "x"
      | ^^^^^^^^^^^^
      help: did you mean `create_table`, or `create_index`, or `rename_table`?
    "#);
}

const ASK_DATABASES: [&str; 3] = ["upgrade", "plan", "status"];

#[test]
fn a_branch_without_a_url() {
    let project = project();
    project.branch("auth", "");
    assert_refused_by!(project, ASK_DATABASES, @r"
    upgrade, plan, status:
    error: branches/auth.toml: branch auth: the variable DATABASE_URL_AUTH is not set; branches/auth.toml takes its database from there
      help: set DATABASE_URL_AUTH to its URL, in the environment or in .env, or write `database` in the file
    ");
    project.run_line("branches").success();
    project.run_line("check --offline").success();
}

#[test]
fn an_unknown_scheme() {
    let project = project();
    project.branch("auth", "database = \"postgress://u:SEKRET@h/d\"\n");
    assert_refused_by!(project, ASK_DATABASES, @r"
    upgrade, plan, status:
    error: branch auth: unknown scheme `postgress` in the database URL, as `database` in branches/auth.toml has it
      help: did you mean `postgres`, or `postgresql`?
    ");
}

#[test]
fn a_target_that_matches_nothing_or_several() {
    let project = project();
    project.revision("auth", "0003_left", "parents = [\"0002\"]\n", &[("up.sql", "SELECT 1;\n")]);
    project.revision("auth", "0004_right", "parents = [\"0002\"]\n", &[("up.sql", "SELECT 1;\n")]);
    assert_refused_by!(
        project,
        ["upgrade auht", "upgrade haeds", "upgrade auth@haed", "upgrade @", "upgrade auth@0009", "upgrade auth@00", "upgrade 0001", "upgrade auth", "plan auth@head"],
        @r"
    upgrade auht:
    error: no branch and no revision is called `auht`
      help: did you mean `auth`?

    upgrade haeds:
    error: no branch and no revision is called `haeds`
      help: did you mean `heads`?

    upgrade auth@haed:
    error: `auth@haed`: branch auth has no revision `haed`
      help: did you mean `head`?

    upgrade @:
    error: `@` is no target: nothing stands on either side of the `@`
      help: write BRANCH@head, as in auth@head, or `heads` for every head of every branch

    upgrade auth@0009:
    error: `auth@0009`: branch auth has no revision `0009`
      help: did you mean `0001`, or `0002`, or `0003`?

    upgrade auth@00:
    error: `auth@00`: `00` is more than one revision: auth@0001, auth@0002, auth@0003, auth@0004
      help: write `auth@0001`, or `auth@0002`, or `auth@0003`, or `auth@0004`

    upgrade 0001:
    error: `0001` is more than one revision: auth@0001, specs@0001
      help: write `auth@0001`, or `specs@0001`

    upgrade auth:
    error: `auth`: branch auth has 2 heads: auth@0003, auth@0004
      help: write `auth@0003`, or `auth@0004`; or take all with auth@heads, or `branchline merge auth`

    plan auth@head:
    error: `auth@head`: branch auth has 2 heads: auth@0003, auth@0004
      help: write `auth@0003`, or `auth@0004`; or take all with auth@heads, or `branchline merge auth`
    "
    );
}

/// Files that hold URLs are pointed at, and never quoted.
#[test]
fn a_file_that_holds_a_secret_is_not_shown() {
    for (file, text) in [
        ("branches/auth.toml", "databse = \"postgres://app:s3kr3t@db/auth\"\n"),
        ("branches/auth.toml", "database = postgres://app:s3kr3t@db/auth\n"),
        ("branches/auth.toml", "database = \"postgres://app:s3kr3t@db:port/auth\"\n"),
        ("branches/auth.toml", "database = [\"postgres://app:s3kr3t@db/auth\"]\n"),
        ("branchline.toml", "database = \"postgres://app:s3kr3t@db/auth\nproject = 1\n"),
        (".env", "DATABASE_URL_AUTH=\"postgres://app:s3kr3t@db/auth\n"),
    ] {
        let project = project();
        if file == ".env" {
            project.branch("auth", "");
        }
        project.write(file, text);
        for line in ["status", "status --format json", "upgrade -vvv", "branches --color always"] {
            let outcome = project.run_line(line);
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(!said.contains("s3kr3t"), "{file}, {line}: {outcome}");
            if file != ".env" && !text.contains(":port") {
                assert!(said.contains(file), "{file}, {line}: {outcome}");
            }
        }
    }
}

#[test]
fn wrong_usage_has_the_colour_that_was_asked_for() {
    for (color, colored) in [("--color=always", true), ("--color=never", false)] {
        let refused = project().run(["status", "--nonsense", color]).expect(2);
        assert!(refused.stderr.contains("--nonsense"), "{refused}");
        assert_eq!(refused.stderr.contains('\u{1b}'), colored, "{refused}");
    }
}

#[test]
fn a_file_that_is_no_plan_file() {
    let project = project();
    for text in ["[]", "[1, {}]", "", "null", "heads", "{}"] {
        project.write("p.plan", text);
        let refused = project.run_line("apply p.plan --format json").expect(2).json();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("p.plan: it is no plan file: "), "{message}");
        assert!(!message.contains("struct") && !message.contains("tuple"), "{message}");
        assert_eq!(refused["error"]["hint"], "`branchline plan --out FILE` writes one");
    }
}

/// Three hundred heads are not read out.
#[test]
fn lines_do_not_grow_with_the_project() {
    let project = project();
    for number in 100..400 {
        let folder = format!("{number}_head");
        project.revision("auth", &folder, "parents = [\"0002\"]\n", &[("up.sql", "SELECT 1;\n")]);
    }
    for line in ["merge auth 100 0001", "upgrade auth", "revision auth words", "branches", "merge auth", "history auth"]
    {
        let outcome = project.run_line(line);
        let longest = outcome.stdout.lines().chain(outcome.stderr.lines()).map(|line| line.chars().count()).max();
        assert!(longest.unwrap() < 220, "{line}\n{outcome}");
        assert!(line == "history auth" || format!("{outcome}").contains("290 more"), "{line}\n{outcome}");
    }
    let merged = project.run_line("show auth --format json").success().json();
    assert_eq!(merged["parents"].as_array().unwrap().len(), 300, "{merged}");
}
