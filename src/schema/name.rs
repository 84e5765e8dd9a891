//! Names as portable files write them: `table` or `schema.table`, `table.column` or `schema.table.column`.
//!
//! Only what has a place in such a path is a name here; how it is quoted is the renderer's business.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};

/// A table's name, or that of an enum type, with or without its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    schema: Option<String>,
    name: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnPath {
    /// The table.
    pub table: TableName,
    /// The column in it.
    pub column: String,
}

impl TableName {
    /// A table, in a schema or wherever the session looks for it.
    #[must_use]
    pub const fn new(schema: Option<String>, name: String) -> Self {
        Self { schema, name }
    }

    /// Reads `table` or `schema.table`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            _ if parts.iter().any(|part| part.is_empty()) => Err(malformed(text, "table or schema.table")),
            [name] => Ok(Self::new(None, (*name).to_owned())),
            [schema, name] => Ok(Self::new(Some((*schema).to_owned()), (*name).to_owned())),
            _ => Err(malformed(text, "table or schema.table")),
        }
    }

    /// The schema, where the file names one.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The name without its schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Another name in the same schema.
    #[must_use]
    pub fn sibling(&self, name: &str) -> Self {
        Self { schema: self.schema.clone(), name: name.to_owned() }
    }
}

impl ColumnPath {
    /// Reads `table.column` or `schema.table.column`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || malformed(text, "table.column or schema.table.column");
        let (table, column) = text.rsplit_once('.').ok_or_else(wrong)?;
        if column.is_empty() {
            return Err(wrong());
        }
        Ok(Self { table: TableName::parse(table).map_err(|_| wrong())?, column: column.to_owned() })
    }
}

fn malformed(text: &str, wanted: &str) -> String {
    format!("`{text}` is no name of the form {wanted}")
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

impl fmt::Display for ColumnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ColumnPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnPath, TableName};

    #[test]
    fn paths() {
        assert_eq!(TableName::parse("a").unwrap().to_string(), "a");
        assert_eq!(TableName::parse("s.a").unwrap().schema(), Some("s"));
        assert_eq!(ColumnPath::parse("s.a.c").unwrap().table.to_string(), "s.a");
        for bad in ["", ".", "a.", ".a", "a.b.c"] {
            assert!(TableName::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "a", "a.", ".c", "x.a.b.c"] {
            assert!(ColumnPath::parse(bad).is_err(), "{bad}");
        }
    }
}
