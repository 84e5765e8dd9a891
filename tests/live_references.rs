//! The live references of a branch, kept in its database: they follow what is applied.

mod support;

use support::{Engine, TestDatabase, TestProject};

fn from_columns(database: &TestDatabase) -> Vec<String> {
    let rows = database.query_strings("SELECT from_columns FROM branchline_reference ORDER BY from_columns");
    rows.into_iter().map(|row| row[0].clone().unwrap()).collect()
}

#[test]
fn references_live_as_long_as_their_revisions() {
    for engine in Engine::ALL {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.branch("auth", "");
        project.branch("specs", "");
        project.database("specs", &database);
        project.revision(
            "specs",
            "0001_projects",
            "parents = []\n[[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\n",
            &[
                ("up.sql", "CREATE TABLE projects (user_id int, owner_id int);\n"),
                ("down.sql", "DROP TABLE projects;\n"),
            ],
        );
        project.revision(
            "specs",
            "0002_owner",
            "parents = [\"0001\"]\n[[end_reference]]\nfrom = \"projects.user_id\"\n[[reference]]\nfrom = \"projects.owner_id\"\n\
             to = \"auth:users.id\"\non_delete = \"set_null\"\nreason = \"it's theirs\"\n",
            &[("up.sql", "CREATE TABLE notes (id int);\n"), ("down.sql", "DROP TABLE notes;\n")],
        );
        project.run_line("upgrade specs@0001").success();
        assert_eq!(from_columns(&database), ["projects.user_id"]);
        project.run_line("upgrade specs").success();
        assert_eq!(from_columns(&database), ["projects.owner_id"]);
        let declared = database.query_value("SELECT declared FROM branchline_reference");
        assert_eq!(declared, r#"{"to":"auth:users.id","reason":"it's theirs"}"#);
        assert_eq!(database.query_value("SELECT since FROM branchline_reference"), "0002");
        project.run_line("downgrade specs@0001 --yes").success();
        assert_eq!(from_columns(&database), ["projects.user_id"], "what 0002 ended begins again");
        project.run_line("downgrade specs@base --yes").success();
        assert_eq!(from_columns(&database), Vec::<String>::new());
        project.run_line("stamp specs@0002").success();
        assert_eq!(from_columns(&database), ["projects.owner_id"]);
    }
}

/// References of tables that have long been there: their revision has nothing to run, and is recorded like any other.
#[test]
fn revisions_that_only_declare_or_end_references() {
    for engine in Engine::ALL {
        let mut project = TestProject::new();
        let database = TestDatabase::new(engine);
        project.branch("auth", "");
        project.branch("specs", "");
        project.database("specs", &database);
        let tables = [("up.sql", "CREATE TABLE projects (user_id int);"), ("down.sql", "DROP TABLE projects;")];
        project.revision("specs", "0001_projects", "parents = []\n", &tables);
        let reference = "[[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\n";
        project.revision("specs", "0002_declared", &format!("parents = [\"0001\"]\n{reference}"), &[]);
        let ended = "parents = [\"0002\"]\n[[end_reference]]\nfrom = \"projects.user_id\"\n";
        project.revision("specs", "0003_ended", ended, &[]);
        project.run_line("upgrade specs@0002").success();
        assert_eq!(from_columns(&database), ["projects.user_id"], "{engine}");
        project.run_line("upgrade specs").success();
        assert_eq!(from_columns(&database), Vec::<String>::new(), "{engine}");
        // What ends a reference is taken back as what begins one is: without a script, and without being asked.
        project.run_line("downgrade specs@0002").success();
        assert_eq!(from_columns(&database), ["projects.user_id"], "{engine}");
        project.run_line("downgrade specs@0001").success();
        assert_eq!(from_columns(&database), Vec::<String>::new(), "{engine}");
        project.run_line("plan specs --sql").success();
        project.run_line("downgrade specs@base --yes").success();
    }
    let project = TestProject::new();
    project.branch("specs", "");
    project.revision("specs", "0001_nothing", "parents = []\n", &[]);
    assert!(project.run_line("plan").expect(2).stderr.contains("no way up"));
}

/// What a revision declares anew was declared before it, and is again when it goes; what was ended before stays ended.
#[test]
fn declared_anew_and_ended_twice() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    project.branch("auth", "");
    project.branch("specs", "");
    project.database("specs", &database);
    let begin = "[[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\n";
    let end = "[[end_reference]]\nfrom = \"projects.user_id\"\n";
    for (folder, parents, references) in [
        ("0001_a", "[]", begin.to_owned()),
        ("0002_b", "[\"0001\"]", format!("{begin}on_delete = \"cascade\"\n")),
        ("0003_c", "[\"0002\"]", end.to_owned()),
        ("0004_d", "[\"0003\"]", end.to_owned()),
    ] {
        let table = folder.split_once('_').unwrap().1;
        let up = format!("CREATE TABLE {table} (id int);\n");
        let down = format!("DROP TABLE {table};\n");
        project.revision(
            "specs",
            folder,
            &format!("parents = {parents}\n{references}"),
            &[("up.sql", &up), ("down.sql", &down)],
        );
    }
    let on_delete = |target: &str| {
        project.run_line(&format!("downgrade {target} --yes")).success();
        let rows = database.query_strings("SELECT on_delete, since FROM branchline_reference");
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    project.run_line("upgrade specs").success();
    assert!(on_delete("specs@0003").is_empty());
    assert_eq!(on_delete("specs@0002"), [["cascade", "0002"]]);
    assert_eq!(on_delete("specs@0001"), [["restrict", "0001"]]);
}

const CASCADE: &str = "[[reference]]\nfrom = \"drafts.account_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"\n";
const RESTRICT: &str = "[[reference]]\nfrom = \"drafts.account_id\"\nto = \"auth:users.id\"\non_delete = \"restrict\"\n\
                        when = \"sequence > 0\"\n";
const END: &str = "[[end_reference]]\nfrom = \"drafts.account_id\"\n";

/// A branch `board` with tables in 0001; the test adds revisions that follow.
fn board(engine: Engine) -> (TestProject, TestDatabase) {
    let mut project = TestProject::new();
    let database = TestDatabase::new(engine);
    project.branch("auth", "");
    project.branch("board", "");
    project.database("board", &database);
    let up = "CREATE TABLE drafts (id int PRIMARY KEY, account_id int, sequence int);\n";
    let scripts = [("up.sql", up), ("down.sql", "DROP TABLE drafts;\n")];
    project.revision("board", "0001_drafts", "parents = []\n", &scripts);
    (project, database)
}

/// Writes what a revision of `board` says of references, whatever it said before.
fn declare(project: &TestProject, folder: &str, parent: &str, references: &str) {
    let way = "UPDATE drafts SET sequence = 1;\n";
    let toml = format!("parents = [\"{parent}\"]\n{references}");
    project.revision("board", folder, &toml, &[("up.sql", way), ("down.sql", way)]);
}

/// The live references, as their policy and the revision that they are on record with.
fn live(database: &TestDatabase) -> Vec<(String, String)> {
    let rows = database.query_strings("SELECT on_delete, since FROM branchline_reference ORDER BY since, on_delete");
    let pair = |row: Vec<Option<String>>| (row[0].clone().unwrap(), row[1].clone().unwrap());
    rows.into_iter().map(pair).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(on_delete, since)| ((*on_delete).to_owned(), (*since).to_owned())).collect()
}

