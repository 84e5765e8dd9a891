//! The engines as judges of effects: after every statement of tests/fixtures/migrations, the catalog shows the tables, views and
//! columns of tables come and gone that `sql::effects` says, and where it says that this is all, no others.
//!
//! A fixture is one long migration, its statements divided by lines of `%%`. Each must be one statement to the scanner, and
//! each must be taken by the engine, in order, in a database that was empty.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use branchline::dialect::Dialect;
use branchline::sql::{self, Action, Effect, ObjectKind, ObjectName};
use support::{Engine, TestDatabase};

/// A table or view, or behind a table's name one of its columns.
type Object = (Option<String>, String);

/// What is to be seen of a database.
type Catalog = BTreeSet<Object>;

fn statements(engine: Engine) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/migrations/{engine}.sql"));
    let text = std::fs::read_to_string(file).unwrap();
    text.split("\n%%\n").map(|statement| statement.trim_end().to_owned()).collect()
}

fn catalog(database: &TestDatabase) -> Catalog {
    let query = match database.engine() {
        Engine::Postgres => {
            "WITH relations AS (SELECT c.oid, CASE WHEN nspname = 'public' OR nspname LIKE 'pg_temp%' THEN '' \
             ELSE nspname || '.' END || relname AS name, relkind IN ('r', 'p', 'f') AS is_table FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
             WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')) \
             SELECT NULL, name FROM relations UNION ALL SELECT name, attname FROM relations \
             JOIN pg_attribute ON attrelid = oid WHERE is_table AND attnum > 0 AND NOT attisdropped"
        }
        Engine::Mariadb => {
            "SELECT NULL, table_name FROM information_schema.tables WHERE table_schema = database() \
             AND table_type <> 'SEQUENCE' UNION ALL SELECT table_name, column_name FROM information_schema.columns \
             JOIN information_schema.tables USING (table_schema, table_name) \
             WHERE table_schema = database() AND table_type NOT IN ('SEQUENCE', 'VIEW')"
        }
        Engine::Sqlite => {
            "WITH relations AS (SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\') SELECT NULL, lower(name) FROM relations \
             UNION ALL SELECT lower(t.name), lower(c.name) FROM relations t, pragma_table_xinfo(t.name) c WHERE t.type <> 'view' \
             AND hidden <> 1"
        }
    };
    let text = |value: &Option<String>| value.clone().unwrap();
    database.query_strings(query).iter().map(|row| (row[0].clone(), text(&row[1]))).collect()
}

/// What an effect makes appear and disappear, as the catalog names it.
fn moved(effect: &Effect) -> (Option<Object>, Option<Object>) {
    let plain = |name: &ObjectName| match name.schema.as_deref() {
        None | Some("public" | "main") => name.name.clone(),
        Some(_) => name.to_string(),
    };
    let table = match effect.kind {
        ObjectKind::Table | ObjectKind::View => None,
        ObjectKind::Column => effect.table.as_ref().map(plain),
        _ => return (None, None),
    };
    let named = |name: String| Some((table.clone(), name));
    match effect.action {
        Action::Creates => (named(plain(&effect.name)), None),
        Action::Drops => (None, named(plain(&effect.name))),
        Action::Renames => (effect.to.clone().and_then(named), named(plain(&effect.name))),
        _ => (None, None),
    }
}

fn complaints(dialect: Dialect, statement: &str, before: &Catalog, after: &Catalog) -> Vec<String> {
    let found = sql::statements(dialect, statement).unwrap_or_else(|error| panic!("{error}: {statement}"));
    let [one] = found.as_slice() else { return vec![format!("is {} statements", found.len())] };
    let effects = sql::effects(dialect, statement, one);
    let moved: Vec<_> = effects.known.iter().map(|effect| (effect, moved(effect))).collect();
    let comes: Vec<_> = moved.iter().filter_map(|(effect, (came, _))| Some((*effect, came.clone()?))).collect();
    let goes: Vec<_> = moved.iter().filter_map(|(effect, (_, went))| Some((*effect, went.clone()?))).collect();
    // What comes and goes in one statement, as in a rename around a corner, and the columns of what moves, show nothing.
    let shows = |object: &Object| {
        let moves = |object: &Object, by: &[(&Effect, Object)]| by.iter().any(|(_, said)| said == object);
        let table = object.0.clone().map(|table| (None, table));
        !(moves(object, &comes) && moves(object, &goes))
            && table.is_none_or(|table| {
                let stays = before.contains(&table) && after.contains(&table);
                stays && !moves(&table, &comes) && !moves(&table, &goes)
            })
    };
    let mut complaints = Vec::new();
    let mut compare = |what: &str, seen: Vec<&Object>, said: &[(&Effect, Object)]| {
        for (effect, object) in said.iter().filter(|(_, object)| shows(object)) {
            if !effect.lenient && !seen.contains(&object) {
                complaints.push(format!("said to have {what}, and has not: {object:?}"));
            }
        }
        for object in seen.into_iter().filter(|object| shows(object) && !effects.unknown) {
            if !said.iter().any(|(_, said)| said == object) {
                complaints.push(format!("has {what}, and nothing says so: {object:?}"));
            }
        }
    };
    compare("come", after.difference(before).collect(), &comes);
    compare("gone", before.difference(after).collect(), &goes);
    complaints
}

fn judged_by(engine: Engine, dialect: Dialect) {
    let database = TestDatabase::new(engine);
    let statements = statements(engine);
    assert!(statements.len() >= 90, "{}", statements.len());
    let mut wrong = Vec::new();
    let mut before = catalog(&database);
    for statement in &statements {
        if let Err(error) = database.try_execute(statement) {
            wrong.push(format!("{error}\n    {statement}"));
            continue;
        }
        let after = catalog(&database);
        for complaint in complaints(dialect, statement, &before, &after) {
            wrong.push(format!("{complaint}\n    {statement}"));
        }
        before = after;
    }
    assert!(wrong.is_empty(), "{engine}, {} of {}:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
}

#[test]
fn postgres_shows_what_effects_say() {
    judged_by(Engine::Postgres, Dialect::Postgres);
}

#[test]
fn mariadb_shows_what_effects_say() {
    judged_by(Engine::Mariadb, Dialect::Mariadb);
}

#[test]
fn sqlite_shows_what_effects_say() {
    judged_by(Engine::Sqlite, Dialect::Sqlite);
}
