//! Every pair of engines, and every form in which a key is kept.

use uuid::Uuid;

use crate::support::Engine;
use crate::world::{World, classes, insert, keys};

/// A way in which an engine keeps a key.
#[derive(Clone, Copy)]
struct Form {
    engine: Engine,
    data_type: &'static str,
    literal: fn(&Uuid) -> String,
}

fn quoted(uuid: &Uuid) -> String {
    format!("'{uuid}'")
}

fn upper(uuid: &Uuid) -> String {
    format!("'{}'", uuid.to_string().to_uppercase())
}

fn simple(uuid: &Uuid) -> String {
    format!("'{}'", uuid.simple())
}

fn bytes(uuid: &Uuid) -> String {
    format!("x'{}'", uuid.simple())
}

fn bytea(uuid: &Uuid) -> String {
    format!("'\\x{}'", uuid.simple())
}

/// A number of 62 bits.
fn number(uuid: &Uuid) -> String {
    (uuid.as_u128() >> 66).to_string()
}

fn text_of_number(uuid: &Uuid) -> String {
    format!("'{}'", number(uuid))
}

impl Form {
    fn is_text(&self) -> bool {
        self.data_type.contains("char") || self.data_type.contains("text")
    }
}

const fn form(engine: Engine, data_type: &'static str, literal: fn(&Uuid) -> String) -> Form {
    Form { engine, data_type, literal }
}

const UUIDS: [Form; 10] = [
    form(Engine::Postgres, "uuid", quoted),
    form(Engine::Postgres, "varchar(36)", quoted),
    form(Engine::Postgres, "char(40)", upper),
    form(Engine::Mariadb, "uuid", quoted),
    form(Engine::Mariadb, "binary(16)", bytes),
    form(Engine::Mariadb, "char(36)", quoted),
    form(Engine::Mariadb, "varchar(40) COLLATE utf8mb4_bin", simple),
    form(Engine::Sqlite, "text", quoted),
    form(Engine::Sqlite, "blob", bytes),
    form(Engine::Sqlite, "uuid", upper),
];

const NUMBERS: [Form; 6] = [
    form(Engine::Postgres, "bigint", number),
    form(Engine::Postgres, "numeric(30)", number),
    form(Engine::Mariadb, "bigint", number),
    form(Engine::Mariadb, "bigint unsigned", number),
    form(Engine::Sqlite, "integer", number),
    form(Engine::Sqlite, "text", text_of_number),
];

const TEXTS: [Form; 6] = [
    form(Engine::Postgres, "text", quoted),
    form(Engine::Postgres, "text COLLATE \"C\"", quoted),
    form(Engine::Mariadb, "varchar(60) COLLATE utf8mb4_nopad_bin", quoted),
    form(Engine::Mariadb, "varchar(60) COLLATE utf8mb4_general_ci", quoted),
    form(Engine::Sqlite, "text", quoted),
    form(Engine::Sqlite, "text COLLATE NOCASE", quoted),
];

const BYTES: [Form; 3] = [
    form(Engine::Postgres, "bytea", bytea),
    form(Engine::Mariadb, "varbinary(20)", bytes),
    form(Engine::Sqlite, "blob", bytes),
];

/// Numbers that look random and are always the same.
fn uuids(seed: u128, count: u128) -> Vec<Uuid> {
    let mix = |number: u128| {
        let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).rotate_left(67);
        mixed.wrapping_mul(0xD134_2543_DE82_EF95_2545_F491_4F6C_DD1D)
    };
    // MariaDB takes only what looks like one of a known version.
    let uuid = |number| uuid::Builder::from_random_bytes(mix(seed * 1_000_003 + number).to_be_bytes()).into_uuid();
    (0..count).map(uuid).collect()
}

/// 300 parents; 600 referring rows, some without a parent named; 7 keys without a parent, in 9 rows.
#[track_caller]
fn plant_and_find(parent: Form, child: Form, index: bool) {
    let what = format!("{} {} -> {} {} {index}", child.engine, child.data_type, parent.engine, parent.data_type);
    let parents = format!("CREATE TABLE parent (id {} NOT NULL PRIMARY KEY);", parent.data_type);
    let mut children = format!("CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent {});", child.data_type);
    if index {
        children.push_str("\nCREATE INDEX child_parent ON child (parent);");
    }
    let world = World::of_one((parent.engine, &parents), (child.engine, &children));
    let (there, missing) = (uuids(1, 300), uuids(2, 7));
    insert(&world.auth, "parent", &there.iter().map(|id| format!("({})", (parent.literal)(id))).collect::<Vec<_>>());
    let mut values: Vec<String> = (0..590).map(|row| (child.literal)(&there[row * 7 % 300])).collect();
    values.extend((0..9).map(|row| (child.literal)(&missing[row % 7])));
    values.push("NULL".to_owned());
    let rows: Vec<String> = values.iter().enumerate().map(|(row, value)| format!("({row}, {value})")).collect();
    insert(&world.specs, "child", &rows);
    let reference = world.reference("--samples 100", 3);
    assert_eq!(classes(&reference), ["confirmed 7/9"], "{what}\n{reference:#}");
    assert_eq!(reference["check"]["rows"], 599, "{what}");
    let key = |id: &Uuid| {
        let literal = (child.literal)(id);
        let key = literal.trim_start_matches('x').trim_matches('\'').trim_start_matches("\\x").to_owned();
        key.trim_end().to_owned()
    };
    let mut expected: Vec<String> = missing.iter().map(key).collect();
    if child.data_type == "binary(16)" || child.data_type == "uuid" {
        expected = keys(&reference, "confirmed");
        assert_eq!(expected.len(), 7, "{what}");
    }
    expected.sort();
    // A char(40) is as long as that.
    let found = keys(&reference, "confirmed").iter().map(|key| key.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(found, expected, "{what}");
}

fn all_pairs(forms: &[Form], of_parent: Engine) {
    for (place, &parent) in forms.iter().enumerate().filter(|(_, form)| form.engine == of_parent) {
        for (other, &child) in forms.iter().enumerate() {
            // Two texts are the same where they are written the same.
            if parent.is_text() && child.is_text() && !std::ptr::fn_addr_eq(parent.literal, child.literal) {
                continue;
            }
            plant_and_find(parent, child, (place + other) % 2 == 0);
        }
    }
}

#[test]
fn uuids_on_postgres() {
    all_pairs(&UUIDS, Engine::Postgres);
}

#[test]
fn uuids_on_mariadb() {
    all_pairs(&UUIDS, Engine::Mariadb);
}

#[test]
fn uuids_on_sqlite() {
    all_pairs(&UUIDS, Engine::Sqlite);
}

#[test]
fn numbers_of_every_engine() {
    for engine in Engine::ALL {
        all_pairs(&NUMBERS, engine);
    }
}

#[test]
fn texts_of_every_engine() {
    for engine in Engine::ALL {
        all_pairs(&TEXTS, engine);
    }
}

#[test]
fn bytes_of_every_engine() {
    for engine in Engine::ALL {
        all_pairs(&BYTES, engine);
    }
}
