//! What becomes of the rows, whatever the engines are and whatever the reference says.

use serde_json::json;

use crate::support::{Engine, TestDatabase};
use crate::world::{PAIRS, World, of, uuid};

#[test]
fn every_policy_on_every_pair() {
    for (auth, specs) in PAIRS {
        let world = World::new(auth, specs);
        let place = format!("{auth} -> {specs}");
        world.create(1..=5).install();
        let tables = ["projects", "settings", "audits", "views"];
        world.refer(&tables, [1, 2, 2, 3, 4]).delete([2, 4]);
        let dry = world.run("--dry-run").success().json();
        assert_eq!(of(&dry, "projects")["rows"], 3, "{place}: {dry:#}");
        assert_eq!(world.rows("projects", "1 = 1"), 5, "{place}: a dry run changes nothing");
        let refused = world.run("").expect(6).json();
        assert_eq!(refused["error"]["kind"], "not_confirmed", "{place}");
        assert_eq!(world.rows("projects", "1 = 1"), 5, "{place}");

        let swept = world.sweep();
        assert_eq!(world.rows("projects", "1 = 1"), 2, "{place}");
        assert_eq!(world.rows("settings", "user_id IS NULL"), 3, "{place}");
        assert_eq!(world.rows("settings", "user_id IS NOT NULL"), 2, "{place}");
        assert_eq!((world.rows("audits", "1 = 1"), world.rows("views", "1 = 1")), (5, 5), "{place}");
        assert_eq!(of(&swept, "projects")["rows"], 3, "{place}: {swept:#}");
        assert_eq!(of(&swept, "settings")["rows"], 3, "{place}");
        let audits = &of(&swept, "audits")["reported"];
        assert_eq!((&audits["keys"], &audits["rows"]), (&json!(2), &json!(3)), "{place}");
        // What is only reported stays on record, and is in nobody's way.
        assert_eq!(world.recorded(), 2, "{place}");
        let again = world.sweep();
        assert_eq!(of(&again, "projects")["keys"], 0, "{place}: {again:#}");
        assert_eq!(of(&again, "audits")["reported"]["rows"], 3, "{place}");
        world.specs.execute("DELETE FROM audits");
        world.sweep();
        assert_eq!(world.recorded(), 0, "{place}: reported rows that were seen to are done with");
        for (database, branch) in [(&world.auth, "auth"), (&world.specs, "specs")] {
            let lines =
                database.query_strings("SELECT branch, outcome, detail FROM branchline_event WHERE kind = 'sweep'");
            assert!(
                lines.iter().all(|line| line[0].as_deref() == Some(branch) && line[1].as_deref() == Some("done")),
                "{place}"
            );
            assert!(lines.iter().any(|line| line[2].as_deref().unwrap().contains("\"rows\":3")), "{place}: {lines:?}");
        }
    }
}

#[test]
fn composite_conditional_and_polymorphic() {
    for (auth, specs) in PAIRS {
        let world = World::new(auth, specs);
        let place = format!("{auth} -> {specs}");
        world.install().create(1..=3);
        world.auth.execute("INSERT INTO tenants VALUES (1, 'a'), (1, 'b'), (2, 'a')");
        world.specs.execute(
            "INSERT INTO members VALUES (1, 'real', 1, 'a'), (2, 'real', 1, 'b'), (3, 'other', 1, 'a'), (4, 'real', 2, 'a'), \
             (5, 'real', 1, 'A')",
        );
        let [first, second, third] = [1, 2, 3].map(|number| world.child(number));
        world.specs.execute(&format!("INSERT INTO projects (id, uid) VALUES (1, {second}), (2, {third})"));
        world.specs.execute(&format!(
            "INSERT INTO logs VALUES ('user', {first}), ('user', {second}), ('project', {second}), ('project', {third}), ('else', {first})"
        ));
        world.auth.execute("DELETE FROM tenants WHERE tenant = 1 AND code = 'a'");
        world.delete([1]);
        world.specs.execute("DELETE FROM projects WHERE id = 1");
        world.sweep();
        assert_eq!(
            world.rows("members", "id IN (2, 3, 4, 5)"),
            4,
            "{place}: other keys, rows without the condition, other letters"
        );
        assert_eq!(world.rows("members", "id = 1"), 0, "{place}");
        let left = world.specs.query_strings("SELECT kind FROM logs ORDER BY kind");
        let kinds: Vec<_> = left.iter().map(|row| row[0].as_deref().unwrap()).collect();
        assert_eq!(kinds, ["else", "project", "user"], "{place}");
        assert_eq!(world.rows("logs", &format!("kind = 'project' AND resource = {third}")), 1, "{place}");
    }
}

