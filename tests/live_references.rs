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