/// What an applied revision's file said once does not stay live beside what it says now, whichever way the revision leaves.
#[test]
fn a_revision_takes_along_what_its_file_said_once() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        for (down, up) in [("downgrade board@0001 --yes", "upgrade board"), ("stamp board@0001", "stamp board@0002")] {
            declare(&project, "0002_declared", "0001", CASCADE);
            project.run_line("upgrade board").success();
            assert_eq!(live(&database), pairs(&[("cascade", "0002")]), "{engine} {down}");
            declare(&project, "0002_declared", "0001", RESTRICT);
            project.run_line(down).success();
            assert_eq!(live(&database), [], "{engine} {down}");
            project.run_line(up).success();
            assert_eq!(live(&database), pairs(&[("restrict", "0002")]), "{engine} {down}");
            declare(&project, "0002_declared", "0001", "");
            project.run_line(down).success();
            assert_eq!(live(&database), [], "{engine} {down}: it declares nothing any more");
        }
    }
}

/// A row that stayed behind, from before this was heeded, goes as soon as its revision comes up again.
#[test]
fn a_revision_that_comes_up_leaves_nothing_on_record_beside_what_it_declares() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        declare(&project, "0002_declared", "0001", CASCADE);
        for (down, up) in [("downgrade board@0001 --yes", "upgrade board"), ("stamp board@0001", "stamp board@0002")] {
            project.run_line("upgrade board").success();
            project.run_line(down).success();
            database.execute(
                "INSERT INTO branchline_reference (branch, id, from_columns, since, declared, on_delete) VALUES ('board', \
                 '0000000000000000000000000000000000000000000000000000000000000000', 'drafts.account_id', '0002', '{\"to\":\"auth:users.id\"}', 'set_null')",
            );
            project.run_line(up).success();
            assert_eq!(live(&database), pairs(&[("cascade", "0002")]), "{engine} {up}");
        }
    }
}

