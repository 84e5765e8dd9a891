//! A PostgreSQL schema read back in the shape of `tests/fixtures/auth_specs_schema.json`, and that file's own account of
//! what the schema is after each revision.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Engine, TestDatabase};

/// Tables by name, without Branchline's own.
pub type Schema = BTreeMap<String, Table>;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// In the order of the table.
    pub columns: Vec<Column>,
    /// By name. Primary keys and unique constraints are here, by their indexes.
    pub indexes: Vec<Index>,
    /// By name: foreign keys and checks.
    pub constraints: Vec<Constraint>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub not_null: bool,
    pub default: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    pub name: String,
    pub unique: bool,
    pub primary: bool,
    pub columns: Vec<String>,
    pub method: String,
    #[serde(rename = "where")]
    pub predicate: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    pub name: String,
    pub kind: String,
    pub definition: String,
}

/// Reads the `public` schema of a PostgreSQL database.
pub fn read(database: &TestDatabase) -> Schema {
    assert_eq!(database.engine(), Engine::Postgres);
    let mut schema = Schema::new();
    for row in database.query_strings(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace \
         AND relname NOT LIKE 'branchline\\_%'",
    ) {
        schema.insert(text(&row[0]), Table::default());
    }
    for row in database.query_strings(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY c.relname, a.attnum",
    ) {
        if let Some(table) = schema.get_mut(&text(&row[0])) {
            table.columns.push(Column {
                name: text(&row[1]),
                data_type: text(&row[2]),
                not_null: text(&row[3]) == "t",
                default: row[4].clone(),
            });
        }
    }
    for row in database.query_strings(
        "SELECT t.relname, i.relname, x.indisunique, x.indisprimary, am.amname, pg_get_expr(x.indpred, x.indrelid), \
         (SELECT json_agg(pg_get_indexdef(x.indexrelid, k, false) ORDER BY k) FROM generate_series(1, x.indnkeyatts) k) \
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
         JOIN pg_am am ON am.oid = i.relam \
         WHERE t.relnamespace = 'public'::regnamespace AND x.indisvalid ORDER BY t.relname, i.relname",
    ) {
        if let Some(table) = schema.get_mut(&text(&row[0])) {
            table.indexes.push(Index {
                name: text(&row[1]),
                unique: text(&row[2]) == "t",
                primary: text(&row[3]) == "t",
                columns: serde_json::from_str(&text(&row[6])).unwrap(),
                method: text(&row[4]),
                predicate: row[5].clone(),
            });
        }
    }
    for row in database.query_strings(
        "SELECT t.relname, n.conname, n.contype, pg_get_constraintdef(n.oid) FROM pg_constraint n \
         JOIN pg_class t ON t.oid = n.conrelid \
         WHERE n.connamespace = 'public'::regnamespace AND n.contype IN ('c', 'f') ORDER BY t.relname, n.conname",
    ) {
        if let Some(table) = schema.get_mut(&text(&row[0])) {
            let kind = if text(&row[2]) == "f" { "foreign_key" } else { "check" };
            table.constraints.push(Constraint {
                name: text(&row[1]),
                kind: kind.to_owned(),
                definition: text(&row[3]),
            });
        }
    }
    sort(&mut schema);
    schema
}

fn text(value: &Option<String>) -> String {
    value.clone().expect("the catalog has no NULL here")
}

