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

/// What TOML says, with keys that nothing else may stand beside.
macro_rules! part {
    ($name:ident { $($(#[$attribute:meta])* $field:ident : $type:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$attribute])* pub $field: $type,)*
        }
    };
}

/// A step: its own keys, and those that any step may have.
macro_rules! step {
    ($name:ident { $($(#[$attribute:meta])* $field:ident : $type:ty),* $(,)? }) => {
        part!($name {
            $($(#[$attribute])* $field: $type,)*
            down: Option<PerDialect>,
            dialects: Option<Vec<Dialect>>,
        });
    };
}

/// Keys that several parts and steps have besides their own, and how they are taken out of each.
macro_rules! shared {
    ($keys:ident $fields:tt in $($kind:ident $name:ident $own:tt)*) => {
        shared!(@keys $keys $fields);
        $(shared!(@part $keys $fields $kind $name $own);)*
    };
    (@keys $keys:ident { $($(#[$attribute:meta])* $field:ident : $type:ty),* $(,)? }) => {
        #[derive(Debug)]
        pub(super) struct $keys {
            $(pub $field: $type,)*
        }
    };
    (@part $keys:ident { $($(#[$attribute:meta])* $field:ident : $type:ty),* $(,)? } $kind:ident $name:ident { $($own:tt)* }) => {
        $kind!($name { $($own)* $($(#[$attribute])* $field: $type,)* });

        impl $name {
            pub(super) fn keys(&mut self) -> $keys {
                $keys { $($field: std::mem::take(&mut self.$field),)* }
            }
        }
    };
}

shared!(TableKeys {
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
} in
    step CreateTable { create_table: TableName, columns: Vec<RawColumn>, #[serde(default)] if_not_exists: bool, }
    step DropTable { drop_table: TableName, columns: Option<Vec<RawColumn>>, #[serde(default)] if_exists: bool, }
);

shared!(ColumnKeys {
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
} in
    step AddColumn { add_column: ColumnPath, r#type: ColumnType, backfill: Option<PerDialect>, }
    step DropColumn { drop_column: ColumnPath, r#type: Option<ColumnType>, #[serde(default)] if_exists: bool, }
    part RawColumn { name: String, r#type: ColumnType, }
);

shared!(ChangeKeys {
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
} in
    step AlterColumn { alter_column: ColumnPath, from: Option<RawChange>, }
    part RawChange {}
);

shared!(IndexKeys {
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    method: Method,
    r#where: Option<PerDialect>,
    #[serde(default)]
    include: Vec<String>,
    fallback: Option<RawFallback>,
} in
    step CreateIndex {
        create_index: String,
        table: TableName,
        columns: Vec<RawIndexKey>,
        #[serde(default)] concurrently: bool,
        #[serde(default)] if_not_exists: bool,
    }
    step DropIndex {
        drop_index: String,
        table: Option<TableName>,
        columns: Option<Vec<RawIndexKey>>,
        #[serde(default)] concurrently: bool,
        #[serde(default)] if_exists: bool,
    }
    part RawIndex { name: String, columns: Vec<RawIndexKey>, }
);

step!(RenameTable { rename_table: TableName, to: String });
step!(RenameColumn { rename_column: ColumnPath, to: String });
step!(RenameIndex { rename_index: String, table: TableName, to: String });

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

part!(RawUnique {
    name: Option<String>,
    columns: Vec<String>,
});

part!(RawCheck { name: String, expression: PerDialect });

part!(RawForeignKey {
    name: Option<String>,
    columns: Vec<String>,
    references: Target,
    #[serde(default)]
    on_delete: Action,
    #[serde(default)]
    on_update: Action,
});

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

impl ChangeKeys {
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
