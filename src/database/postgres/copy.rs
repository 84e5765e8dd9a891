//! COPY ... FROM STDIN, whose data goes over the protocol of its own.

use sqlx::postgres::PgConnection;

use crate::script::Pointer;

use super::{Postgres, atomic, postgres_error};

/// How much is handed over at once: the driver copies it before it is sent.
const CHUNK_BYTES: usize = 256 * 1024;

impl Postgres {
    /// Runs a COPY with its data, inside whatever transaction is open.
    pub(super) async fn copy(&mut self, sql: &str, data: &str) -> Result<(), sqlx::Error> {
        let connection: &mut PgConnection = &mut self.connection;
        let mut copy = connection.copy_in_raw(sql).await?;
        for chunk in data.as_bytes().chunks(CHUNK_BYTES) {
            copy.send(chunk).await?;
        }
        copy.finish().await.map(drop)
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
