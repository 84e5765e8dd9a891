//! The tests' own tools: a test that leans on them must be able to fail.

mod support;

use support::{Engine, TestDatabase, TestProject, TestServer, catalog, dump};

const CREATE: &str = "CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) DEFAULT 'x' NOT NULL); \
    CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER, size INTEGER CHECK (size > 0), \
    CONSTRAINT fk_child_parent_id FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE); \
    CREATE TABLE branchline_event (id INTEGER NOT NULL PRIMARY KEY); \
    CREATE UNIQUE INDEX ix_parent_name ON parent (name);";

#[test]
fn a_database_is_fresh_and_answers_as_text() {
    for engine in Engine::ALL {
        let (one, two) = (TestDatabase::new(engine), TestDatabase::new(engine));
        assert_eq!(dump::schema(&one), Vec::<String>::new(), "{engine}");
        one.execute(CREATE);
        one.execute("INSERT INTO parent (id) VALUES (7); INSERT INTO child (id, parent_id) VALUES (1, 7)");
        assert_eq!(dump::schema(&two), Vec::<String>::new(), "{engine}");
        assert_eq!(one.query_strings("SELECT id, name FROM parent"), [[Some("7".to_owned()), Some("x".to_owned())]]);
        assert_eq!(one.query_strings("SELECT size FROM child"), [[None]]);
        assert_eq!(one.query_value("SELECT count(*) FROM child"), "1");
        assert!(one.try_execute("SELECT * FROM nothing_of_that_name").is_err(), "{engine}");
    }
}

#[test]
fn a_database_is_dropped() {
    for (engine, question) in [
        (Engine::Postgres, "SELECT count(*) FROM pg_database WHERE datname ="),
        (Engine::Mariadb, "SELECT count(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ="),
    ] {
        let observer = TestDatabase::new(engine);
        let database = TestDatabase::new(engine);
        database.execute("CREATE TABLE t (id INTEGER)");
        let question = format!("{question} '{}'", database.name());
        assert_eq!(observer.query_value(&question), "1", "{engine}");
        drop(database);
        assert_eq!(observer.query_value(&question), "0", "{engine}");
    }
}

#[test]
fn a_server_wants_its_password() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let database = TestDatabase::new(engine);
        assert!(support::database::can_connect(engine, database.url()), "{engine}");
        for wrong in ["wrong", ""] {
            let url = database.url_with_password(wrong);
            assert!(!support::database::can_connect(engine, &url), "{engine} lets {url} in");
        }
    }
}

#[test]
fn a_server_of_ones_own_loses_nothing_when_it_is_killed() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let mut server = TestServer::new(engine);
        let database = server.database();
        database.execute("CREATE TABLE t (id INTEGER)");
        for (id, end) in [("1", true), ("2", false)] {
            database.execute(&format!("INSERT INTO t VALUES ({id})"));
            let process = server.pid();
            if end {
                server.kill()
            } else {
                server.stop()
            }
            assert!(!support::database::can_connect(engine, database.url()), "{engine}");
            assert!(!std::path::Path::new(&format!("/proc/{process}")).exists(), "{engine}");
            server.start();
            assert_eq!(database.query_value("SELECT count(*) FROM t"), id, "{engine}");
        }
        let (process, folder) = (server.pid(), server.folder().to_owned());
        drop(server);
        assert!(!std::path::Path::new(&format!("/proc/{process}")).exists() && !folder.exists(), "{engine}");
    }
}

/// What a server is set up with reaches it: an option, and a file that only it may read.
#[test]
fn a_server_is_set_up_as_it_is_told() {
    use support::server::Setup;
    let rules = "host all all 127.0.0.1/32 trust\n";
    let setup = Setup::default().file("rules", rules).option("-c").option("hba_file={folder}/rules");
    let server = TestServer::with(Engine::Postgres, setup);
    assert!(support::database::can_connect(Engine::Postgres, &server.database().url_with_password("wrong")));
    let server = TestServer::with(Engine::Mariadb, Setup::default().option("--max-connections=11"));
    assert_eq!(server.database().query_value("SELECT CAST(@@max_connections AS CHAR)"), "11");
}

