//! Parents that live, in other words than those that were recorded; and keys that more than one reference waits for.

use crate::support::{Engine, TestDatabase, TestProject};
use crate::world::{World, of, uuid};

/// Two tables of these, and the reference from one to the other.
struct Small {
    project: TestProject,
    auth: TestDatabase,
    specs: TestDatabase,
}

impl Small {
    fn new(parents: (Engine, &str), children: (Engine, &str)) -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = (TestDatabase::new(parents.0), TestDatabase::new(children.0));
        project.database("auth", &auth).database("specs", &specs);
        let up = format!("CREATE TABLE parent (id {} NOT NULL PRIMARY KEY);", parents.1);
        project.revision("auth", "0001_parents", "parents = []\n", &[("up.sql", &up)]);
        let up = format!("CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent {});", children.1);
        let manifest = "parents = []\ndepends_on = [\"auth@0001\"]\n[[reference]]\nfrom = \"child.parent\"\n\
                        to = \"auth:parent.id\"\non_delete = \"cascade\"\n";
        project.revision("specs", "0001_children", manifest, &[("up.sql", &up)]);
        project.run_line("upgrade").success();
        project.run_line("references sweep --install").success();
        Self { project, auth, specs }
    }

    fn left(&self) -> usize {
        self.project.run_line("references sweep --yes").success();
        self.specs.query_strings("SELECT id FROM child").len()
    }
}

/// All keys are written anew, in small letters: none of them is gone.
#[test]
fn a_uuid_that_is_written_otherwise() {
    for (auth, kind) in [(Engine::Postgres, "text"), (Engine::Mariadb, "varchar(36) COLLATE utf8mb4_bin")] {
        let small = Small::new((auth, kind), (Engine::Postgres, "uuid"));
        for (number, id) in [uuid(0xab), uuid(0xcd)].iter().enumerate() {
            small.auth.execute(&format!("INSERT INTO parent VALUES ('{}')", id.to_uppercase()));
            small.specs.execute(&format!("INSERT INTO child VALUES ({number}, '{id}')"));
        }
        small.auth.execute("UPDATE parent SET id = lower(id)");
        assert_eq!(small.left(), 2, "{auth}");
        small.auth.execute(&format!("DELETE FROM parent WHERE id = '{}'", uuid(0xab)));
        assert_eq!(small.left(), 1, "{auth}");
    }
}

#[test]
fn a_text_that_loses_the_spaces_behind_it() {
    let small = Small::new((Engine::Postgres, "text"), (Engine::Postgres, "char(8)"));
    small.auth.execute("INSERT INTO parent VALUES ('ada  ')");
    small.specs.execute("INSERT INTO child VALUES (1, 'ada')");
    small.auth.execute("UPDATE parent SET id = rtrim(id)");
    assert_eq!(small.left(), 1);
    small.auth.execute("DELETE FROM parent");
    assert_eq!(small.left(), 0);
}

/// SQLite has no type for UUIDs, and takes whatever comes for one.
#[test]
fn uuids_of_sqlite_as_bytes_and_as_texts() {
    for children in [Engine::Postgres, Engine::Sqlite] {
        let small = Small::new((Engine::Sqlite, "uuid"), (children, "uuid"));
        let blob = |number: u32| format!("x'{}'", uuid(number).replace('-', ""));
        small.auth.execute(&format!("INSERT INTO parent VALUES ({}), ('{}')", blob(1), uuid(0xab).to_uppercase()));
        let child = |number: u32| if children == Engine::Sqlite { blob(number) } else { format!("'{}'", uuid(number)) };
        small.specs.execute(&format!("INSERT INTO child VALUES (1, {}), (2, {})", child(1), child(0xab)));
        small.auth.execute(&format!("UPDATE parent SET id = '{}' WHERE id <> {}", uuid(0xab), blob(1)));
        assert_eq!(small.left(), 2, "{children}");
        small.auth.execute("DELETE FROM parent");
        assert_eq!(small.left(), 0, "{children}");
    }
}

/// Two references write the same columns in two ways: a key is kept until both have seen it.
#[test]
fn targets_that_are_written_in_two_ways() {
    let references = [
        "from = \"projects.user_id\"\nto = \"auth:users.id\"\non_delete = \"cascade\"",
        "from = \"settings.user_id\"\nto = \"auth:public.users.id\"\non_delete = \"set_null\"",
    ];
    let world = World::with(Engine::Postgres, Engine::Postgres, &references);
    world.install().create([1, 2]).refer(&["projects", "settings"], [1, 2]).delete([1]);
    for table in ["projects", "settings"] {
        world.run(&format!("{table}.user_id --yes")).success();
    }
    assert_eq!((world.rows("projects", "1 = 1"), world.rows("settings", "user_id IS NULL")), (1, 1));
    assert_eq!(world.recorded(), 0);
}

/// What comes after a sweep waits for none, whoever else has yet to sweep.
#[test]
fn an_orphan_that_no_sweep_will_see_to() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        world.install().create([1, 2]).refer(&["projects"], [1]).delete([1]);
        let class = |code: i32| {
            let check = world.project.run_line("references check specs:projects.user_id --format json").expect(code);
            let document = check.json();
            let classes = &of(&document, "projects")["check"]["classes"];
            (classes["pending"]["rows"].as_u64(), classes["confirmed"]["rows"].as_u64())
        };
        assert_eq!(class(0), (Some(1), Some(0)), "{engine}");
        world.run("projects.user_id --yes").success();
        assert!(world.recorded() > 0, "{engine}");
        world.refer(&["projects"], [1]);
        assert_eq!(class(3), (Some(0), Some(1)), "{engine}");
    }
}