/// A key that changes is one that is gone.
#[test]
fn a_parent_whose_key_changes() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        world.create([1, 2]).install().refer(&["projects", "settings"], [1, 2]);
        world.auth.execute(&format!("UPDATE users SET id = {} WHERE id = {}", world.parent(3), world.parent(1)));
        world.auth.execute("UPDATE users SET name = 'other'");
        assert_eq!(world.recorded(), 1, "{engine}: a row that keeps its key is none");
        world.sweep();
        assert_eq!(world.rows("projects", &format!("user_id = {}", world.child(2))), 1, "{engine}");
        assert_eq!(world.rows("projects", "1 = 1"), 1, "{engine}");
        assert_eq!(world.rows("settings", "user_id IS NULL"), 1, "{engine}");
    }
}

/// A parent that is there again keeps its rows.
#[test]
fn a_parent_that_comes_back() {
    for (auth, specs) in PAIRS {
        let world = World::new(auth, specs);
        world.create([1, 2]).install().refer(&["projects"], [1, 2]).delete([1, 2]).create([1]);
        let swept = world.sweep();
        assert_eq!(of(&swept, "projects")["back"], 1, "{auth} -> {specs}");
        assert_eq!(world.rows("projects", &format!("user_id = {}", world.child(1))), 1, "{auth} -> {specs}");
        assert_eq!(world.rows("projects", "1 = 1"), 1, "{auth} -> {specs}");
        assert_eq!(world.recorded(), 0, "{auth} -> {specs}");
    }
}

/// Another database in the place of a branch's own has no reference on record: that is no word of what the branch wants.
#[test]
fn a_database_that_was_never_its_own_forgets_nothing() {
    let mut world =
        World::with(Engine::Postgres, Engine::Sqlite, &["from = \"projects.user_id\"\nto = \"auth:users.id\""]);
    let (third, other) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Sqlite));
    world.project.database("third", &third);
    let declared = "parents = []\n\n[[reference]]\nfrom = \"notes.user_id\"\nto = \"auth:users.id\"\n";
    let up = "CREATE TABLE notes (id int NOT NULL PRIMARY KEY, user_id text);";
    world.project.revision("third", "0001_notes", declared, &[("up.sql", up)]);
    world.project.run_line("upgrade").success();
    world.create([1]).install().delete([1]);
    world.project.database("third", &other);
    let swept = world.project.run_line("references sweep --yes").success();
    assert!(swept.stdout.contains("nothing was ever applied to the database of third"), "{swept}");
    assert_eq!(world.recorded(), 1);
    for (verb, code) in [("list", 0), ("check", 3)] {
        let shown = world.project.run_line(&format!("references {verb}")).expect(code);
        assert!(shown.stdout.contains("nothing of third was ever applied to its database"), "{shown}");
    }
    world.project.database("third", &third);
    world.sweep();
    assert_eq!(world.recorded(), 0);
}

#[test]
fn grace_is_waited_for() {
    for engine in Engine::ALL {
        let references =
            ["from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"\ngrace = \"1h\""];
        let world = World::with(engine, engine, &references);
        world.create([1]).install().refer(&["projects"], [1]).delete([1]);
        let swept = world.sweep();
        assert_eq!(
            (of(&swept, "projects")["rows"].clone(), world.rows("projects", "1 = 1")),
            (json!(0), 1),
            "{engine}"
        );
        assert_eq!(of(&swept, "projects")["backlog"]["pending"], 1, "{engine}");
        let earlier = match engine {
            Engine::Postgres => "deleted_at - interval '2 hours'",
            Engine::Mariadb => "deleted_at - INTERVAL 2 HOUR",
            Engine::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', deleted_at, '-2 hours')",
        };
        world.auth.execute(&format!("UPDATE branchline_deleted SET deleted_at = {earlier}"));
        let status = world.run("--status --max-backlog 0").expect(3).json();
        let backlog = &of(&status, "projects")["backlog"];
        assert!(backlog["oldest_seconds"].as_u64().unwrap() >= 7200, "{engine}: {backlog}");
        let list = world.project.run_line("references list --format json").success().json();
        let listed = &of(&list, "projects")["backlog"];
        assert_eq!((&listed["pending"], &listed["oldest"]), (&json!(1), &backlog["oldest_at"]), "{engine}");
        world.sweep();
        assert_eq!(world.rows("projects", "1 = 1"), 0, "{engine}");
    }
}

