//! A setting of the whole server that is changed by a script of one database.

use crate::lint::code::Code;
use crate::lint::finding::Found;
use crate::lint::script::Script;
use crate::sql::Remark;

/// <https://www.postgresql.org/docs/current/sql-altersystem.html>,
/// <https://dev.mysql.com/doc/refman/8.4/en/set-variable.html>
pub fn check(script: &Script<'_>, found: &mut Vec<Found>) {
    for line in script.lines() {
        for remark in &line.statement.reading.remarks {
            let Remark::SetsServer(name) = remark else { continue };
            let message = format!("{name} is changed for the whole server, with all its databases");
            let hint = "set it where the server is set up, or for the session alone";
            found.push(line.found(Code::ServerState, message).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::testing::findings;

    #[test]
    fn of_the_whole_server() {
        for script in
            ["SET GLOBAL x = 1", "SET @@global.x = 1", "SET PERSIST x = 1", "SET GLOBAL TRANSACTION READ ONLY"]
        {
            assert_eq!(findings(Dialect::Mysql, script, false), ["server_state 1:1"], "{script}");
        }
        assert_eq!(findings(Dialect::Mysql, "SET SESSION sql_mode = 'x'", false), [] as [&str; 0]);
        for script in ["ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM RESET ALL"] {
            assert_eq!(findings(Dialect::Postgres, script, false), ["server_state 1:1"], "{script}");
        }
        assert_eq!(findings(Dialect::Postgres, "ALTER DATABASE d SET work_mem = '1MB'", true), [] as [&str; 0]);
    }
}
