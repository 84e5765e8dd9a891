//! What pg_catalog says of the tables: all of it in one round trip, whatever their number.
//!
//! Partitions are left out: their rows are those of the table that they are of. A domain is what it is made of.

use crate::catalog::{Catalog, Column, ColumnKind};
use crate::dialect::Dialect;
use crate::sql::ObjectName;

use super::super::catalog::{ForeignKeyPart, Gathering, IndexPart, Texts};
use super::super::error::DatabaseError;
use super::Postgres;

/// Nobody but the server itself knows when it was started to the microsecond.
const DATABASE: &str = "SELECT 'database', pg_catalog.current_database()::text, \
    pg_catalog.to_char(pg_catalog.pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' ' || \
    pg_catalog.current_setting('port')";

/// The tables that are looked at, for all that follows.
const RELATION: &str = "relation AS (SELECT c.*, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = \
    c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' \
    AND n.nspname <> 'information_schema' AND c.relname !~ '^branchline_')";

/// The rows of a partitioned table are those of its leaves. Before version 14, zero rows on zero pages said that nobody had counted.
const TABLES: &str = "tree AS (SELECT oid AS top, oid FROM relation UNION ALL SELECT t.top, i.inhrelid FROM tree t JOIN \
    pg_catalog.pg_inherits i ON i.inhparent = t.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE c.relispartition), \
    counted AS (SELECT t.top, sum(greatest(c.reltuples, 0)) AS rows, bool_or(c.reltuples >= 0 AND (c.relpages > 0 OR \
    c.reltuples > 0 OR pg_catalog.current_setting('server_version_num')::int >= 140000)) AS known FROM tree t JOIN \
    pg_catalog.pg_class c ON c.oid = t.oid WHERE c.relkind <> 'p' GROUP BY t.top) \
    SELECT 'table', r.nspname::text, r.relname::text, pg_catalog.pg_table_is_visible(r.oid)::text, \
    pg_catalog.obj_description(r.oid, 'pg_class'), CASE WHEN c.known THEN c.rows::numeric(40, 0)::text END FROM relation r LEFT \
    JOIN counted c ON c.top = r.oid";

/// The database's own collation is that of all texts that name none. Domains are resolved by themselves, of which there are few: a
/// server that has counted nothing yet must not be tempted to compare all columns with each other.
const COLUMNS: &str = "domain AS (SELECT t.oid AS domain, t.typbasetype AS type, t.typtypmod AS typmod, t.typnotnull AS filled, 0 AS depth FROM \
    pg_catalog.pg_type t WHERE t.typtype = 'd' UNION ALL SELECT d.domain, t.typbasetype, CASE WHEN d.typmod >= 0 THEN d.typmod \
    ELSE t.typtypmod END, d.filled OR t.typnotnull, d.depth + 1 FROM domain d JOIN pg_catalog.pg_type t ON t.oid = d.type WHERE \
    t.typtype = 'd'), resolved AS (SELECT DISTINCT ON (domain) * FROM domain ORDER BY domain, depth DESC), \
    db AS (SELECT d.datcollate::text AS collate, coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> \
    'daticulocale', d.datcollate::text) AS name, coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c') AS provider FROM \
    pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) \
    SELECT 'column', r.nspname::text, r.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), \
    t.typname::text, CASE WHEN b.domain IS NULL THEN a.atttypmod ELSE b.typmod END::text, (NOT (a.attnotnull OR coalesce(b.filled, \
    false)))::text, pg_catalog.col_description(r.oid, a.attnum), \
    CASE WHEN l.oid = 100 THEN db.name ELSE l.collname::text END, \
    CASE WHEN l.oid = 100 THEN db.provider = 'b' OR db.provider = 'c' AND db.collate IN ('C', 'POSIX') ELSE l.collname IN ('C', \
    'POSIX', 'ucs_basic') OR l.collprovider = 'b' OR l.collprovider = 'c' AND l.collcollate IN ('C', 'POSIX') END::text, coalesce(pg_catalog.to_jsonb(l) ->> \
    'collisdeterministic', 'true') FROM \
    relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN resolved b ON \
    b.domain = a.atttypid JOIN pg_catalog.pg_type t ON t.oid = coalesce(b.type, a.atttypid) CROSS JOIN db LEFT JOIN \
    pg_catalog.pg_collation l ON l.oid = a.attcollation ORDER BY r.oid, a.attnum";

/// Of a table and of what inherits it together, only where there is nothing of the table alone.
const STATISTICS: &str = "SELECT 'statistics', schemaname::text, tablename::text, attname::text, n_distinct::text FROM pg_catalog.pg_stats WHERE schemaname \
    !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY inherited";

/// An index may compare its texts otherwise than the column does; then rows are not found by the column's values.
const INDEXES: &str = "SELECT 'index', r.nspname::text, r.relname::text, x.relname::text, \
    CASE WHEN m.amname IN ('btree', 'hash') AND (k.collated IN (0, a.attcollation)) THEN a.attname::text END, \
    i.indisunique::text, (i.indpred IS NOT NULL)::text, (i.indisvalid AND i.indisready)::text, (m.amname = 'btree')::text, \
    i.indisprimary::text FROM relation r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid JOIN pg_catalog.pg_class x ON x.oid = \
    i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indcollation::oid[]) \
    WITH ORDINALITY AS k(attnum, collated, place) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = \
    k.attnum AND k.attnum > 0 WHERE k.place <= i.indnkeyatts ORDER BY r.oid, x.relname, k.place";

