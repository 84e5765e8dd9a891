//! SET NOT NULL, which reads all rows while all others wait.
//!
//! It does not where a valid check says the same, made by this script or an earlier revision. In a run the earlier ones are not
//! read, so that the message leaves it open.

use crate::dialect::Altering;
use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Line;
use crate::lint::script::Script;
use crate::sql::{AlterTable, ChangeKind, Constraint, ConstraintKind, Ddl, TableItem};

/// <https://www.postgresql.org/docs/current/sql-altertable.html>: SET NOT NULL.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.can().altering != Altering::Scans {
        return;
    }
    for (line, alter, change) in script.changes() {
        let column = match &change.kind {
            ChangeKind::SetNotNull(column) => Some(column),
            ChangeKind::Add(TableItem::Constraint(constraint), _)
                if constraint.kind == ConstraintKind::NotNull && !constraint.not_valid =>
            {
                constraint.columns.first()
            }
            _ => None,
        };
        let Some(column) = column.filter(|column| !is_proven(&line, alter, column)) else { continue };
        let message = format!(
            "readers and writers of {0} wait while all its rows are read, unless a valid CHECK ({column} IS NOT NULL) is there",
            alter.name
        );
        let hint = format!(
            "ADD CONSTRAINT ... CHECK ({column} IS NOT NULL) NOT VALID, in a later revision VALIDATE CONSTRAINT, then SET NOT \
             NULL, and drop the check"
        );
        found.push(line.found_at(change.offset, Code::SetNotNull, message).hint(hint));
    }
}

/// Whether the script has a check made valid before, and it is not known to be about something else.
fn is_proven(line: &Line<'_, '_>, alter: &AlterTable, column: &str) -> bool {
    let is_valid = |check: &Constraint| !check.not_valid && says_not_null(check, column);
    if line.known(&alter.name).is_some_and(|table| table.checks.iter().any(is_valid)) {
        return true;
    }
    let mut says_so: Vec<&Constraint> = Vec::new();
    let mut others: Vec<&Constraint> = Vec::new();
    for statement in line.earlier() {
        let Some(Ddl::AlterTable(earlier)) = &statement.reading.ddl else { continue };
        if earlier.name != alter.name {
            continue;
        }
        for change in &earlier.changes {
            match &change.kind {
                ChangeKind::Add(TableItem::Constraint(added), _) if says_not_null(added, column) => {
                    if !added.not_valid {
                        return true;
                    }
                    says_so.push(added);
                }
                ChangeKind::Add(TableItem::Constraint(added), _) => others.push(added),
                ChangeKind::ValidateConstraint(name) => {
                    let named = |added: &&Constraint| added.name.as_ref() == Some(name);
                    if says_so.iter().any(named) || !others.iter().any(named) {
                        return true;
                    }
                }
                _ => {}
            }
        }
    }
    false
}

fn says_not_null(constraint: &Constraint, column: &str) -> bool {
    let ConstraintKind::Check(code) = &constraint.kind else { return false };
    let is = |code: &String, word: &str| code.trim_matches('"').eq_ignore_ascii_case(word);
    let whole = |part: &[String]| part.iter().zip([column, "IS", "NOT", "NULL"]).all(|(code, word)| is(code, word));
    code.windows(4).any(whole) && !code.iter().any(|code| is(code, "OR"))
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn what_reads_all_rows() {
        let found = |script: &str| findings(Dialect::Postgres, script, false);
        let set = "ALTER TABLE t ALTER COLUMN a SET NOT NULL;";
        assert_eq!(found(set), ["set_not_null 1:15"]);
        assert_eq!(found("ALTER TABLE t ADD CONSTRAINT n NOT NULL a"), ["set_not_null 1:15"]);
        assert_eq!(found("ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID"), [] as [&str; 0]);
        assert_eq!(found(&format!("CREATE TABLE t (a int); {set}")), [] as [&str; 0]);
        let check = "ALTER TABLE t ADD CONSTRAINT c CHECK (\"a\" IS NOT NULL) NOT VALID;";
        let other = "ALTER TABLE t ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID;";
        let validate = "ALTER TABLE t VALIDATE CONSTRAINT c;";
        assert_eq!(found(&format!("{check}\n{set}")), ["set_not_null 2:15"]);
        assert_eq!(found(&format!("{check}{validate}{set}")), [] as [&str; 0]);
        assert_eq!(found(&format!("{validate}{set}")), [] as [&str; 0]);
        assert_eq!(found(&format!("{other}{validate}\n{set}")), ["set_not_null 2:15"]);
        assert_eq!(findings(Dialect::Mysql, set, false), [] as [&str; 0]);
    }
}
