//! A setting of the session that is changed, and changed back neither by the script nor by us.
//!
//! The scripts of a run share a session. What most scripts set is taken back behind each of them; what is not would decide how
//! the scripts behind this one run, and only where they are of the same run.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::{Remark, is_taken_back};

/// One finding a script, at the first of its settings.
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    let remarks =
        || script.lines().flat_map(|line| line.statement.reading.remarks.iter().map(move |remark| (line, remark)));
    // What is named twice may be set back by the second.
    let named = |wanted: &str| {
        let names = remarks().filter(|(_, remark)| match remark {
            Remark::SetsSession(name) | Remark::RestoresSession(name) => name == wanted,
            _ => false,
        });
        names.count()
    };
    let mut left = remarks().filter_map(|(line, remark)| match remark {
        Remark::SetsSession(name) if !is_taken_back(script.dialect, name) && named(name) == 1 => {
            Some((line, name.as_str()))
        }
        _ => None,
    });
    let Some((line, first)) = left.next() else { return };
    let names: Vec<&str> = std::iter::once(first).chain(left.map(|(_, name)| name)).collect();
    let message =
        format!("what is set here stays so for the scripts that follow in the same run: {}", names.join(", "));
    let hint = "set it back at the end of the script; Branchline takes back what dumps set, and this is not among it";
    found.push(line.found(Code::SessionState, message).hint(hint));
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn what_is_left_changed() {
        let found = |script| findings(Dialect::Mysql, script, false);
        assert_eq!(
            found("SELECT 1; SET innodb_strict_mode = 0; SET @@session.sql_log_bin = 0"),
            ["session_state 1:11"]
        );
        assert_eq!(findings(Dialect::Sqlite, "PRAGMA cache_size = 10", true), ["session_state 1:1"]);
    }

    #[test]
    fn what_is_taken_back() {
        for script in [
            "SET foreign_key_checks = 0, NAMES utf8mb4; SET SESSION sql_mode = ''",
            "SET innodb_strict_mode = 0; SET innodb_strict_mode = DEFAULT",
            "SET @old = @@innodb_strict_mode, innodb_strict_mode = 0; SET innodb_strict_mode = @old",
            "SET PASSWORD = 'x'",
            "SET @mine = 1",
        ] {
            assert_eq!(findings(Dialect::Mariadb, script, false), [] as [&str; 0], "{script}");
        }
        let header = "SET statement_timeout = 0; SELECT pg_catalog.set_config('search_path', '', false); SET ROLE me;";
        assert_eq!(findings(Dialect::Postgres, header, true), [] as [&str; 0]);
        let pragmas = "PRAGMA defer_foreign_keys = ON; PRAGMA user_version = 3; PRAGMA foreign_key_check(t)";
        assert_eq!(findings(Dialect::Sqlite, pragmas, true), [] as [&str; 0]);
    }
}
