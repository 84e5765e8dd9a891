//! The shapes of steps as TOML has them, one struct an operation, each denying keys that are not its own.
//!
//! They are turned into [`Operation`] at once; nothing else sees them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::name::{ColumnPath, TableName};
use super::operation::{Action, ColumnChange, DefaultChange, Fallback, Generated, Method, Nulls};
use super::types::ColumnType;
use super::value::{PerDialect, Value};
use crate::dialect::Dialect;

/// A step: its own keys, and those that any step may have.
macro_rules! step {
    ($name:ident { $($(#[$attribute:meta])* $field:ident : $type:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$attribute])* pub $field: $type,)*
            pub down: Option<PerDialect>,
            pub dialects: Option<Vec<Dialect>>,
        }
    };
}

step!(CreateTable {
    create_table: TableName,
    columns: Vec<RawColumn>,
    primary_key: Option<RawPrimaryKey>,
    #[serde(default)]
    unique: Vec<RawUnique>,
    #[serde(default)]
    checks: Vec<RawCheck>,
    #[serde(default)]
    foreign_keys: Vec<RawForeignKey>,
    #[serde(default)]
    indexes: Vec<RawIndex>,
    comment: Option<String>,
    #[serde(default)]
    if_not_exists: bool,
});

step!(DropTable {
    drop_table: TableName,
    #[serde(default)]
    if_exists: bool,
    columns: Option<Vec<RawColumn>>,
    primary_key: Option<RawPrimaryKey>,
    #[serde(default)]
    unique: Vec<RawUnique>,
    #[serde(default)]
    checks: Vec<RawCheck>,
    #[serde(default)]
    foreign_keys: Vec<RawForeignKey>,
    #[serde(default)]
    indexes: Vec<RawIndex>,
    comment: Option<String>,
});

step!(RenameTable { rename_table: TableName, to: String });
step!(RenameColumn { rename_column: ColumnPath, to: String });
step!(RenameIndex { rename_index: String, table: TableName, to: String });

step!(AddColumn {
    add_column: ColumnPath,
    r#type: ColumnType,
    #[serde(default)]
    null: bool,
    default: Option<Value>,
    #[serde(default)]
    primary_key: bool,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    identity: bool,
    comment: Option<String>,
    check: Option<PerDialect>,
    collation: Option<PerDialect>,
    references: Option<Target>,
    #[serde(default)]
    on_delete: Action,
    #[serde(default)]
    on_update: Action,
    native: Option<PerDialect>,
    values: Option<Vec<String>>,
    generated: Option<PerDialect>,
    stored: Option<bool>,
    backfill: Option<PerDialect>,
});

step!(DropColumn {
    drop_column: ColumnPath,
    #[serde(default)]
    if_exists: bool,
    r#type: Option<ColumnType>,
    #[serde(default)]
    null: bool,
    default: Option<Value>,
    #[serde(default)]
    primary_key: bool,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    identity: bool,
    comment: Option<String>,
    check: Option<PerDialect>,
    collation: Option<PerDialect>,
    references: Option<Target>,
    #[serde(default)]
    on_delete: Action,
    #[serde(default)]
    on_update: Action,
    native: Option<PerDialect>,
    values: Option<Vec<String>>,
    generated: Option<PerDialect>,
    stored: Option<bool>,
});

step!(AlterColumn {
    alter_column: ColumnPath,
    r#type: Option<ColumnType>,
    native: Option<PerDialect>,
    values: Option<Vec<String>>,
    null: Option<bool>,
    default: Option<Value>,
    #[serde(default)]
    drop_default: bool,
    comment: Option<String>,
    using: Option<PerDialect>,
    backfill: Option<PerDialect>,
    from: Option<RawChange>,
});

step!(CreateIndex {
    create_index: String,
    table: TableName,
    columns: Vec<RawIndexKey>,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    method: Method,
    r#where: Option<PerDialect>,
    #[serde(default)]
    include: Vec<String>,
    fallback: Option<RawFallback>,
    #[serde(default)]
    concurrently: bool,
    #[serde(default)]
    if_not_exists: bool,
});

step!(DropIndex {
    drop_index: String,
    table: Option<TableName>,
    #[serde(default)]
    if_exists: bool,
    #[serde(default)]
    concurrently: bool,
    columns: Option<Vec<RawIndexKey>>,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    method: Method,
    r#where: Option<PerDialect>,
    #[serde(default)]
    include: Vec<String>,
    fallback: Option<RawFallback>,
});

step!(AddPrimaryKey { add_primary_key: TableName, name: Option<String>, columns: Vec<String> });
step!(DropPrimaryKey { drop_primary_key: TableName, name: Option<String>, columns: Option<Vec<String>> });
step!(AddUnique { add_unique: TableName, name: Option<String>, columns: Vec<String> });
step!(DropUnique { drop_unique: TableName, name: Option<String>, columns: Option<Vec<String>> });
step!(AddCheck { add_check: TableName, name: String, expression: PerDialect });
step!(DropCheck { drop_check: TableName, name: String, expression: Option<PerDialect> });

step!(AddForeignKey {
    add_foreign_key: TableName,
    name: Option<String>,
    columns: Vec<String>,
    references: Target,
    #[serde(default)]
    on_delete: Action,
    #[serde(default)]
    on_update: Action,
});

step!(DropForeignKey {
    drop_foreign_key: TableName,
    name: Option<String>,
    columns: Option<Vec<String>>,
    references: Option<Target>,
    #[serde(default)]
    on_delete: Action,
    #[serde(default)]
    on_update: Action,
});

step!(CommentOn {
    comment_on: String,
    comment: String,
    #[serde(default)]
    column: bool,
    from: Option<String>,
});

step!(CreateEnum { create_enum: TableName, values: Vec<String> });
step!(DropEnum { drop_enum: TableName, values: Option<Vec<String>> });

step!(AddEnumValue {
    add_enum_value: TableName,
    value: String,
    before: Option<String>,
    after: Option<String>,
    #[serde(default)]
    if_not_exists: bool,
    columns: Option<Vec<ColumnPath>>,
});

step!(Insert {
    insert: TableName,
    rows: Vec<BTreeMap<String, Value>>,
    key: Option<Vec<String>>,
    #[serde(default)]
    types: BTreeMap<String, ColumnType>,
});

step!(Sql { sql: PerDialect });

/// A column in `columns`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumn {
    pub name: String,
    pub r#type: ColumnType,
    #[serde(default)]
    pub null: bool,
    pub default: Option<Value>,
    #[serde(default)]
    pub primary_key: bool,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub identity: bool,
    pub comment: Option<String>,
    pub check: Option<PerDialect>,
    pub collation: Option<PerDialect>,
    pub references: Option<Target>,
    #[serde(default)]
    pub on_delete: Action,
    #[serde(default)]
    pub on_update: Action,
    pub native: Option<PerDialect>,
    pub values: Option<Vec<String>>,
    pub generated: Option<PerDialect>,
    pub stored: Option<bool>,
}

/// What a column was, in `from`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChange {
    pub r#type: Option<ColumnType>,
    pub native: Option<PerDialect>,
    pub values: Option<Vec<String>>,
    pub null: Option<bool>,
    pub default: Option<Value>,
    #[serde(default)]
    pub drop_default: bool,
    pub comment: Option<String>,
    pub using: Option<PerDialect>,
    pub backfill: Option<PerDialect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUnique {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheck {
    pub name: String,
    pub expression: PerDialect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForeignKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub references: Target,
    #[serde(default)]
    pub on_delete: Action,
    #[serde(default)]
    pub on_update: Action,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIndex {
    pub name: String,
    pub columns: Vec<RawIndexKey>,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub method: Method,
    pub r#where: Option<PerDialect>,
    #[serde(default)]
    pub include: Vec<String>,
    pub fallback: Option<RawFallback>,
}

/// What files may say in `fallback`; [`Fallback::Error`] is said by silence.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawFallback {
    Plain,
    Skip,
}

impl From<Option<RawFallback>> for Fallback {
    fn from(raw: Option<RawFallback>) -> Self {
        match raw {
            None => Self::Error,
            Some(RawFallback::Plain) => Self::Plain,
            Some(RawFallback::Skip) => Self::Skip,
        }
    }
}

/// `["a"]` or `{ name, columns }`.
#[derive(Debug)]
pub(super) struct RawPrimaryKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

/// `"t.c"` or `{ table, columns }`.
#[derive(Debug)]
pub(super) struct Target {
    pub table: TableName,
    pub columns: Vec<String>,
}

/// `"c"`, or a table.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(super) struct RawIndexKey {
    pub column: Option<String>,
    pub expression: Option<PerDialect>,
    pub order: Option<Order>,
    pub nulls: Option<Nulls>,
    pub length: Option<u32>,
    pub opclass: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    Asc,
    Desc,
}

impl<'de> Deserialize<'de> for RawPrimaryKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            name: Option<String>,
            columns: Vec<String>,
        }
        struct ListOrTable;
        impl<'de> Visitor<'de> for ListOrTable {
            type Value = RawPrimaryKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of columns, or `{ name, columns }`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawPrimaryKey, A::Error> {
                let mut columns = Vec::new();
                while let Some(column) = items.next_element()? {
                    columns.push(column);
                }
                Ok(RawPrimaryKey { name: None, columns })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawPrimaryKey, A::Error> {
                let Long { name, columns } = Long::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RawPrimaryKey { name, columns })
            }
        }
        deserializer.deserialize_any(ListOrTable)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            table: TableName,
            columns: Vec<String>,
        }
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = Target;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`table.column`, or `{ table, columns }`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Target, E> {
                let ColumnPath { table, column } = ColumnPath::parse(text).map_err(E::custom)?;
                Ok(Target { table, columns: vec![column] })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                let Long { table, columns } = Long::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Target { table, columns })
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}

