//! Names and texts that would end a string, a name or a comment, and drop a table: where the grammar has no place for them they
//! are refused, clearly, before any database is asked; everywhere else they are taken and given back as they are. The canary `x`
//! is always there afterwards.

mod support;

use std::collections::BTreeSet;

use support::pair::script;
use support::{Engine, Outcome, TestDatabase, TestProject};

const HOSTILE: [&str; 9] = [
    "a\"; DROP TABLE x; --",
    "a'; DROP TABLE x; --",
    "a`; DROP TABLE x; --",
    "a\\\"\\'\\`; DROP TABLE x; --",
    "a\\",
    "a\n; DROP TABLE x; --",
    "a$$; DROP TABLE x; --$a$",
    "a*/; DROP TABLE x; /*",
    "a]; DROP TABLE x; --{}%s?1:x",
];

/// A text as TOML, also where a key is to be: JSON's strings are strings there.
fn toml(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A project whose first revision makes the canary.
fn project(database: &TestDatabase) -> TestProject {
    let mut project = TestProject::new();
    project.database("auth", database);
    script(
        &project,
        "auth",
        "1",
        &[],
        &[],
        "CREATE TABLE x (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO x VALUES (7);\n",
        "DROP TABLE x;\n",
    );
    project.run_line("upgrade").success();
    project
}

#[track_caller]
fn assert_canary(database: &TestDatabase) {
    assert_eq!(database.query_value("SELECT id FROM x"), "7", "{}", database.engine());
}

/// All names and comments of a database, but Branchline's own and the canary's.
fn names(database: &TestDatabase) -> BTreeSet<String> {
    let sql = match database.engine() {
        Engine::Postgres => {
            "WITH c AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace) \
             SELECT 'relation ' || relname FROM c UNION SELECT 'column ' || attname FROM pg_attribute JOIN c ON c.oid = attrelid \
             WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r' \
             UNION SELECT 'constraint ' || conname FROM pg_constraint JOIN c ON c.oid = conrelid \
             UNION SELECT 'type ' || typname FROM pg_type WHERE typtype = 'e' \
             UNION SELECT 'value ' || enumlabel FROM pg_enum \
             UNION SELECT 'comment ' || description FROM pg_description JOIN c ON c.oid = objoid"
        }
        Engine::Mariadb => {
            "SELECT concat('relation ', table_name) FROM information_schema.tables WHERE table_schema = database() \
             UNION SELECT concat('column ', column_name) FROM information_schema.columns WHERE table_schema = database() \
             UNION SELECT concat('constraint ', constraint_name) FROM information_schema.table_constraints \
             WHERE table_schema = database() \
             UNION SELECT concat('relation ', index_name) FROM information_schema.statistics WHERE table_schema = database() \
             UNION SELECT concat('comment ', table_comment) FROM information_schema.tables WHERE table_schema = database() \
             UNION SELECT concat('comment ', column_comment) FROM information_schema.columns WHERE table_schema = database()"
        }
        Engine::Sqlite => {
            "SELECT 'relation ' || name FROM sqlite_schema UNION SELECT 'column ' || c.name FROM sqlite_schema s, \
             pragma_table_info(s.name) c WHERE s.type = 'table'"
        }
    };
    database.query_strings(sql).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

/// Every portable operation, with the hostile text wherever there is a name, a value or a comment.
fn steps(text: &str, engine: Engine) -> String {
    let [t, c, u, n, i, f, k] = ["t", "c", "u", "n", "i", "f", "k"].map(|first| toml(&format!("{first}{text}")));
    let column = |column: &str| toml(&format!("t{text}.{column}{text}"));
    let (tc, tn, tu) = (column("c"), column("n"), column("u"));
    let text = toml(text);
    // SQLite holds names of constraints only in a table's text, and no comments.
    let enums = if engine == Engine::Postgres {
        format!("[[step]]\ncreate_enum = {k}\nvalues = [{text}, \"other\"]\n")
    } else {
        String::new()
    };
    format!(
        "{enums}
[[step]]
create_table = {t}
comment = {text}
columns = [
  {{ name = \"id\", type = \"integer\", primary_key = true }},
  {{ name = {c}, type = \"string(100)\", default = {text}, comment = {text} }},
  {{ name = {u}, type = \"integer\", null = true }},
]
indexes = [{{ name = {i}, columns = [{c}] }}]
[[step]]
add_column = {tn}
type = \"string(100)\"
default = {text}
[[step]]
insert = {t}
rows = [{{ id = 1 }}, {{ id = 2, {c} = {text}, {n} = {text} }}]
key = [\"id\"]
[[step]]
add_unique = {t}
name = {k}
columns = [{u}]
[[step]]
add_foreign_key = {t}
name = {f}
columns = [{u}]
references = \"x.id\"
[[step]]
alter_column = {tc}
type = \"string(200)\"
default = {n}
from = {{ type = \"string(100)\", default = {text} }}
[[step]]
alter_column = {tu}
comment = {n}
from = {{ comment = \"\" }}
[[step]]
comment_on = {t}
comment = {n}
from = {text}
[[step]]
rename_column = {tn}
to = {f}
[[step]]
rename_table = {t}
to = {u}
[[step]]
create_index = {n}
table = {u}
columns = [{f}]
"
    )
}

#[test]
fn portable_operations_take_every_name() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let project = project(&database);
        let before = names(&database);
        for (number, text) in HOSTILE.iter().enumerate() {
            let id = format!("2x{number}");
            let manifest = format!("description = {}\nparents = [\"1\"]\n", toml(text));
            project.revision("auth", &format!("{id}_names"), &manifest, &[("up.toml", &steps(text, engine))]);
            let target = format!("auth@{id}");
            project.run(["plan", &target, "--sql"]).success();
            project.run(["upgrade", &target]).success();
            assert_canary(&database);
            let is = names(&database);
            let mut expected: Vec<String> =
                ["relation u", "relation i", "relation n", "column c", "column u", "column f"]
                    .map(|name| format!("{name}{text}"))
                    .into();
            if engine != Engine::Sqlite {
                expected.extend(["constraint k", "constraint f", "comment n"].map(|name| format!("{name}{text}")));
                expected.push(format!("comment {text}"));
            }
            for name in &expected {
                assert!(is.contains(name), "{engine}: {name:?} is not among {is:#?}");
            }
            assert!(
                !is.contains(&format!("relation t{text}")) && !is.contains(&format!("column n{text}")),
                "{engine}: {is:#?}"
            );
            let table = quoted(engine, &format!("u{text}"));
            let column = |name: &str| quoted(engine, &format!("{name}{text}"));
            let rows =
                database.query_strings(&format!("SELECT {}, {} FROM {table} ORDER BY id", column("c"), column("f")));
            assert_eq!(rows, vec![vec![Some((*text).to_owned()); 2]; 2], "{engine}");
            database.execute(&format!("INSERT INTO {table} (id) VALUES (3)"));
            let new = database.query_value(&format!("SELECT {} FROM {table} WHERE id = 3", column("c")));
            assert_eq!(new, format!("n{text}"), "{engine}");
            database.execute(&format!("DELETE FROM {table} WHERE id = 3"));
            project.run(["history", "auth", "--table", &format!("u{text}")]).success();
            project.run(["show", &target, "--format", "json"]).success();
            project.run(["downgrade", "auth@1", "--yes"]).success();
            assert_canary(&database);
            assert_eq!(names(&database), before, "{engine}: {text:?}");
            std::fs::remove_dir_all(project.path().join(format!("migrations/auth/{id}_names"))).unwrap();
        }
    }
}

fn quoted(engine: Engine, name: &str) -> String {
    match engine {
        Engine::Mariadb => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// The project's name, who runs it, what a revision is called, what a database says when it fails: all of it is recorded.
#[test]
fn what_is_recorded_is_recorded_as_it_is() {
    for engine in Engine::ALL {
        for text in HOSTILE {
            let database = TestDatabase::new(engine);
            let mut project = project(&database);
            database.execute("UPDATE branchline_binding SET project = NULL");
            project.variable("USER", text);
            if !text.contains('\n') {
                let fresh = TestDatabase::new(engine);
                project.database("fresh", &fresh);
                script(&project, "fresh", "1", &[], &[], "CREATE TABLE y (id INTEGER);\n", "");
                project.write("branchline.toml", format!("project = {}\n", toml(text)));
                project.run_line("upgrade fresh").success();
                assert_eq!(fresh.query_value("SELECT project FROM branchline_binding"), text, "{engine}");
            }
            // A folder's name cannot hold a slash.
            let folder = format!("2_{}", text.replace('/', ""));
            let manifest = format!("description = {}\nparents = [\"1\"]\n", toml(text));
            let (up, down) = ("CREATE TABLE z (id INTEGER);\n", "DROP TABLE z;\n");
            project.revision("auth", &folder, &manifest, &[("up.sql", up), ("down.sql", down)]);
            project.run_line("upgrade auth").success();
            let actors = database.query_strings("SELECT DISTINCT actor FROM branchline_event");
            let begins = |row: &Vec<Option<String>>| {
                row[0].as_deref().is_some_and(|actor| actor.starts_with(&format!("{text}@")))
            };
            assert!(actors.iter().any(begins), "{engine}: {actors:?}");
            project.run_line("status auth").success();
            project.run_line("history auth").success();
            project.run_line("graph auth --format dot").success();
            project.run_line("graph auth --format mermaid").success();
            project.run_line("downgrade auth@1 --yes").success();
            // What the database quotes in its error goes into the journal.
            let fails = format!("SELECT {} FROM nowhere;\n", quoted(engine, text));
            project.revision("auth", &folder, &manifest, &[("up.sql", &fails), ("down.sql", down)]);
            project.run_line("upgrade auth").expect(1);
            assert_canary(&database);
        }
    }
}

/// References are declared by names, and recorded.
#[test]
fn references_of_every_name() {
    for engine in Engine::ALL {
        for text in HOSTILE {
            let database = TestDatabase::new(engine);
            let project = project(&database);
            let from = toml(&format!("t{text}.c{text}"));
            let manifest = format!("parents = [\"1\"]\n[[reference]]\nfrom = {from}\nto = \"auth:x.id\"\n");
            let steps = format!(
                "[[step]]\ncreate_table = {}\ncolumns = [{{ name = {}, type = \"integer\" }}]\nindexes = [{{ name = \"i\", columns = [{}] }}]\n",
                toml(&format!("t{text}")),
                toml(&format!("c{text}")),
                toml(&format!("c{text}"))
            );
            project.revision("auth", "2_reference", &manifest, &[("up.toml", &steps)]);
            let outcome = project.run_line("upgrade auth");
            assert_canary(&database);
            // What stands before a colon is a branch.
            let refusal = [('\n', "is no column: write table.column"), (':', "is no branch name")];
            if let Some((_, says)) = refusal.into_iter().find(|(character, _)| text.contains(*character)) {
                assert_refused(&outcome, says);
                continue;
            }
            outcome.success();
            let recorded = database.query_strings("SELECT * FROM branchline_reference");
            let from = format!("t{text}.c{text}");
            assert!(recorded.iter().flatten().flatten().any(|value| *value == from), "{engine}: {recorded:?}");
            project.run_line("downgrade auth@1 --yes").success();
            assert_canary(&database);
        }
    }
}

#[test]
fn databases_users_and_schemas_of_every_name() {
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let (database, of_server) = (TestDatabase::new(engine), TestDatabase::new(engine));
        let mut project = project(&database);
        for text in HOSTILE {
            // Names of databases and users are the server's: another test must not meet them.
            let name = format!("{}{text}", &database.name()["branchline_test_".len()..]);
            let quoted_name = quoted(engine, &name);
            of_server.execute(&format!("CREATE DATABASE {quoted_name}"));
            let user = create_user(&of_server, &name);
            let place = database.url().rsplit_once('@').unwrap().1.rsplit_once('/').unwrap().0.to_owned();
            let url = format!("{engine}://{}:p@{place}/{}", encoded(&user), encoded(&name));
            project.branch("other", &format!("dialects = [\"{engine}\"]\n"));
            project.variable("DATABASE_URL_OTHER", &url);
            script(
                &project,
                "other",
                "1",
                &[],
                &[],
                "CREATE TABLE x (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO x VALUES (7);\n",
                "DROP TABLE x;\n",
            );
            for line in ["upgrade other", "downgrade other@base --yes", "plan other --out p.plan", "apply p.plan"] {
                project.run_line(line).success();
            }
            let parts = format!(
                "[database]\ndialect = \"{engine}\"\nhost = \"{}\"\nport = {}\nuser = {}\npassword = \"p\"\nname = {}\n",
                place.split_once(':').unwrap().0,
                place.split_once(':').unwrap().1,
                toml(&user),
                toml(&name)
            );
            project.branch("other", &parts);
            let status = project.run_line("status other --format json").success().json();
            assert_eq!(status["branches"][0]["state"], "current");
            let drop = if engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
            of_server.execute(&format!("DROP DATABASE {quoted_name}{drop}"));
            drop_user(&of_server, &user);
            assert_canary(&database);
        }
    }
    let database = TestDatabase::new(Engine::Postgres);
    let project = project(&database);
    for text in HOSTILE {
        let schema = format!("s{text}");
        database.execute(&format!("CREATE SCHEMA {}", quoted(Engine::Postgres, &schema)));
        project.branch("auth", &format!("[session]\nstate_schema = {}\n", toml(&schema)));
        if text.contains('\n') {
            assert_refused(&project.run_line("upgrade"), "not a schema's name");
            continue;
        }
        for line in ["stamp auth@1", "upgrade", "status", "plan --format json", "stamp auth@base", "stamp auth@1"] {
            project.run_line(line).success();
        }
        let rows = format!("SELECT count(*) FROM {}.branchline_revision", quoted(Engine::Postgres, &schema));
        assert_eq!(database.query_value(&rows), "1");
        assert_canary(&database);
    }
}

/// A user of the server with the password `p`, called so as far as it can log in: SCRAM takes no control characters.
fn create_user(server: &TestDatabase, name: &str) -> String {
    let user = if server.engine() == Engine::Postgres { name.replace('\n', " ") } else { name.to_owned() };
    match server.engine() {
        Engine::Postgres => {
            let quoted = quoted(Engine::Postgres, &user);
            server.execute(&format!("CREATE ROLE {quoted} SUPERUSER LOGIN PASSWORD 'p'"));
        }
        _ => {
            let account = account(&user);
            server.execute(&format!("CREATE USER {account} IDENTIFIED BY 'p'"));
            server.execute(&format!("GRANT ALL ON *.* TO {account}"));
        }
    }
    user
}

fn drop_user(server: &TestDatabase, user: &str) {
    match server.engine() {
        Engine::Postgres => server.execute(&format!("DROP ROLE {}", quoted(Engine::Postgres, user))),
        _ => server.execute(&format!("DROP USER {}", account(user))),
    }
}

fn account(user: &str) -> String {
    format!("{}@'%'", quoted(Engine::Mariadb, user))
}

/// For a URL.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[track_caller]
fn assert_refused(outcome: &Outcome, says: &str) {
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains(says), "`{says}` is not said\n{outcome}");
}

/// Branches and revisions have names of their own kind; nothing else comes so far that a database hears of it.
#[test]
fn names_that_the_grammar_has_no_place_for() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine);
        let project = project(&database);
        let before = project.listing();
        for text in HOSTILE {
            for (words, says) in [
                (&["upgrade", "HOSTILE"][..], ""),
                (&["upgrade", "auth@HOSTILE"], ""),
                (&["upgrade", "HOSTILE@1"], ""),
                (&["plan", "HOSTILE"], ""),
                (&["downgrade", "auth@HOSTILE", "--yes"], ""),
                (&["stamp", "auth@HOSTILE"], ""),
                (&["status", "HOSTILE"], "there is no branch"),
                (&["resume", "HOSTILE"], "there is no branch"),
                (&["repair", "HOSTILE", "--applied"], "there is no branch"),
                (&["heads", "HOSTILE"], "there is no branch"),
                (&["history", "auth@1:auth@HOSTILE"], ""),
                (&["show", "auth@HOSTILE"], ""),
                (&["revision", "HOSTILE", "words"], "there is no branch"),
                (&["revision", "auth", "words", "--parent", "HOSTILE"], ""),
                (&["revision", "auth", "words", "--depends-on", "auth@HOSTILE"], ""),
                (&["merge", "auth", "HOSTILE"], ""),
                (&["apply", "HOSTILE"], ""),
                (&["init", "HOSTILE"], "expected NAME=URL"),
                (&["init", "HOSTILE=sqlite:x"], "expected NAME=URL"),
            ] {
                let words: Vec<String> = words.iter().map(|word| word.replace("HOSTILE", text)).collect();
                assert_refused(&project.run(words.iter().map(String::as_str)), says);
            }
            assert_eq!(project.listing(), before);
            assert_canary(&database);
        }
        for text in HOSTILE {
            let file = format!("branches/{}.toml", text.replace('/', ""));
            project.write(&file, "");
            assert_refused(&project.run_line("upgrade"), "is no branch name");
            std::fs::remove_file(project.path().join(file)).unwrap();
            for (folder, manifest) in [
                (format!("{}_words", text.replace('/', "")), "parents = [\"1\"]\n".to_owned()),
                ("2_words".to_owned(), format!("parents = [{}]\n", toml(text))),
                (
                    "2_words".to_owned(),
                    format!("parents = [\"1\"]\ndepends_on = [{}]\n", toml(&format!("auth@{text}"))),
                ),
                ("2_words".to_owned(), format!("parents = [\"1\"]\ndepends_on = [{}]\n", toml(&format!("{text}@1")))),
                (
                    "2_words".to_owned(),
                    format!(
                        "parents = [\"1\"]\n[[reference]]\nfrom = \"x.id\"\nto = {}\n",
                        toml(&format!("{text}:x.id"))
                    ),
                ),
                ("2_words".to_owned(), format!("parents = [\"1\"]\n{} = 1\n", toml(text))),
            ] {
                project.revision("auth", &folder, &manifest, &[("up.sql", "DROP TABLE x;\n")]);
                assert_refused(&project.run_line("upgrade --yes"), "");
                std::fs::remove_dir_all(project.path().join("migrations/auth").join(folder)).unwrap();
            }
            project.revision(
                "auth",
                "2_words",
                "parents = [\"1\"]\n",
                &[(&format!("up.{}.sql", text.replace('/', "")), "DROP TABLE x;\n")],
            );
            assert_refused(&project.run_line("upgrade --yes"), "up.");
            std::fs::remove_dir_all(project.path().join("migrations/auth/2_words")).unwrap();
        }
        assert_canary(&database);
    }
}

/// What a person calls a revision is a description; its folder's name is made of it.
#[test]
fn a_revision_is_described_in_any_words() {
    let database = TestDatabase::new(Engine::Sqlite);
    let project = project(&database);
    for text in HOSTILE {
        project.run(["revision", "auth", text]).success();
    }
    let listing = project.listing();
    assert!(!listing.contains(['"', '\'', '`', '\\', ';', '$', '*']), "{listing}");
    let history = project.run_line("history auth --format json").success().json();
    let described = history.to_string();
    for text in HOSTILE.iter().filter(|text| !text.contains('\n')) {
        assert!(described.contains(&serde_json::Value::String((*text).to_owned()).to_string()), "{text}: {described}");
    }
}
