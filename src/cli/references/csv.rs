//! CSV as we write it: by RFC 4180, and exact.
//!
//! A cell may be a text that anybody has written into a database, and a spreadsheet takes one that begins with `=` for a formula.
//! Nothing is put before it: it would be another key then, and whoever reads the file to repair rows would repair others. What is
//! safe for a spreadsheet is to import such cells as text; that it has to is said where there are any.

/// A line, without its end, and how many of its cells a spreadsheet would run.
pub fn line(cells: &[String]) -> (String, usize) {
    let formulas = cells.iter().filter(|cell| is_formula(cell)).count();
    (cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(","), formulas)
}

/// What is said where there are such cells.
pub fn warning(formulas: usize, of: &str) -> Option<String> {
    let cells = branchline::listing::number(formulas as u64, "cell that begins", "cells that begin");
    let hint = "every value is written as it is, so import all columns as text";
    (formulas > 0).then(|| format!("warning: {of} has {cells} like a formula: a spreadsheet may run it; {hint}"))
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Whether a spreadsheet would take it for a formula: a number with a sign is none, nor is our sign for nothing.
fn is_formula(cell: &str) -> bool {
    if cell == "-" {
        return false;
    }
    let number = cell.strip_prefix(['-', '+']).unwrap_or_default();
    let is_number = number.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && number.chars().all(|digit| digit.is_ascii_digit() || digit == '.');
    cell.trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
        && !is_number
}

#[cfg(test)]
mod tests {
    use super::{is_formula, line, warning};

    #[test]
    fn every_value_is_exact() {
        let cells = ["-5", "=1+1", "a,b", "say \"x\"", "\t=1", " @a"].map(str::to_owned);
        assert_eq!(line(&cells), ("-5,=1+1,\"a,b\",\"say \"\"x\"\"\",\t=1,\" @a\"".to_owned(), 3));
    }

    #[test]
    fn what_a_spreadsheet_would_run() {
        for cell in ["=1", "+a", "-a", "@SUM(A1)", "\t=1", "\r=1", "-1+2", "--", "  =1", "\u{ff1d}1"] {
            assert!(is_formula(cell), "{cell:?}");
        }
        for cell in ["", "-", "-1", "+49", "-0.5", "a=1", "0190a5c2-7d3e", "12:=1"] {
            assert!(!is_formula(cell), "{cell:?}");
        }
        assert_eq!(warning(0, "a.csv"), None);
        assert!(warning(1, "a.csv").unwrap().contains("1 cell that begins like a formula"));
    }
}