#[test]
fn installed_uninstalled_and_neither() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        let refused = world.run("--yes specs:projects.user_id").expect(6).json();
        assert_eq!(refused["error"]["kind"], "not_captured", "{engine}");
        assert!(refused["error"]["hint"].as_str().unwrap().contains("--install specs:projects.user_id"), "{engine}");
        let installed = world.run("--install specs:projects.user_id").success().json();
        assert_eq!(installed["captures"].as_array().unwrap().len(), 1, "{engine}: {installed:#}");
        world.run("--install specs:projects.user_id").success();
        world.create([1]).delete([1]);
        assert_eq!(world.recorded(), 1, "{engine}: installed twice, recorded once");
        // What is not captured is left out where everything is swept, and said.
        let text = world.project.run_line("references sweep --yes").success().stdout;
        assert!(text.contains("specs:members.(tenant, code) was not swept: nobody records"), "{engine}: {text}");
        assert!(!text.contains("specs:projects.user_id was not swept"), "{engine}: {text}");
        let status = world.run("--status").success().json();
        assert_eq!(of(&status, "projects")["state"], "captured", "{engine}");
        assert_eq!(of(&status, "members")["state"], "not_captured", "{engine}");
        world.create([2]).delete([2]);
        let uninstalled = world.run("--uninstall auth --yes").success().json();
        assert_eq!(uninstalled["captures"][0]["installed"], false, "{engine}");
        assert_eq!(world.recorded(), 0, "{engine}");
        world.create([3]).delete([3]);
        assert_eq!(world.recorded(), 0, "{engine}");
        let status = world.run("--status").success().json();
        assert_eq!(of(&status, "projects")["state"], "not_captured", "{engine}");
    }
}

/// Whoever takes the triggers away must not make a sweep believe that nothing was deleted.
#[test]
fn triggers_that_are_gone() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        world.install();
        let name =
            world.auth.query_value("SELECT min(trigger_name) FROM branchline_capture WHERE table_name = 'users'");
        world.auth.execute(&match engine {
            Engine::Postgres => format!("DROP TRIGGER {name}_d ON users"),
            _ => format!("DROP TRIGGER {name}_d"),
        });
        let status = world.run("--status").success().json();
        assert_eq!(of(&status, "projects")["state"], "capture_broken", "{engine}");
        let refused = world.run("--yes").expect(6).json();
        assert_eq!(refused["error"]["kind"], "capture_broken", "{engine}");
        world.install();
        let status = world.run("--status").success().json();
        assert_eq!(of(&status, "projects")["state"], "captured", "{engine}");
    }
}

/// The reference has ended, its trigger is still there: with the column gone, nobody could delete a row any more.
#[test]
fn a_column_is_not_taken_from_under_its_trigger() {
    for engine in Engine::ALL {
        let world = World::with(
            engine,
            Engine::Sqlite,
            &[
                "from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"",
                "from = [\"members.tenant\", \"members.code\"]\nto = [\"auth:tenants.tenant\", \"auth:tenants.code\"]\n\
                 on_delete = \"cascade\"",
            ],
        );
        world.create([1, 2]).install();
        let ends = "parents = [\"0001\"]\n[[end_reference]]\nfrom = \"projects.user_id\"\n";
        world.project.revision("specs", "0002_ended", ends, &[]);
        let renamed = [
            ("up.sql", "ALTER TABLE users RENAME COLUMN id TO uid;"),
            ("down.sql", "ALTER TABLE users RENAME COLUMN uid TO id;"),
        ];
        let manifest = "parents = [\"0001\"]\ndepends_on = [\"specs@0002\"]\n";
        world.project.revision("auth", "0002_renamed", manifest, &renamed);
        world.project.run_line("upgrade specs").success();
        for line in ["plan auth", "upgrade auth --yes"] {
            let refused = world.project.run_line(&format!("{line} --format json")).expect(6).json();
            assert_eq!(refused["error"]["kind"], "capture_in_the_way", "{engine}: {refused:#}");
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.starts_with("auth@0002 renames users.id to uid"), "{message}");
            let hint = refused["error"]["hint"].as_str().unwrap();
            let swept = hint.find("`branchline references sweep auth`");
            assert!(swept.is_some() && swept < hint.find("--uninstall auth`"), "{hint}");
        }
        world.delete([1]);
        world.project.run_line("references sweep --uninstall auth").success();
        world.project.run_line("upgrade auth --yes").success();
        world.auth.execute("DELETE FROM users");
        // What goes as a whole takes its trigger along.
        world.install();
        let dropped = [("up.sql", "DROP TABLE tenants;")];
        let ends = "parents = [\"0002\"]\n[[end_reference]]\nfrom = [\"members.tenant\", \"members.code\"]\n";
        world.project.revision("specs", "0003_ended", ends, &[]);
        world.project.revision(
            "auth",
            "0003_dropped",
            "parents = [\"0002\"]\ndepends_on = [\"specs@0003\"]\n",
            &dropped,
        );
        world.project.run_line("upgrade --yes").success();
    }
}

