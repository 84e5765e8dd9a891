//! Whether the columns at the two ends of a reference agree in type, and why not where they do not.
//!
//! On one dialect the types must be the same but for how they are written. Between two, what one has no type for may be kept as
//! the other would keep it: a UUID as text on SQLite is no quarrel, one as text beside a database that knows UUIDs is.

use crate::catalog::{Column, ColumnKind};
use crate::dialect::Dialect;

/// Whether two columns agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// None where only each row says what it holds.
    pub agrees: Option<bool>,
    /// What differs; or what is worth knowing though they agree.
    pub why: Option<String>,
}

impl Agreement {
    fn yes() -> Self {
        Self { agrees: Some(true), why: None }
    }

    fn no(why: impl Into<String>) -> Self {
        Self { agrees: Some(false), why: Some(why.into()) }
    }
}

/// Holds a referring column against the one that it points to.
#[must_use]
pub fn agreement(own: (Dialect, &Column), other: (Dialect, &Column)) -> Agreement {
    use ColumnKind as Kind;
    let ((own_dialect, own), (other_dialect, other)) = (own, other);
    let one_dialect = own_dialect == other_dialect;
    let types = || format!("{} against {}", shown(own), shown(other));
    match (own.kind, other.kind) {
        (Kind::Loose, _) | (_, Kind::Loose) => {
            Agreement { agrees: None, why: Some("a column without a type holds whatever each row says".to_owned()) }
        }
        (Kind::Integer { bits, unsigned }, Kind::Integer { bits: other_bits, unsigned: other_unsigned }) => {
            if unsigned != other_unsigned {
                Agreement::no(format!("{}: one has negative numbers, the other has none", types()))
            } else if bits != other_bits && !(own_dialect.can().loose_types || other_dialect.can().loose_types) {
                Agreement::no(format!("{}: {bits} bits against {other_bits}", types()))
            } else {
                Agreement::yes()
            }
        }
        (Kind::Uuid, Kind::Uuid) => Agreement::yes(),
        (Kind::Uuid, kind) => uuid_beside(other_dialect, kind, types()),
        (kind, Kind::Uuid) => uuid_beside(own_dialect, kind, types()),
        (Kind::Text { .. }, Kind::Text { .. }) => texts(own, other, one_dialect),
        (Kind::Decimal { scale: one }, Kind::Decimal { scale: two }) if one == two => Agreement::yes(),
        (Kind::Binary { length: one }, Kind::Binary { length: two }) if one == two || !one_dialect => Agreement::yes(),
        (Kind::Other, Kind::Other) if one_dialect && own.data_type.eq_ignore_ascii_case(&other.data_type) => {
            Agreement::yes()
        }
        _ => Agreement::no(types()),
    }
}

/// A UUID, and what another database keeps in its place.
fn uuid_beside(dialect: Dialect, kind: ColumnKind, types: String) -> Agreement {
    let can_hold = matches!(kind, ColumnKind::Text { .. } | ColumnKind::Binary { .. });
    if can_hold && !dialect.can().uuids {
        return Agreement { agrees: Some(true), why: Some(format!("{types}: {dialect} has no type for UUIDs")) };
    }
    Agreement::no(types)
}

fn texts(own: &Column, other: &Column, one_dialect: bool) -> Agreement {
    let ColumnKind::Text { exact, padded, length, .. } = own.kind else { return Agreement::yes() };
    let ColumnKind::Text { exact: other_exact, padded: other_padded, length: other_length, .. } = other.kind else {
        return Agreement::yes();
    };
    if length.is_some_and(|length| other_length.is_none_or(|other| length < other)) {
        return Agreement::no(format!("{} against {}: not every parent's key fits", shown(own), shown(other)));
    }
    if padded != other_padded {
        return Agreement::no(format!("{} against {}: spaces at the end count in one only", shown(own), shown(other)));
    }
    let named = |column: &Column| column.collation.clone().unwrap_or_else(|| "none".to_owned());
    if exact != other_exact {
        return Agreement::no(format!(
            "collation {} against {}: letters and accents count in one only",
            named(own),
            named(other)
        ));
    }
    if one_dialect && own.collation != other.collation {
        return Agreement::no(format!("collation {} against {}", named(own), named(other)));
    }
    Agreement::yes()
}

fn shown(column: &Column) -> &str {
    if column.data_type.is_empty() { "no type" } else { &column.data_type }
}