/// The files of another checkout take off the record what they do not know.
#[test]
fn a_revision_that_the_project_no_longer_knows_takes_its_references_along() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        declare(&project, "0002_declared", "0001", CASCADE);
        project.run_line("upgrade board").success();
        std::fs::remove_dir_all(project.path().join("migrations/board/0002_declared")).unwrap();
        project.run_line("stamp board@0001").success();
        assert_eq!(live(&database), [], "{engine}");
    }
}

/// What a revision puts back is there once, as its file says it, and not beside what the record held of it.
#[test]
fn what_is_put_back_stands_in_for_what_was_on_record() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        declare(&project, "0002_declared", "0001", CASCADE);
        declare(&project, "0003_later", "0002", "");
        project.run_line("upgrade board").success();
        declare(&project, "0002_declared", "0001", RESTRICT);
        declare(&project, "0003_later", "0002", END);
        project.run_line("downgrade board@0002 --yes").success();
        assert_eq!(live(&database), pairs(&[("restrict", "0002")]), "{engine}");
    }
}

/// Accepting an edited script by a stamp brings nothing back that a later revision has ended, and takes nothing away that it has
/// declared.
#[test]
fn a_stamp_of_an_applied_revision_heeds_what_followed_it() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        let edit = |folder: &str| {
            project.write(format!("migrations/board/{folder}/up.sql"), "UPDATE drafts SET sequence = 2;\n");
        };
        declare(&project, "0002_declared", "0001", CASCADE);
        declare(&project, "0003_ended", "0002", END);
        project.run_line("upgrade board").success();
        edit("0002_declared");
        project.run_line("stamp board@0003").success();
        assert_eq!(live(&database), [], "{engine}");
        declare(&project, "0004_ends_again", "0003", END);
        declare(&project, "0005_anew", "0004", RESTRICT);
        project.run_line("upgrade board").success();
        edit("0004_ends_again");
        project.run_line("stamp board@0005").success();
        assert_eq!(live(&database), pairs(&[("restrict", "0005")]), "{engine}");
    }
}

/// Ids say nothing of the order: what the child had ended is put back before its parent goes.
#[test]
fn a_stamp_takes_children_away_before_their_parents() {
    let (project, database) = board(Engine::Sqlite);
    declare(&project, "9_declared", "0001", CASCADE);
    declare(&project, "8_ended", "9", END);
    project.run_line("upgrade board").success();
    assert_eq!(live(&database), []);
    project.run_line("stamp board@0001").success();
    assert_eq!(live(&database), []);
}

/// A revision that a repair takes off the record takes along what its file said once.
#[test]
fn a_repair_takes_along_what_the_file_said_once() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        let write = |references: &str| {
            project.revision(
                "board",
                "0002_declared",
                &format!("parents = [\"0001\"]\ntransaction = false\n{references}"),
                &[
                    ("up.sql", "CREATE TABLE one (id int);\nCREATE TABLE two (id int);\n"),
                    ("down.sql", "DROP TABLE two;\nDROP TABLE nowhere;\n"),
                ],
            );
        };
        write(CASCADE);
        project.run_line("upgrade board").success();
        project.run_line("downgrade board@0001 --yes");
        assert_eq!(live(&database), pairs(&[("cascade", "0002")]), "{engine}");
        let check = project.run_line("check");
        assert!(!check.stdout.contains("reference_drifted"), "{engine}: half-way down, it is live\n{check}");
        write(RESTRICT);
        project.run_line("repair board --not-applied").success();
        assert_eq!(live(&database), [], "{engine}");
    }
}

