//! Aligned tables for people: no borders, so that they can be cut and grepped.

use std::fmt;

use anstyle::Style;
use comfy_table::{ContentArrangement, presets};

/// A table with a heading.
pub struct Table {
    inner: comfy_table::Table,
}

impl Table {
    /// A table with these columns.
    pub fn new<const N: usize>(heading: [&str; N]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING);
        inner.set_content_arrangement(ContentArrangement::Disabled);
        inner.set_header(heading);
        for column in inner.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self { inner }
    }

    /// Adds a row; control characters in a cell could otherwise move the cursor.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.inner.add_row(cells.map(|cell| cell.replace(char::is_control, " ")));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.inner.to_string();
        let bold = Style::new().bold();
        for (number, line) in text.lines().map(str::trim_end).enumerate() {
            match number {
                0 => write!(f, "{bold}{line}{bold:#}")?,
                _ => write!(f, "\n{line}")?,
            }
        }
        Ok(())
    }
}
