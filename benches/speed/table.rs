//! The table: a row a measurement, aligned, and Markdown at the same time.

use std::fmt;

use crate::tool::Tool;

/// How a number is to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    /// In seconds.
    Time,
    Count,
    Megabytes,
}

impl Unit {
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Time if value < 0.999_5 => format!("{:.1} ms", value * 1000.0),
            Self::Time => format!("{value:.2} s"),
            Self::Count => format!("{value:.2}"),
            Self::Megabytes => format!("{value:.1} MB"),
        }
    }
}

/// What we want to reach, and whether we did.
pub struct Reach {
    /// In words, with the number that it is about.
    pub says: String,
    pub met: Option<bool>,
}

impl Reach {
    pub fn none() -> Self {
        Self { says: String::new(), met: None }
    }

    /// A number that must not be above another; where one was not measured, nothing can be said.
    pub fn at_most(says: &str, found: Option<f64>, limit: f64) -> Self {
        match found {
            Some(found) => Self { says: format!("{says}: {found:.2}"), met: Some(found <= limit) },
            None => Self { says: says.to_owned(), met: None },
        }
    }
}

/// A row.
pub struct Row {
    pub what: String,
    pub unit: Unit,
    pub cells: Vec<(Tool, f64)>,
    pub reach: Reach,
}

impl Row {
    pub fn of(&self, tool: Tool) -> Option<f64> {
        self.cells.iter().find(|(of, _)| *of == tool).map(|(_, value)| *value)
    }

    /// Our own number by another tool's.
    pub fn ratio(&self, tool: Tool) -> Option<f64> {
        Some(self.of(Tool::Ours)? / self.of(tool)?)
    }

    /// Our own number by that of the best peer.
    pub fn ratio_to_best_peer(&self) -> Option<f64> {
        Tool::PEERS.into_iter().filter_map(|peer| self.ratio(peer)).max_by(f64::total_cmp)
    }

    fn texts(&self) -> Vec<String> {
        let show = |value: Option<f64>| value.map(|value| self.unit.show(value)).unwrap_or_default();
        let mut texts = vec![self.what.clone(), show(self.of(Tool::Ours)), show(self.of(Tool::Limit))];
        texts.push(self.ratio(Tool::Limit).map(|ratio| format!("{ratio:.2}")).unwrap_or_default());
        texts.extend(Tool::PEERS.map(|peer| show(self.of(peer))));
        texts.push(self.reach.says.clone());
        texts.push(self.reach.met.map(|met| if met { "yes" } else { "NO" }).unwrap_or_default().to_owned());
        texts
    }
}

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    remarks: Vec<String>,
}

impl Table {
    pub fn row(&mut self, row: Row) {
        eprintln!("bench:   {}", row.texts().join(" | "));
        self.rows.push(row);
    }

    /// A sentence below the table.
    pub fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["what", "branchline", "limit", "ratio", "sqlx", "refinery", "Alembic", "reach", "met"];
        let mut lines = vec![header.map(str::to_owned).to_vec()];
        lines.extend(self.rows.iter().map(Row::texts));
        let widths: Vec<usize> = (0..header.len())
            .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default())
            .collect();
        for (number, line) in lines.iter().enumerate() {
            for (column, (text, &width)) in line.iter().zip(&widths).enumerate() {
                let is_number = (1..=6).contains(&column);
                if is_number { write!(f, "| {text:>width$} ")? } else { write!(f, "| {text:<width$} ")? }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for (column, &width) in widths.iter().enumerate() {
                    let end = if (1..=6).contains(&column) { ":" } else { "-" };
                    write!(f, "|-{}{end}", "-".repeat(width))?;
                }
                writeln!(f, "|")?;
            }
        }
        for remark in &self.remarks {
            writeln!(f, "\n{remark}")?;
        }
        Ok(())
    }
}
