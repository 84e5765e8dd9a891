//! COPY ... FROM STDIN, whose data goes over a protocol of its own.
//!
//! While data is being sent the driver reads nothing. A trigger that says something of every row would fill the wire the other
//! way, the server would wait for us, and we for the server: so nothing but errors is said while a COPY runs. Nobody would
//! see it anyway.

use sqlx::postgres::PgConnection;

use crate::failpoint;
use crate::script::Pointer;

use super::super::copy_data::CopyData;
use super::{Postgres, atomic, postgres_error};

/// What no COPY takes, in whatever format: a character that no text has. Data that does not come to its end must not be taken
/// for all of it, and the protocol's own way to say so leaves the driver in doubt where the server has refused it already.
const REFUSED: &[u8] = b"\0\n";

/// Keeps what the script has set, and says nothing but errors, until the transaction ends.
pub(super) const QUIET: &str = "\
    SELECT pg_catalog.set_config('branchline.messages', pg_catalog.current_setting('client_min_messages'), true);\
    SELECT pg_catalog.set_config('client_min_messages', 'error', true);";

/// How many results [`QUIET`] gives.
pub(super) const QUIET_RESULTS: usize = 2;

/// Takes that back.
pub(super) const LOUD: &str = "\
    SELECT pg_catalog.set_config('client_min_messages', pg_catalog.current_setting('branchline.messages'), true);";

/// How many results [`LOUD`] gives.
pub(super) const LOUD_RESULTS: usize = 1;

impl Postgres {
    /// Runs a COPY with its data, inside whatever transaction is open, where all is [`QUIET`]. It fails where the data is broken
    /// off.
    pub(super) async fn copy(&mut self, sql: &str, data: &mut CopyData<'_, '_>) -> Result<(), sqlx::Error> {
        let connection: &mut PgConnection = &mut self.connection;
        failpoint::pass();
        let mut copy = connection.copy_in_raw(sql).await?;
        while let Some(chunk) = data.next() {
            failpoint::around(copy.send(chunk)).await?;
        }
        if data.broken.is_some() {
            copy.send(REFUSED).await?;
        }
        failpoint::around(copy.finish()).await.map(drop)
    }
}

/// What an error of a COPY points at: a character of the statement, or a line of its data.
pub(super) fn pointer(error: &sqlx::Error) -> Option<Pointer> {
    if let Some(character) = atomic::position(error) {
        return Some(Pointer::Character(character));
    }
    data_line(postgres_error(error)?.r#where()?).map(Pointer::DataLine)
}

/// `COPY users, line 3, column id: "x"`, in whatever language: the first number that a word of its own stands before. Triggers
/// of the table have their lines before that one.
fn data_line(context: &str) -> Option<usize> {
    let copy = context.lines().rev().find(|line| line.starts_with("COPY "))?;
    copy.split(", ").skip(1).find_map(|part| {
        let (word, number) = part.split_once(' ')?;
        let number = number.split(':').next()?;
        word.chars().all(char::is_alphabetic).then(|| number.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::data_line;

    #[test]
    fn reads_the_line_from_the_context() {
        assert_eq!(data_line("COPY users, line 3, column id: \"x\""), Some(3));
        assert_eq!(data_line("COPY users, line 12: \"1\t2, line 4\""), Some(12));
        assert_eq!(data_line("COPY users, line 2"), Some(2));
        assert_eq!(data_line("COPY users, Zeile 7, Spalte id: »x«"), Some(7));
        assert_eq!(data_line("PL/pgSQL function f() line 1 at RAISE\nCOPY t, line 5: \"a\""), Some(5));
        assert_eq!(data_line("PL/pgSQL function f() line 1 at RAISE"), None);
    }
}