const FOREIGN_KEYS: &str = "SELECT 'foreign key', r.nspname::text, r.relname::text, f.conname::text, a.attname::text, \
    n.nspname::text, t.relname::text, b.attname::text FROM relation r JOIN pg_catalog.pg_constraint f ON f.conrelid = r.oid AND \
    f.contype = 'f' AND f.conparentid = 0 JOIN pg_catalog.pg_class t ON t.oid = f.confrelid JOIN pg_catalog.pg_namespace n ON \
    n.oid = t.relnamespace CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(own, other, place) JOIN \
    pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.own JOIN pg_catalog.pg_attribute b ON b.attrelid = t.oid AND \
    b.attnum = k.other ORDER BY r.oid, f.conname, k.place";

impl Postgres {
    pub(in super::super) async fn catalog(&mut self) -> Result<Catalog, DatabaseError> {
        let queries = format!(
            "{DATABASE};WITH RECURSIVE {RELATION}, {TABLES};WITH RECURSIVE {RELATION}, {COLUMNS};{STATISTICS};WITH {RELATION} {INDEXES};WITH \
             {RELATION} {FOREIGN_KEYS}"
        );
        let rows = self.rows(&queries).await?;
        let mut gathering = Gathering::new();
        for row in &rows {
            let mut texts = Texts::of(&self.database, row)?;
            take(&mut gathering, &mut texts);
        }
        Ok(gathering.finish())
    }
}

fn take(gathering: &mut Gathering, row: &mut Texts) {
    let make = row.text(0);
    if make == "database" {
        return gathering.database(Dialect::Postgres, row.text(1), row.text(2));
    }
    let table = ObjectName { schema: row.maybe(1), name: row.text(2) };
    match make.as_str() {
        "table" => gathering.table(table, row.is_true(3), row.said(4), row.number(5)),
        "column" => {
            let kind = kind(&row.text(5), row.number(6), row.is_true(10), row.is_true(11));
            let is_text = matches!(kind, ColumnKind::Text { .. });
            let column = Column {
                name: row.text(3),
                data_type: row.text(4),
                kind,
                nullable: row.is_true(7),
                comment: row.said(8),
                collation: row.said(9).filter(|_| is_text),
                distinct: None,
            };
            gathering.column(&table, column);
        }
        "statistics" => {
            let rows = gathering.get(&table).and_then(|table| table.rows);
            let estimate = row.number(4).and_then(|estimate| distinct(estimate, rows));
            gathering.distinct(&table, &row.text(3), estimate);
        }
        "index" => {
            let part = IndexPart {
                index: row.text(3),
                column: row.maybe(4),
                unique: row.is_true(5),
                partial: row.is_true(6),
                valid: row.is_true(7),
                ordered: row.is_true(8),
                primary: row.is_true(9),
            };
            gathering.index_part(&table, part);
        }
        _ => {
            let name = row.text(3);
            let part = ForeignKeyPart {
                key: name.clone(),
                name: Some(name),
                column: row.text(4),
                to_database: None,
                to_table: ObjectName { schema: row.maybe(5), name: row.text(6) },
                to_column: row.maybe(7),
            };
            gathering.foreign_key_part(&table, part);
        }
    }
}

/// A negative estimate is the part of the rows that differ.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn distinct(estimate: f64, rows: Option<u64>) -> Option<u64> {
    if estimate > 0.0 {
        return Some(estimate.round() as u64);
    }
    // Zero: nobody knows.
    if estimate < 0.0 { rows.map(|rows| (-estimate * rows as f64).round() as u64) } else { None }
}

/// What the server counts to a type's length besides.
const TYPMOD_HEADER: i32 = 4;

fn kind(base: &str, typmod: Option<i32>, bytewise: bool, exact: bool) -> ColumnKind {
    let typmod = typmod.filter(|typmod| *typmod >= TYPMOD_HEADER).map(|typmod| typmod - TYPMOD_HEADER);
    let length = typmod.and_then(|length| u32::try_from(length).ok());
    let integer = |bits, unsigned| ColumnKind::Integer { bits, unsigned };
    let text = |padded| ColumnKind::Text { bytewise, exact, padded, length };
    match base {
        "uuid" => ColumnKind::Uuid,
        "int2" => integer(16, false),
        "int4" => integer(32, false),
        "int8" => integer(64, false),
        "oid" => integer(32, true),
        // The lower half holds the scale, which may be negative since version 15: eleven bits.
        "numeric" => ColumnKind::Decimal {
            scale: typmod.map(|typmod| ((typmod & 0x7ff) ^ 0x400) - 0x400).and_then(|scale| u32::try_from(scale).ok()),
        },
        "text" | "varchar" => text(false),
        "bpchar" => text(true),
        "name" => ColumnKind::Text { bytewise: true, exact: true, padded: false, length: Some(63) },
        // It takes letters of both cases for the same, whatever its collation.
        "citext" => ColumnKind::Text { bytewise: false, exact: false, padded: false, length: None },
        "bytea" => ColumnKind::Binary { length: None },
        _ => ColumnKind::Other,
    }
}