#[cfg(test)]
mod tests {
    use super::agreement;
    use crate::catalog::{Column, ColumnKind};
    use crate::dialect::Dialect::{self, Mariadb, Mysql, Postgres, Sqlite};

    fn column(data_type: &str, collation: Option<&str>) -> Column {
        let length = data_type.split(['(', ')']).nth(1).and_then(|length| length.parse().ok());
        let name = data_type.split('(').next().unwrap_or_default();
        let text = |padded| ColumnKind::Text {
            bytewise: false,
            exact: collation.is_none_or(|name| !name.ends_with("_ci")),
            padded,
            length,
        };
        let kind = match name {
            "uuid" => ColumnKind::Uuid,
            "int" => ColumnKind::Integer { bits: 32, unsigned: false },
            "int unsigned" => ColumnKind::Integer { bits: 32, unsigned: true },
            "bigint" => ColumnKind::Integer { bits: 64, unsigned: false },
            "integer" => ColumnKind::Integer { bits: 64, unsigned: false },
            "varchar" | "text" => text(false),
            "char" => text(true),
            "binary" => ColumnKind::Binary { length },
            "numeric" => ColumnKind::Decimal { scale: length },
            "" => ColumnKind::Loose,
            _ => ColumnKind::Other,
        };
        Column {
            name: "c".to_owned(),
            data_type: data_type.to_owned(),
            kind,
            nullable: false,
            comment: None,
            collation: collation.map(str::to_owned),
            distinct: None,
        }
    }

    fn said(own: (Dialect, &str), other: (Dialect, &str)) -> String {
        let parts = |text: &str| {
            let (data_type, collation) = text.split_once(" collate ").map_or((text, None), |(a, b)| (a, Some(b)));
            column(data_type, collation)
        };
        let found = agreement((own.0, &parts(own.1)), (other.0, &parts(other.1)));
        let agrees = found.agrees.map_or("?", |agrees| if agrees { "yes" } else { "no" });
        found.why.map_or_else(|| agrees.to_owned(), |why| format!("{agrees}: {why}"))
    }

    #[test]
    fn what_agrees_and_what_does_not() {
        for (own, other, expected) in [
            ((Postgres, "uuid"), (Postgres, "uuid"), "yes"),
            ((Postgres, "varchar(36)"), (Postgres, "uuid"), "no: varchar(36) against uuid"),
            ((Sqlite, "text"), (Postgres, "uuid"), "yes: text against uuid: sqlite has no type for UUIDs"),
            ((Postgres, "uuid"), (Mysql, "binary(16)"), "yes: uuid against binary(16): mysql has no type for UUIDs"),
            ((Postgres, "uuid"), (Mariadb, "char(36)"), "no: uuid against char(36)"),
            ((Postgres, "int"), (Postgres, "bigint"), "no: int against bigint: 32 bits against 64"),
            ((Postgres, "int"), (Sqlite, "integer"), "yes"),
            (
                (Mysql, "int"),
                (Mysql, "int unsigned"),
                "no: int against int unsigned: one has negative numbers, the other has none",
            ),
            ((Postgres, "text"), (Postgres, "bigint"), "no: text against bigint"),
            ((Sqlite, ""), (Sqlite, "text"), "?: a column without a type holds whatever each row says"),
            (
                (Mysql, "varchar(20) collate utf8mb4_bin"),
                (Mysql, "varchar(20) collate utf8mb4_general_ci"),
                "no: collation utf8mb4_bin against utf8mb4_general_ci: letters and accents count in one only",
            ),
            (
                (Mysql, "varchar(20) collate a_ci"),
                (Mysql, "varchar(20) collate b_ci"),
                "no: collation a_ci against b_ci",
            ),
            (
                (Postgres, "varchar(9)"),
                (Mysql, "varchar(20)"),
                "no: varchar(9) against varchar(20): not every parent's key fits",
            ),
            ((Postgres, "varchar(20)"), (Mysql, "varchar(9)"), "yes"),
            (
                (Postgres, "char(9)"),
                (Postgres, "varchar(9)"),
                "no: char(9) against varchar(9): spaces at the end count in one only",
            ),
            ((Postgres, "date"), (Postgres, "date"), "yes"),
            ((Postgres, "date"), (Mysql, "date"), "no: date against date"),
        ] {
            assert_eq!(said(own, other), expected, "{own:?} {other:?}");
        }
    }
}