/// PostgreSQL sorts names by its collation; both sides are sorted here, by bytes.
fn sort(schema: &mut Schema) {
    for table in schema.values_mut() {
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// The facts: what was read off a live server after each revision.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    #[serde(rename = "note")]
    _note: String,
    pub branches: BTreeMap<String, Vec<RevisionFacts>>,
    pub references: Vec<ReferenceFacts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevisionFacts {
    pub revision: String,
    #[serde(default)]
    pub create_tables: Schema,
    #[serde(default)]
    pub alter_tables: BTreeMap<String, AlterFacts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlterFacts {
    #[serde(default)]
    pub add_columns: Vec<Column>,
    #[serde(default)]
    pub drop_columns: Vec<String>,
    #[serde(default)]
    pub alter_columns: Vec<AlterColumnFacts>,
    #[serde(default)]
    pub add_indexes: Vec<Index>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlterColumnFacts {
    pub from: Column,
    pub to: Column,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceFacts {
    pub revision: String,
    pub from: String,
    pub to: String,
    pub nullable: bool,
}

impl Facts {
    pub fn load() -> Self {
        serde_json::from_str(include_str!("../fixtures/auth_specs_schema.json")).unwrap()
    }

    /// The ids of a branch's revisions, each with the schema that follows it.
    pub fn after_each(&self, branch: &str) -> Vec<(String, Schema)> {
        let mut schema = Schema::new();
        let mut after = Vec::new();
        for revision in &self.branches[branch] {
            schema.extend(revision.create_tables.clone());
            for (name, change) in &revision.alter_tables {
                change.apply(schema.get_mut(name).expect("a table that an earlier revision created"));
            }
            sort(&mut schema);
            after.push((revision.revision.clone(), schema.clone()));
        }
        after
    }
}

impl AlterFacts {
    fn apply(&self, table: &mut Table) {
        table.columns.retain(|column| !self.drop_columns.contains(&column.name));
        table.columns.extend(self.add_columns.iter().cloned());
        for change in &self.alter_columns {
            let column = table.columns.iter_mut().find(|column| **column == change.from).expect("the column as it was");
            *column = change.to.clone();
        }
        // An index on a dropped column went with it, and may come again under its name.
        table.indexes.retain(|index| !index.columns.iter().any(|column| self.drop_columns.contains(column)));
        table.indexes.extend(self.add_indexes.iter().cloned());
    }
}

/// One line a thing, in an order that does not depend on that of the columns: a rename keeps a column's place, which the
/// facts, a comparison of two schemas, tell as a drop and an addition at the end.
pub fn lines(schema: &Schema) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, table) in schema {
        lines.push(format!("{name}: table"));
        let mut columns: Vec<&Column> = table.columns.iter().collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        lines.extend(columns.into_iter().map(|column| {
            let null = if column.not_null { "not null" } else { "null" };
            let default = column.default.as_deref().unwrap_or("none");
            format!("{name}: column {} {} {null}, default {default}", column.name, column.data_type)
        }));
        lines.extend(table.indexes.iter().map(|index| {
            let kind = match (index.primary, index.unique) {
                (true, _) => "primary key",
                (false, true) => "unique index",
                (false, false) => "index",
            };
            let predicate = index.predicate.as_deref().unwrap_or("all");
            format!("{name}: {kind} {} {} ({}) where {predicate}", index.name, index.method, index.columns.join(", "))
        }));
        lines.extend(
            table
                .constraints
                .iter()
                .map(|constraint| format!("{name}: {} {} {}", constraint.kind, constraint.name, constraint.definition)),
        );
    }
    lines
}

/// Panics with what is only in one of the two, unless they are the same.
#[track_caller]
pub fn assert_same(what: &str, expected: &[String], found: &[String]) {
    let missing: Vec<&String> = expected.iter().filter(|line| !found.contains(line)).collect();
    let surplus: Vec<&String> = found.iter().filter(|line| !expected.contains(line)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{what}\nmissing: {missing:#?}\nsurplus: {surplus:#?}");
    assert_eq!(expected.len(), found.len(), "{what}: a line stands twice");
}

/// Every comment on a table (`t`) or a column (`t.c`).
pub fn comments(database: &TestDatabase) -> BTreeMap<String, String> {
    assert_eq!(database.engine(), Engine::Postgres);
    database
        .query_strings(
            "SELECT c.relname || coalesce('.' || a.attname, ''), d.description FROM pg_description d \
             JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid \
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0 \
             WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'branchline\\_%'",
        )
        .into_iter()
        .map(|row| (text(&row[0]), text(&row[1])))
        .collect()
}

/// The facts' `references` as `revision: from -> to`.
pub fn reference_lines(facts: &Facts) -> Vec<String> {
    facts
        .references
        .iter()
        .map(|reference| format!("{}: {} -> {}", reference.revision, reference.from, reference.to))
        .collect()
}

/// How many tables, indexes and foreign keys a schema has.
pub fn counts(schema: &Schema) -> (usize, usize, usize) {
    let indexes = schema.values().map(|table| table.indexes.len()).sum();
    let keys = schema.values().flat_map(|table| &table.constraints).filter(|c| c.kind == "foreign_key").count();
    (schema.len(), indexes, keys)
}