impl<'de> Deserialize<'de> for RawIndexKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = RawIndexKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name, or a table with `column` or `expression`")
            }

            fn visit_str<E>(self, text: &str) -> Result<RawIndexKey, E> {
                Ok(RawIndexKey {
                    column: Some(text.to_owned()),
                    expression: None,
                    order: None,
                    nulls: None,
                    length: None,
                    opclass: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawIndexKey, A::Error> {
                let key = RawIndexKey::deserialize(MapAccessDeserializer::new(map))?;
                if key.column.is_some() == key.expression.is_some() {
                    return Err(A::Error::custom("a key of an index has either `column` or `expression`"));
                }
                Ok(key)
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}

impl RawChange {
    /// What it means.
    ///
    /// # Errors
    ///
    /// It says two things about the default.
    pub(super) fn resolve(self) -> Result<ColumnChange, String> {
        let default = match (self.default, self.drop_default) {
            (Some(_), true) => return Err("`default` and `drop_default` exclude each other".to_owned()),
            (Some(value), false) => DefaultChange::Set(value),
            (None, true) => DefaultChange::Drop,
            (None, false) => DefaultChange::Keep,
        };
        Ok(ColumnChange {
            r#type: self.r#type,
            native: self.native,
            values: self.values,
            null: self.null,
            default,
            comment: self.comment,
            using: self.using,
            backfill: self.backfill,
        })
    }
}

/// Whether a column is stored, if it is computed at all.
///
/// # Errors
///
/// `stored` without `generated`.
pub(super) fn generated(expression: Option<PerDialect>, stored: Option<bool>) -> Result<Option<Generated>, String> {
    match (expression, stored) {
        (Some(expression), stored) => Ok(Some(Generated { expression, stored: stored.unwrap_or(true) })),
        (None, Some(_)) => Err("`stored` says how a `generated` column is kept, and there is none".to_owned()),
        (None, None) => Ok(None),
    }
}
