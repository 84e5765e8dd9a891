//! A statement for MySQL and MariaDB with its values in place.
//!
//! Where a text in quotes ends is a question of the server's sql_mode there: with NO_BACKSLASH_ESCAPES a backslash does not keep
//! the quote behind it from ending it, without it does. So texts are written as hexadecimal digits, which end nowhere else.

use std::fmt::{self, Write};

use sea_query::{QueryBuilder, SqlWriter, Value};

/// The text of a statement as it grows.
#[derive(Default)]
pub(in super::super) struct MysqlText(String);

impl MysqlText {
    pub(in super::super) fn into_text(self) -> String {
        self.0
    }
}

impl Write for MysqlText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }
}

impl SqlWriter for MysqlText {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        let Value::String(Some(text)) = &value else {
            self.0.push_str(&builder.value_to_string(&value));
            return;
        };
        self.0.push_str("_utf8mb4 x'");
        for byte in text.as_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(self.0, "{byte:02x}");
        }
        self.0.push('\'');
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}

impl fmt::Display for MysqlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