/// The file says otherwise since it was applied: nobody's rows go by what is on record only.
#[test]
fn a_policy_that_the_files_contradict() {
    for engine in Engine::ALL {
        let reference = "from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"";
        let world = World::with(engine, engine, &[reference]);
        world.create([1, 2]).install().refer(&["projects"], [1, 2]).delete([1]);
        let file = "migrations/specs/0001_tables/revision.toml";
        let declared = world.project.read(file);
        for (from, to) in [("\"cascade\"", "\"restrict\""), ("\"cascade\"", "\"cascade\"\nwhen = \"id > 7\"")] {
            world.project.write(file, declared.replace(from, to));
            let refused = world.run("--yes").expect(6).json();
            assert_eq!(refused["error"]["kind"], "reference_drifted", "{engine}: {refused:#}");
            assert_eq!(world.rows("projects", "1 = 1"), 2, "{engine}");
        }
        // Who answers for it is nothing that a sweep goes by.
        world.project.write(file, declared.replace("\"cascade\"", "\"cascade\"\nowner = \"platform\""));
        world.run("--yes").success();
        assert_eq!(world.rows("projects", "1 = 1"), 1, "{engine}");
    }
}

/// MariaDB shows triggers to whoever may make them, or change rows. Who may not is told so, and not that they are gone.
#[test]
fn a_login_that_sees_no_triggers() {
    let mut world = World::new(Engine::Mariadb, Engine::Sqlite);
    world.create([1, 2]).install().refer(&["projects"], [1, 2]);
    world.delete([1]);
    let login = format!("sweeper{}", std::process::id());
    let database = world.auth.name().to_owned();
    world
        .auth
        .execute(&format!("CREATE USER {login} IDENTIFIED BY 'sweeper'; GRANT SELECT ON `{database}`.* TO {login}"));
    for own in ["deleted", "swept", "event"] {
        world.auth.execute(&format!("GRANT INSERT, UPDATE, DELETE ON `{database}`.branchline_{own} TO {login}"));
    }
    let (_, place) = world.auth.url().rsplit_once('@').unwrap();
    let url = format!("mariadb://{login}:sweeper@{place}");
    world.project.variable("DATABASE_URL_AUTH", &url);
    let status = world.run("--status").success();
    assert_eq!(of(&status.json(), "projects")["state"], "captured", "{status}");
    assert!(status.to_string().contains("may only read the table"), "{status}");
    world.run("--yes").success();
    assert_eq!(world.rows("projects", "1 = 1"), 1);
    world.auth.execute(&format!("GRANT TRIGGER ON `{database}`.* TO {login}"));
    assert!(!world.run("--status").success().to_string().contains("may only read the table"));
    let name = world.auth.query_value("SELECT min(trigger_name) FROM branchline_capture WHERE table_name = 'users'");
    world.auth.execute(&format!("DROP TRIGGER {name}_d"));
    let status = world.run("--status").success().json();
    assert_eq!(of(&status, "projects")["state"], "capture_broken");
    world.auth.execute(&format!("DROP USER {login}"));
}

#[test]
fn a_table_that_is_emptied_as_a_whole() {
    let world = World::new(Engine::Postgres, Engine::Sqlite);
    world.create([1]).install().refer(&["projects"], [1]);
    world.auth.execute("TRUNCATE users");
    let text = world.project.run_line("references sweep --yes").success().stdout;
    assert!(text.contains("auth:users.id was emptied as a whole"), "{text}");
    assert_eq!(world.rows("projects", "1 = 1"), 1, "nobody knows which keys these were");
    let swept = world.sweep();
    assert_eq!(of(&swept, "projects")["emptied"], 1, "until a check has told: {swept:#}");
}

#[test]
fn a_column_that_must_hold_something() {
    let references = ["from = \"projects.id\"\nto = \"auth:tenants.tenant\"\non_delete = \"set_null\""];
    for engine in Engine::ALL {
        let world = World::with(engine, engine, &references);
        world.install();
        let refused = world.run("--yes").expect(6).json();
        assert_eq!(refused["error"]["kind"], "unfit_reference", "{engine}");
        assert!(
            refused["error"]["message"].as_str().unwrap().contains("projects.id is NOT NULL"),
            "{engine}: {refused:#}"
        );
    }
}

