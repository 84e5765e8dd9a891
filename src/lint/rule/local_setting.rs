//! SET LOCAL where no transaction is open, so that it ends with its own statement.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::Remark;

/// <https://www.postgresql.org/docs/current/sql-set.html>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    if script.read.transaction {
        return;
    }
    for line in script.lines() {
        for remark in &line.statement.reading.remarks {
            let Remark::SetsLocal(name) = remark else { continue };
            let message = format!("{name} is set until the transaction ends, and without one that is at once");
            let hint =
                "SET it for the session, which Branchline resets behind the script, or let the script be a transaction";
            found.push(line.found(Code::LocalSetting, message).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn without_a_transaction() {
        for script in ["SET LOCAL lock_timeout = '1s'", "SELECT set_config('lock_timeout', '1s', true)"] {
            assert_eq!(findings(Dialect::Postgres, script, false), ["local_setting 1:1"], "{script}");
            assert_eq!(findings(Dialect::Postgres, script, true), [] as [&str; 0], "{script}");
        }
        assert_eq!(findings(Dialect::Postgres, "SET lock_timeout = '1s'", false), [] as [&str; 0]);
        assert_eq!(findings(Dialect::Mysql, "SET LOCAL sql_mode = ''", false), [] as [&str; 0]);
    }
}