#[test]
fn a_dump_sees_every_kind_of_change() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        database.execute(CREATE);
        let before = dump::schema(&database);
        assert!(before.iter().all(|line| !line.contains("branchline_")), "{engine}: {before:#?}");
        assert_eq!(dump::tables_and_foreign_keys(&database), (2, 1), "{engine}: {before:#?}");
        for (change, back) in [
            ("CREATE TABLE more (id INTEGER)", "DROP TABLE more"),
            ("ALTER TABLE child ADD COLUMN more INTEGER", "ALTER TABLE child DROP COLUMN more"),
            ("ALTER TABLE child RENAME COLUMN size TO extent", "ALTER TABLE child RENAME COLUMN extent TO size"),
            ("CREATE INDEX ix_child_size ON child (size)", drop_index(engine, "ix_child_size", "child")),
            ("CREATE VIEW v AS SELECT id FROM child", "DROP VIEW v"),
        ] {
            database.execute(change);
            assert_ne!(dump::schema(&database), before, "{engine}: {change}");
            database.execute(back);
            assert_eq!(dump::schema(&database), before, "{engine}: {back}");
        }
        database.execute(drop_index(engine, "ix_parent_name", "parent"));
        database.execute("CREATE INDEX ix_parent_name ON parent (name)");
        assert_ne!(dump::schema(&database), before, "{engine}: no longer unique");
    }
}

fn drop_index(engine: Engine, name: &str, table: &str) -> &'static str {
    let sql = match engine {
        Engine::Mariadb => format!("DROP INDEX {name} ON {table}"),
        Engine::Postgres | Engine::Sqlite => format!("DROP INDEX {name}"),
    };
    Box::leak(sql.into_boxed_str())
}

#[test]
fn the_catalog_is_read_in_the_shape_of_the_facts() {
    let database = TestDatabase::new(Engine::Postgres);
    database.execute(CREATE);
    database
        .execute("CREATE INDEX ix_part ON child USING hash (parent_id) WHERE size > 3; COMMENT ON TABLE child IS 'c'");
    assert_eq!(
        catalog::lines(&catalog::read(&database)),
        [
            "child: table",
            "child: column id integer not null, default none",
            "child: column parent_id integer null, default none",
            "child: column size integer null, default none",
            "child: primary key child_pkey btree (id) where all",
            "child: index ix_part hash (parent_id) where (size > 3)",
            "child: check child_size_check CHECK ((size > 0))",
            "child: foreign_key fk_child_parent_id FOREIGN KEY (parent_id) REFERENCES parent(id) ON DELETE CASCADE",
            "parent: table",
            "parent: column id integer not null, default none",
            "parent: column name character varying(20) not null, default 'x'::character varying",
            "parent: unique index ix_parent_name btree (name) where all",
            "parent: primary key parent_pkey btree (id) where all",
        ]
    );
    assert_eq!(catalog::comments(&database).into_iter().collect::<Vec<_>>(), [("child".to_owned(), "c".to_owned())]);
}

#[test]
fn the_facts_add_up() {
    let facts = catalog::Facts::load();
    let mut total = (0, 0, 0);
    let mut revisions = 0;
    for branch in ["auth", "specs"] {
        let after = facts.after_each(branch);
        revisions += after.len();
        let (tables, indexes, keys) = catalog::counts(&after.last().unwrap().1);
        total = (total.0 + tables, total.1 + indexes, total.2 + keys);
    }
    assert_eq!((revisions, total), (17, (29, 191, 21)));
    assert_eq!(facts.references.len(), 16);
}

#[test]
fn the_environment_of_the_command_is_sealed() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    project.database("auth", &database).chain("auth", 2);
    assert_eq!(
        project.listing().lines().collect::<Vec<_>>(),
        [
            "branches/auth.toml",
            "migrations/auth/0001_table/down.sql",
            "migrations/auth/0001_table/revision.toml",
            "migrations/auth/0001_table/up.sql",
            "migrations/auth/0002_table/down.sql",
            "migrations/auth/0002_table/revision.toml",
            "migrations/auth/0002_table/up.sql",
        ]
    );
    let command = support::branchline(&project);
    let mut names: Vec<_> = command.get_envs().filter_map(|(name, value)| value.and(name.to_str())).collect();
    names.sort_unstable();
    assert_eq!(names, ["COLUMNS", "DATABASE_URL_AUTH", "HOME", "NO_COLOR", "PATH", "TZ"]);
}

#[test]
fn snapshots_name_what_varies() {
    let mut project = TestProject::new();
    let database = TestDatabase::new(Engine::Sqlite);
    project.database("auth", &database);
    let text = format!(
        "{}\n{}/branches/auth.toml\nrun 0197b0a2-6d3e-7c4e-8f5a-0123456789ab in 1.25 s, 12ms\n2026-11-20T14:31:05Z\n127.0.0.1:5433",
        database.url(),
        project.path().display(),
    );
    support::command::snapshot_settings(&project).bind(|| {
        insta::assert_snapshot!(text, @r"
        [$DATABASE_URL_AUTH]
        [project]/branches/auth.toml
        run [uuid] in [duration], [duration]
        [time]
        127.0.0.1:[port]
        ");
    });
}