/// In a collation that takes capitals for small letters, the rows of a living parent look like those of the deleted one.
#[test]
fn letters_that_are_the_same_to_the_column() {
    for (auth, specs) in
        [(Engine::Postgres, Engine::Mariadb), (Engine::Sqlite, Engine::Mariadb), (Engine::Sqlite, Engine::Sqlite)]
    {
        let references = ["from = \"tags.name\"\nto = \"auth:names.name\"\non_delete = \"cascade\""];
        let world = World::with(auth, specs, &references);
        let collation = if specs == Engine::Sqlite { "COLLATE NOCASE" } else { "COLLATE utf8mb4_general_ci" };
        world.auth.execute("CREATE TABLE names (name varchar(20) PRIMARY KEY)");
        world.specs.execute(&format!("CREATE TABLE tags (name varchar(20) {collation})"));
        world.auth.execute("INSERT INTO names VALUES ('Ada'), ('ada'), ('it''s \\ \"x\"')");
        world.specs.execute("INSERT INTO tags VALUES ('Ada'), ('ada'), ('ADA')");
        if specs == Engine::Sqlite {
            world.specs.execute("INSERT INTO tags VALUES ('it''s \\ \"x\"')");
        } else {
            world.specs.execute("INSERT INTO tags VALUES ('it''s \\\\ \"x\"')");
        }
        world.install();
        world.auth.execute("DELETE FROM names WHERE name <> 'ada'");
        world.sweep();
        let left = world.specs.query_strings("SELECT name FROM tags ORDER BY 1");
        let mut names: Vec<&str> = left.iter().map(|row| row[0].as_deref().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ADA", "ada"], "{auth} -> {specs}");
    }
}

/// One parent with many rows is not one great transaction, and a key that many references share is kept until all are done.
#[test]
fn many_rows_and_shared_keys() {
    for (auth, specs) in PAIRS {
        let world = World::new(auth, specs);
        world.create([1, 2]).install().refer(&["projects"], vec![1; 2_500]).refer(&["settings"], [1, 1]).delete([1]);
        let swept = world.run("--yes --batch 400 specs:projects.user_id").success().json();
        assert_eq!(of(&swept, "projects")["rows"], 2_500, "{auth} -> {specs}");
        assert_eq!(world.recorded(), 1, "{auth} -> {specs}: others have not seen it yet");
        assert_eq!(world.rows("settings", "user_id IS NULL"), 0, "{auth} -> {specs}");
        world.sweep();
        assert_eq!((world.rows("settings", "user_id IS NULL"), world.recorded()), (2, 0), "{auth} -> {specs}");
        // A branch that cannot be asked may have references of its own.
        world.delete([2]);
        world.project.branch("other", "database = \"env:NOT_THERE\"\n");
        let swept =
            world.run("--yes specs:projects.user_id specs:settings.user_id specs:audits.user_id specs:logs.resource");
        swept.success();
        world.run("--yes specs:views.user_id").success();
        assert_eq!(world.recorded(), 1, "{auth} -> {specs}");
    }
}

/// Rows of a partitioned table are deleted through it, or from the partition.
#[test]
fn partitions_on_postgres() {
    let references = ["from = \"tags.whole\"\nto = \"auth:whole.id\"\non_delete = \"cascade\""];
    let world = World::with(Engine::Postgres, Engine::Sqlite, &references);
    world.auth.execute(
        "CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id);\n\
         CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (10);\n\
         CREATE TABLE high PARTITION OF whole FOR VALUES FROM (10) TO (20);\n\
         INSERT INTO whole VALUES (1), (2), (3), (11), (12)",
    );
    world.specs.execute("CREATE TABLE tags (whole int)");
    world.specs.execute("INSERT INTO tags VALUES (1), (2), (3), (11), (12)");
    world.install();
    assert_eq!(of(&world.run("--status").success().json(), "tags")["state"], "captured");
    world.auth.execute("DELETE FROM whole WHERE id = 1; DELETE FROM low WHERE id = 2; DELETE FROM high WHERE id = 11");
    world.sweep();
    let left = world.specs.query_strings("SELECT CAST(whole AS text) FROM tags ORDER BY whole");
    let left: Vec<&str> = left.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(left, ["3", "12"]);
}

/// Samples of what refers to a deleted key are named as keys are.
#[test]
fn what_is_reported_is_named() {
    let world = World::new(Engine::Mariadb, Engine::Sqlite);
    world.create([1]).install().refer(&["audits"], [1]).delete([1]);
    let swept = world.sweep();
    let sample = of(&swept, "audits")["reported"]["samples"][0].as_str().unwrap().to_owned();
    assert_eq!(sample, uuid(1).replace('-', ""), "as the parent's database keeps it");
}
