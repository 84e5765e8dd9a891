//! Defaults and the values of rows, each in the form that the column's type has in the dialect.

use time::OffsetDateTime;
use toml::value::{Datetime, Offset};

use super::{Context, is_mysql, text_literal};
use crate::dialect::Dialect;
use crate::schema::error::Problem;
use crate::schema::operation::Column;
use crate::schema::types::ColumnType;
use crate::schema::value::{Function, Literal, Value};

/// A random UUID of version 4, in the way PostgreSQL writes them.
const SQLITE_UUID: &str = "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || \
                           substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || \
                           substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))";

/// What stands behind `DEFAULT`.
pub(super) fn default(value: &Value, column: &Column, context: &Context) -> Result<String, Problem> {
    default_of(value, &column.name, &column.r#type, context)
}

/// What stands behind `DEFAULT`, for a column of this type.
pub(super) fn default_of(value: &Value, name: &str, r#type: &ColumnType, context: &Context) -> Result<String, Problem> {
    let dialect = context.dialect;
    match value {
        Value::Literal(literal) => literal_default(literal, name, r#type, dialect),
        Value::Function(function) => function_default(*function, name, r#type, dialect),
        Value::Sql(text) => {
            let text = text.require(dialect, "default.sql")?;
            Ok(if dialect == Dialect::Postgres { text.to_owned() } else { parenthesized(text) })
        }
        Value::Uuid(uuid) => Ok(uuid_literal(*uuid, dialect)),
    }
}

/// The value of a row: what a default of its column would be. Where the type is not known, only what is the same for every
/// type that it may have.
pub(super) fn row_value(
    value: &Value,
    column: &str,
    r#type: Option<&ColumnType>,
    dialect: Dialect,
) -> Result<std::string::String, Problem> {
    use ColumnType::{Char, String, Text};
    match (value, r#type) {
        (Value::Sql(text), _) => text.require(dialect, "sql").map(parenthesized),
        (Value::Uuid(uuid), _) => Ok(uuid_literal(*uuid, dialect)),
        // What is a text to the database may hold JSON.
        (Value::Literal(literal @ (Literal::List(_) | Literal::Table(_))), Some(String(_) | Char(_) | Text)) => {
            Ok(text_literal(dialect, &literal.to_json().to_string()))
        }
        (Value::Literal(literal), Some(r#type)) => literal_value(literal, column, r#type, dialect),
        (Value::Function(function), Some(r#type)) => function_default(*function, column, r#type, dialect),
        (Value::Literal(Literal::List(_)), None) if dialect == Dialect::Postgres => {
            Err(unknown_type(column, "a list", &["string[]", "json"]))
        }
        (Value::Literal(literal @ (Literal::List(_) | Literal::Table(_))), None) => {
            Ok(text_literal(dialect, &literal.to_json().to_string()))
        }
        (Value::Literal(literal), None) => literal_value(literal, column, &ColumnType::String(None), dialect),
        (Value::Function(function), None) => function_of_unknown(*function, column, dialect),
    }
}

fn function_of_unknown(function: Function, column: &str, dialect: Dialect) -> Result<String, Problem> {
    match function {
        Function::Today => function_default(function, column, &ColumnType::Date, dialect),
        // PostgreSQL makes of it what the column takes.
        Function::Now if dialect == Dialect::Postgres => Ok("now()".to_owned()),
        Function::Now => Err(unknown_type(column, "`now`", &["timestamptz", "timestamp"])),
        Function::RandomUuid if dialect != Dialect::Mysql => {
            function_default(function, column, &ColumnType::Uuid, dialect)
        }
        Function::RandomUuid => Err(unknown_type(column, "`random_uuid`", &["uuid", "string(36)"])),
    }
}

fn unknown_type(column: &str, what: &str, types: &[&str]) -> Problem {
    let bare = column.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character));
    let key = if bare { column.to_owned() } else { toml::Value::from(column).to_string() };
    let types: Vec<String> = types.iter().map(|name| format!("`types = {{ {key} = \"{name}\" }}`")).collect();
    Problem::Senseless {
        message: format!("the type of column `{column}` is not known here, so neither is the form of {what} in it"),
        hint: Some(format!("say it in the step: {}, whichever it is", types.join(" or "))),
    }
}

fn literal_default(literal: &Literal, name: &str, r#type: &ColumnType, dialect: Dialect) -> Result<String, Problem> {
    let rendered = literal_value(literal, name, r#type, dialect)?;
    // MySQL gives what it keeps as JSON, text or bytes a default only as an expression.
    Ok(if is_mysql(dialect) && r#type.is_large() { format!("({rendered})") } else { rendered })
}

fn literal_value(literal: &Literal, name: &str, r#type: &ColumnType, dialect: Dialect) -> Result<String, Problem> {
    Ok(match (literal, r#type) {
        (Literal::Text(text), ColumnType::Uuid) if dialect == Dialect::Mysql => {
            uuid_literal(text.parse().map_err(|_| mismatch(name, "a text that is no UUID", r#type))?, dialect)
        }
        (Literal::Text(text), _) => text_literal(dialect, text),
        (Literal::Moment(moment), _) => text_literal(dialect, &moment_text(*moment, r#type, dialect)),
        (Literal::Boolean(truth), ColumnType::Json) => text_literal(dialect, if *truth { "true" } else { "false" }),
        (Literal::Boolean(truth), _) => boolean_literal(*truth, dialect).to_owned(),
        (Literal::Integer(number), ColumnType::Json) => text_literal(dialect, &number.to_string()),
        (Literal::Integer(number), _) => number.to_string(),
        (Literal::Number(number), ColumnType::Json) => text_literal(dialect, &number_literal(*number)),
        (Literal::Number(number), _) => number_literal(*number),
        (Literal::List(items), ColumnType::Array(_)) if dialect == Dialect::Postgres => {
            text_literal(dialect, &postgres_array(items, name, r#type)?)
        }
        (Literal::List(_), ColumnType::Array(_) | ColumnType::Vector(_) | ColumnType::Json)
        | (Literal::Table(_), ColumnType::Json) => text_literal(dialect, &literal.to_json().to_string()),
        (Literal::List(_), _) => return Err(mismatch(name, "a list", r#type)),
        (Literal::Table(_), _) => return Err(mismatch(name, "a table", r#type)),
    })
}

fn mismatch(name: &str, what: &str, r#type: &ColumnType) -> Problem {
    let wanted = r#type.sql(Dialect::Postgres, &[]).unwrap_or_default();
    Problem::Senseless {
        message: format!("a value of column `{name}` and its type do not fit: {what}, {wanted}"),
        hint: Some("write it as `{ sql = \"...\" }` if it is meant so".to_owned()),
    }
}

fn function_default(function: Function, name: &str, r#type: &ColumnType, dialect: Dialect) -> Result<String, Problem> {
    use ColumnType::{Char, Date, String, Text, Time, Timestamp, TimestampTz, Uuid};
    let rendered = match (function, r#type, dialect) {
        (Function::Now, TimestampTz | Timestamp, Dialect::Postgres) => "now()",
        (Function::Now, TimestampTz, Dialect::Mysql | Dialect::Mariadb) => "(utc_timestamp(6))",
        (Function::Now, Timestamp, Dialect::Mysql | Dialect::Mariadb) => "CURRENT_TIMESTAMP(6)",
        (Function::Now, TimestampTz, Dialect::Sqlite) => "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
        (Function::Now, Timestamp, Dialect::Sqlite) => "(strftime('%Y-%m-%dT%H:%M:%f', 'now'))",
        (Function::Now, Time, Dialect::Postgres) => "LOCALTIME",
        (Function::Now, Time, Dialect::Mysql | Dialect::Mariadb) => "(curtime(6))",
        (Function::Now, Time, Dialect::Sqlite) => "(strftime('%H:%M:%f', 'now'))",
        (Function::Today, Date, Dialect::Postgres) => "CURRENT_DATE",
        (Function::Today, Date, Dialect::Mysql | Dialect::Mariadb) => "(curdate())",
        (Function::Today, Date, Dialect::Sqlite) => "(date('now'))",
        (Function::RandomUuid, Uuid, Dialect::Mysql) => "(uuid_to_bin(uuid()))",
        (Function::RandomUuid, Uuid | String(_) | Char(_) | Text, Dialect::Postgres) => "gen_random_uuid()",
        (Function::RandomUuid, Uuid | String(_) | Char(_) | Text, Dialect::Mysql | Dialect::Mariadb) => "(uuid())",
        (Function::RandomUuid, Uuid | String(_) | Char(_) | Text, Dialect::Sqlite) => SQLITE_UUID,
        _ => return Err(mismatch(name, &format!("the function {}", function.name()), r#type)),
    };
    Ok(rendered.to_owned())
}

const fn boolean_literal(truth: bool, dialect: Dialect) -> &'static str {
    match (dialect, truth) {
        (Dialect::Postgres, true) => "true",
        (Dialect::Postgres, false) => "false",
        (_, true) => "1",
        (_, false) => "0",
    }
}

/// The shortest text that means this number, and always one with a point or an exponent.
fn number_literal(number: f64) -> String {
    format!("{number:?}")
}

fn uuid_literal(uuid: uuid::Uuid, dialect: Dialect) -> String {
    match dialect {
        Dialect::Mysql => format!("X'{}'", uuid.simple()),
        _ => format!("'{}'", uuid.hyphenated()),
    }
}

/// An expression in parentheses, unless it stands in one pair already.
pub(super) fn parenthesized(text: &str) -> String {
    // A line comment at the end must not swallow the parenthesis.
    let end = if text.contains("--") || text.contains('#') { "\n" } else { "" };
    format!("({text}{end})")
}

/// `{"a", "b"}`, as PostgreSQL reads arrays.
fn postgres_array(items: &[Literal], name: &str, r#type: &ColumnType) -> Result<String, Problem> {
    let mut text = String::from("{");
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match item {
            Literal::Text(item) => {
                text.push('"');
                text.push_str(&item.replace('\\', "\\\\").replace('"', "\\\""));
                text.push('"');
            }
            Literal::Integer(number) => text.push_str(&number.to_string()),
            Literal::Number(number) => text.push_str(&number_literal(*number)),
            Literal::Boolean(truth) => text.push(if *truth { 't' } else { 'f' }),
            Literal::Moment(moment) => {
                text.push_str(&format!("\"{}\"", moment_text(*moment, r#type, Dialect::Postgres)));
            }
            Literal::List(inner) => text.push_str(&postgres_array(inner, name, r#type)?),
            Literal::Table(_) => return Err(mismatch(name, "a table", r#type)),
        }
    }
    text.push('}');
    Ok(text)
}

/// A date, a time or both, as the dialect reads them: in UTC where its column keeps no offset, and UTC where its column
/// keeps one and nothing is said.
fn moment_text(mut moment: Datetime, r#type: &ColumnType, dialect: Dialect) -> String {
    let zoned = *r#type.element() != ColumnType::Timestamp;
    if *r#type.element() == ColumnType::TimestampTz && moment.date.is_some() && moment.time.is_some() {
        moment.offset = moment.offset.or(Some(Offset::Z));
    }
    if zoned && dialect == Dialect::Postgres {
        return moment.to_string();
    }
    let utc = if moment.offset.is_some() { in_utc(moment) } else { None };
    let Some(utc) = utc else {
        let text = moment.to_string();
        return if is_mysql(dialect) { text.replacen('T', " ", 1) } else { text };
    };
    let (between, fraction, end) = match dialect {
        Dialect::Sqlite => ('T', format!("{:03}", utc.millisecond()), if zoned { "Z" } else { "" }),
        _ => (' ', format!("{:06}", utc.microsecond()), ""),
    };
    let (month, day) = (u8::from(utc.month()), utc.day());
    let (hour, minute, second) = utc.to_hms();
    format!("{:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}.{fraction}{end}", utc.year())
}

fn in_utc(moment: Datetime) -> Option<OffsetDateTime> {
    let (date, time, offset) = (moment.date?, moment.time?, moment.offset?);
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let month = time::Month::try_from(date.month).ok()?;
    let date = time::Date::from_calendar_date(i32::from(date.year), month, date.day).ok()?;
    let seconds = time.second.unwrap_or(0).min(59);
    let time = time::Time::from_hms_nano(time.hour, time.minute, seconds, time.nanosecond.unwrap_or(0)).ok()?;
    time::PrimitiveDateTime::new(date, time).assume_utc().checked_sub(time::Duration::minutes(minutes))
}