/// What the file of an applied revision says otherwise is told: in the list, and by `check`, with the way out.
#[test]
fn what_the_files_say_otherwise_is_told() {
    for engine in Engine::ALL {
        let (project, database) = board(engine);
        project.branch("auth", "");
        declare(&project, "0002_declared", "0001", CASCADE);
        declare(&project, "0003_later", "0002", "");
        project.run_line("upgrade board").success();
        let agree = || {
            let check = project.run_line("check board");
            assert!(check.stdout.contains("databases: nothing pending"), "{engine}: {check}");
        };
        let told = || {
            let list = project.run_line("references list board --format json").json();
            let remarks = list["references"][0]["remarks"].as_array().unwrap().clone();
            let check = project.run_line("check board --format json").expect(3).json();
            let findings = check["findings"].as_array().unwrap().clone();
            let finding =
                findings.iter().find(|finding| finding["kind"] == "reference_drifted").expect("a finding").clone();
            assert_eq!((&finding["branch"], &finding["revision"]), (&"board".into(), &"0002".into()), "{engine}");
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let message = text(&finding["message"]);
            let what = message.strip_prefix("the reference board:drafts.account_id: ").expect("its place").to_owned();
            assert!(remarks.iter().any(|remark| *remark == what), "{engine}: {remarks:?}");
            let table = project.run_line("references list board").stdout;
            assert!(table.contains(&what), "{engine}: {table}");
            (what, text(&finding["hint"]))
        };
        agree();
        let again = "or `branchline stamp` to the parent of board@0002, and back to where the branch is";
        let anew = format!("declare it in a new revision, with [[end_reference]] and [[reference]]; {again}");
        let end = "end it in a new revision, with [[end_reference]] for drafts.account_id";
        let otherwise = "the file of board@0002 says otherwise since it was applied: ";

        declare(&project, "0002_declared", "0001", &CASCADE.replace("cascade", "set_null"));
        let on_delete = "on_delete is cascade on record, set_null in the file";
        assert_eq!(told(), (format!("{otherwise}{on_delete}"), anew.clone()), "{engine}: the id is the same");

        declare(&project, "0002_declared", "0001", RESTRICT);
        let both =
            "on_delete is cascade on record, restrict in the file, when is none on record, sequence > 0 in the file";
        assert_eq!(told(), (format!("{otherwise}{both}"), anew.clone()), "{engine}");

        declare(&project, "0002_declared", "0001", "");
        let gone = "the file of board@0002 no longer declares it";
        assert_eq!(told(), (gone.to_owned(), format!("{end}; {again}")), "{engine}");

        declare(&project, "0002_declared", "0001", CASCADE);
        declare(&project, "0003_later", "0002", END);
        assert_eq!(told(), ("the files end it, and its record does not".to_owned(), end.to_owned()), "{engine}");

        // What the hints say does help.
        declare(&project, "0003_later", "0002", "");
        declare(&project, "0002_declared", "0001", RESTRICT);
        told();
        project.run_line("stamp board@0001").success();
        project.run_line("stamp board@0003").success();
        agree();
        declare(&project, "0002_declared", "0001", CASCADE);
        declare(&project, "0004_anew", "0003", &format!("{END}{CASCADE}"));
        project.run_line("upgrade board").success();
        agree();

        declare(&project, "0004_anew", "0003", "");
        declare(&project, "0005_ended", "0004", END);
        project.run_line("upgrade board").success();
        agree();
        database.execute(
            "INSERT INTO branchline_reference (branch, id, from_columns, since, declared, on_delete) VALUES ('board', \
             '0000000000000000000000000000000000000000000000000000000000000000', 'drafts.account_id', '0009', \
             '{\"to\":\"auth:users.id\"}', 'cascade')",
        );
        let check = project.run_line("check board").expect(3).stdout;
        assert!(check.contains("on record since board@0009, which is not applied"), "{engine}: {check}");
    }
}
