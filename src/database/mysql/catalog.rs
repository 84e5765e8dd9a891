//! What information_schema says of the tables: all of it in one round trip, whatever their number. Its texts come in more than
//! one type, so that each is cast.

use crate::catalog::{Catalog, Column, ColumnKind};
use crate::dialect::Dialect;
use crate::sql::ObjectName;

use super::super::catalog::{ForeignKeyPart, Gathering, IndexPart, Texts};
use super::super::error::DatabaseError;
use super::Mysql;

/// Where a server keeps its data, no other one does.
const DATABASE: &str = "SELECT 'database', CAST(database() AS char), CAST(concat_ws(' ', @@hostname, @@port, @@datadir) AS char), CAST(version() AS char)";

const TABLES: &str = "SELECT 'table', CAST(table_name AS char), CAST(table_comment AS char), CAST(table_rows AS char) FROM \
    information_schema.tables WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')";

const COLUMNS: &str = "SELECT 'column', CAST(table_name AS char), CAST(column_name AS char), CAST(column_type AS char), \
    CAST(data_type AS char), CAST(is_nullable AS char), CAST(column_comment AS char), CAST(collation_name AS char), \
    CAST(character_set_name AS char), CAST(character_maximum_length AS char), CAST(numeric_scale AS char) FROM \
    information_schema.columns WHERE table_schema = database() ORDER BY table_name, ordinal_position";

const INDEXES: &str = "SELECT 'index', CAST(table_name AS char), CAST(index_name AS char), CAST(CASE WHEN sub_part IS NULL THEN \
    column_name END AS char), CAST(non_unique AS char), CAST(index_type AS char), CAST(seq_in_index AS char), CAST(cardinality AS \
    char) FROM information_schema.statistics WHERE table_schema = database() ORDER BY table_name, index_name, seq_in_index";

const FOREIGN_KEYS: &str = "SELECT 'foreign key', CAST(table_name AS char), CAST(constraint_name AS char), CAST(column_name AS \
    char), CAST(CASE WHEN referenced_table_schema <> database() THEN referenced_table_schema END AS char), \
    CAST(referenced_table_name AS char), CAST(referenced_column_name AS char) FROM information_schema.key_column_usage WHERE \
    table_schema = database() AND referenced_table_name IS NOT NULL ORDER BY table_name, constraint_name, ordinal_position";

/// What the primary key's index is called.
const PRIMARY: &str = "PRIMARY";

/// Ours; of a table that is left out, all that follows is left out too.
const OURS: &str = "branchline_";

impl Mysql {
    pub(in super::super) async fn catalog(&mut self) -> Result<Catalog, DatabaseError> {
        let queries = [DATABASE, TABLES, COLUMNS, INDEXES, FOREIGN_KEYS].join(";");
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
        let dialect = if row.text(3).contains("MariaDB") { Dialect::Mariadb } else { Dialect::Mysql };
        return gathering.database(dialect, row.text(1), row.text(2));
    }
    let table = ObjectName { schema: None, name: row.text(1) };
    match make.as_str() {
        "table" if table.name.starts_with(OURS) => {}
        "table" => gathering.table(table, true, row.said(2), row.number(3)),
        "column" => {
            let column = column(row);
            gathering.column(&table, column);
        }
        "index" => {
            let (index, column) = (row.text(2), row.maybe(3));
            let method = row.text(5);
            let by_value = matches!(method.as_str(), "BTREE" | "HASH");
            if row.number(6) == Some(1)
                && let Some(column) = &column
            {
                gathering.distinct(&table, column, row.number(7));
            }
            let part = IndexPart {
                primary: index == PRIMARY,
                index,
                column: column.filter(|_| by_value),
                unique: !row.is_true(4),
                partial: false,
                valid: true,
                ordered: method == "BTREE",
            };
            gathering.index_part(&table, part);
        }
        _ => {
            let name = row.text(2);
            let part = ForeignKeyPart {
                key: name.clone(),
                name: Some(name),
                column: row.text(3),
                to_database: row.maybe(4),
                to_table: ObjectName { schema: None, name: row.text(5) },
                to_column: row.maybe(6),
            };
            gathering.foreign_key_part(&table, part);
        }
    }
}

fn column(row: &mut Texts) -> Column {
    let (data_type, base) = (row.text(3), row.text(4));
    let collation = row.said(7);
    let charset = row.text(8);
    let length = row.number(9);
    let scale = row.number(10);
    let unsigned = data_type.contains("unsigned");
    let integer = |bits| ColumnKind::Integer { bits, unsigned };
    let text = |padded| ColumnKind::Text {
        // Of other character sets, the order of the bytes is not that of the characters in UTF-8.
        bytewise: collation.as_deref().is_some_and(|collation| collation.ends_with("_bin"))
            && matches!(charset.as_str(), "utf8" | "utf8mb3" | "utf8mb4" | "ascii"),
        // Where a collation pads, spaces at the end do not count: to all others but these.
        exact: collation.as_deref().is_some_and(|name| name.ends_with("_nopad_bin") || name.ends_with("_0900_bin")),
        padded,
        length,
    };
    let kind = match base.as_str() {
        "uuid" => ColumnKind::Uuid,
        "tinyint" => integer(8),
        "smallint" => integer(16),
        "mediumint" => integer(24),
        "int" => integer(32),
        "bigint" => integer(64),
        "decimal" => ColumnKind::Decimal { scale },
        "char" => text(true),
        "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => text(false),
        "binary" => ColumnKind::Binary { length },
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => ColumnKind::Binary { length: None },
        _ => ColumnKind::Other,
    };
    let is_text = matches!(kind, ColumnKind::Text { .. });
    Column {
        name: row.text(2),
        data_type,
        kind,
        nullable: row.is_true(5),
        comment: row.said(6),
        collation: collation.filter(|_| is_text),
        distinct: None,
    }
}
