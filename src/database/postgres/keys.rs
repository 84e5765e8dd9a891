//! Keys as PostgreSQL gives them: binary COPY, which sends a column's bytes as they are.

use futures_util::TryStreamExt as _;

use crate::catalog::ColumnKind;
use crate::hex::hex;
use crate::reference::keys::{Cell, KeyColumn, KeyKind, SourceColumn, Value};

use super::super::error::{DatabaseError, DatabaseErrorKind};
use super::super::key_sql::KeySql;
use super::super::keys::{Keyed, Standby, Taker, Words};
use super::{Postgres, STAY, cancel_backend, milliseconds};

/// PostgreSQL's words.
struct PostgresWords;

impl Words for PostgresWords {
    fn name(&self, name: &str) -> String {
        <Postgres as KeySql>::name(name)
    }

    fn selected(&self, column: &SourceColumn) -> String {
        let name = self.name(&column.name);
        if comes_as_text(column.kind) { format!("{name}::text") } else { name }
    }

    fn compared(&self, column: &SourceColumn) -> String {
        let name = self.name(&column.name);
        // What cannot be read as the type would be an error, and is no more than a value that is not there.
        if column.kind == ColumnKind::Other { format!("{name}::text") } else { name }
    }

    fn literal(&self, value: &Value, column: &SourceColumn) -> Option<String> {
        Some(match (column.kind, value) {
            (_, Value::Garbled(_)) => return None,
            (ColumnKind::Uuid, Value::Uuid(uuid)) => format!("'{uuid}'::uuid"),
            (ColumnKind::Integer { bits, unsigned }, Value::Integer(number)) => {
                let least = if unsigned { 0 } else { -(1_i128 << (bits - 1)) };
                if !(least..least + (1_i128 << bits)).contains(number) {
                    return None;
                }
                number.to_string()
            }
            (ColumnKind::Decimal { .. }, Value::Integer(number)) => format!("{number}::numeric"),
            (ColumnKind::Decimal { .. }, value) => format!("{}::numeric", text(&value.to_string())?),
            (ColumnKind::Binary { .. }, Value::Bytes(bytes)) => bytea(bytes),
            (ColumnKind::Binary { .. }, Value::Uuid(uuid)) => bytea(uuid.as_bytes()),
            // A cast to a length would cut off what is longer, and find what it is not.
            (ColumnKind::Text { padded: true, .. }, value) => format!("{}::bpchar", text(&value.to_string())?),
            (ColumnKind::Text { .. }, value) => text(&value.to_string())?,
            (ColumnKind::Other | ColumnKind::Loose, value) => text(&value.to_string())?,
            _ => return None,
        })
    }

    fn told_apart(&self, column: &SourceColumn) -> Option<String> {
        let is_exact = !matches!(column.kind, ColumnKind::Text { exact: false, .. });
        (!is_exact).then(|| format!("{}::text COLLATE \"C\"", self.name(&column.name)))
    }

    /// However a number is written, it is the same to the server.
    fn finds_every_form(&self, column: &KeyColumn) -> bool {
        let is_number = matches!(column.column.kind, ColumnKind::Decimal { .. });
        column.tells_value() || (is_number && column.compared_as == KeyKind::Decimal)
    }

    fn row_number(&self) -> Option<SourceColumn> {
        Some(SourceColumn { name: "ctid".to_owned(), kind: ColumnKind::Other, data_type: "tid".to_owned() })
    }
}

fn comes_as_text(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Decimal { .. } | ColumnKind::Other | ColumnKind::Loose)
}

fn bytea(bytes: &[u8]) -> String {
    format!("'\\x{}'::bytea", hex(bytes))
}

/// A text in which nothing can end the quotes, whatever the session has set, and that is of whatever type it is compared with: a
/// time, or a citext, is not to be compared as a text. No text here has a NUL.
fn text(text: &str) -> Option<String> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:@ ".contains(&byte));
    if is_plain(text) {
        return Some(format!("'{text}'"));
    }
    let digits = |character: char| match character {
        character if character.is_ascii_alphanumeric() => character.to_string(),
        character => format!("\\U{:08X}", u32::from(character)),
    };
    (!text.contains('\0')).then(|| format!("E'{}'", text.chars().map(digits).collect::<String>()))
}

impl Postgres {
    /// Whatever is read from now on takes no write with it, and no time to compile.
    pub(in super::super) async fn begin_reading(&mut self) -> Result<Standby, DatabaseError> {
        // What is asked stands first: staying may give a row too.
        let begin = format!(
            "SELECT pg_backend_pid()::text, pg_is_in_recovery()::text;{STAY};\
             SET default_transaction_read_only = on;SET jit = off;SET lock_timeout = {};SET statement_timeout = {}",
            milliseconds(self.lock_timeout),
            milliseconds(self.statement_timeout)
        );
        self.refuse_spent()?;
        let found = self.texts(&begin).await?;
        self.backend = found.first().and_then(|backend| backend.parse().ok());
        let follows = found.get(1).is_some_and(|recovery| recovery == "true");
        Ok(if follows { Standby::Follows } else { Standby::Leads })
    }

    /// The driver leaves to us what else comes of a COPY that failed, or that nobody read to its end.
    fn refuse_spent(&self) -> Result<(), DatabaseError> {
        let message = "a statement before this one was broken off, and its answers may still come";
        if self.is_spent {
            return Err(DatabaseError::new(DatabaseErrorKind::ConnectionLost, &self.database, message));
        }
        Ok(())
    }
}

impl Keyed for Postgres {
    fn words(&self) -> &'static dyn Words {
        &PostgresWords
    }

    fn database(&self) -> &str {
        &self.database
    }

    async fn each_row(&mut self, sql: &str, kinds: &[ColumnKind], taker: &mut impl Taker) -> Result<(), DatabaseError> {
        self.refuse_spent()?;
        self.is_spent = true;
        let (database, mut rows) = (self.database.clone(), Rows::new(kinds));
        let (options, backend, cancel) = (self.options.clone(), self.backend, self.cancel.clone());
        let copy = format!("COPY ({sql}) TO STDOUT (FORMAT binary)");
        let outcome = async {
            let mut stream = self.connection.copy_out_raw(&copy).await?;
            while let Some(piece) = stream.try_next().await? {
                if !rows.read(&piece, taker) {
                    return Ok(false);
                }
                if !taker.hand_on().await {
                    return Ok(true);
                }
            }
            self.is_spent = false;
            Ok(true)
        };
        let outcome = super::super::cancellable(outcome, &cancel, || cancel_backend(options, backend)).await;
        match outcome {
            Ok(true) => Ok(()),
            Ok(false) => Err(DatabaseError::new(
                DatabaseErrorKind::Query,
                &database,
                "the server sent rows that are not those of a binary COPY",
            )),
            Err(error) => Err(self.explain(&error)),
        }
    }
}

/// What stands before the rows: a signature, flags, and the length of what else there is.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The rows of a binary COPY, in whatever pieces they come.
struct Rows<'k> {
    kinds: &'k [ColumnKind],
    begun: bool,
    rest: Vec<u8>,
}

impl<'k> Rows<'k> {
    const fn new(kinds: &'k [ColumnKind]) -> Self {
        Self { kinds, begun: false, rest: Vec::new() }
    }

    /// Takes the rows that are whole; false where this is no such thing.
    fn read(&mut self, piece: &[u8], taker: &mut impl Taker) -> bool {
        if self.rest.is_empty() && self.begun {
            // Nearly always: a row is a message of its own.
            let Some(taken) = self.rows_of_any(piece, taker) else { return false };
            self.rest.extend_from_slice(&piece[taken..]);
            return true;
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(piece);
        let mut at = 0;
        if !self.begun {
            let Some(header) = bytes.get(..SIGNATURE.len() + 8) else {
                self.rest = bytes;
                return true;
            };
            let more = &header[SIGNATURE.len() + 4..];
            let length = u32::from_be_bytes([more[0], more[1], more[2], more[3]]) as usize;
            if !header.starts_with(SIGNATURE) || length > bytes.len() - header.len() {
                return false;
            }
            at = header.len() + length;
            self.begun = true;
        }
        let Some(taken) = self.rows_of_any(&bytes[at..], taker) else { return false };
        self.rest = bytes.split_off(at + taken);
        true
    }

    /// How many bytes the rows took that are whole. Most keys are short, and a row is read in no time: room for more columns is
    /// made only where there are more.
    fn rows_of_any(&self, bytes: &[u8], taker: &mut impl Taker) -> Option<usize> {
        if self.kinds.len() <= FEW { self.rows::<FEW>(bytes, taker) } else { self.rows::<MOST>(bytes, taker) }
    }

    fn rows<const N: usize>(&self, bytes: &[u8], taker: &mut impl Taker) -> Option<usize> {
        let mut taken = 0;
        while let Some((cells, length)) = self.row::<N>(&bytes[taken..])? {
            if length == 0 {
                // The end of all rows.
                return Some(bytes.len());
            }
            taker.take(&cells[..self.kinds.len()]);
            taken += length;
        }
        Some(taken)
    }

    /// A row and its length; nothing where it is not whole yet, none where it is no row.
    #[allow(clippy::type_complexity)]
    fn row<'b, const N: usize>(&self, bytes: &'b [u8]) -> Option<Option<([Cell<'b>; N], usize)>> {
        let mut cells = [Cell::Null; N];
        let Some(fields) = bytes.get(..2) else { return Some(None) };
        let fields = i16::from_be_bytes([fields[0], fields[1]]);
        if fields == -1 {
            return Some(Some((cells, 0)));
        }
        if usize::try_from(fields).ok()? != self.kinds.len() || self.kinds.len() > N {
            return None;
        }
        let mut at = 2;
        for (cell, kind) in cells.iter_mut().zip(self.kinds) {
            let Some(length) = bytes.get(at..at + 4) else { return Some(None) };
            let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
            at += 4;
            let Ok(length) = usize::try_from(length) else { continue };
            let Some(value) = bytes.get(at..at + length) else { return Some(None) };
            *cell = of_kind(*kind, value)?;
            at += length;
        }
        Some(Some((cells, at)))
    }
}

/// As many columns as a row here can have: a key's, and a primary key's.
const MOST: usize = 66;

/// As many as it mostly has.
const FEW: usize = 4;

fn of_kind(kind: ColumnKind, value: &[u8]) -> Option<Cell<'_>> {
    Some(match kind {
        ColumnKind::Uuid => Cell::Uuid(value.try_into().ok()?),
        // An oid.
        ColumnKind::Integer { bits: 32, unsigned: true } => {
            Cell::Integer(u32::from_be_bytes(value.try_into().ok()?).into())
        }
        ColumnKind::Integer { .. } => Cell::Integer(match *value {
            [a, b] => i16::from_be_bytes([a, b]).into(),
            [a, b, c, d] => i32::from_be_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]).into(),
            _ => return None,
        }),
        ColumnKind::Binary { .. } => Cell::Bytes(value),
        _ => Cell::Text(std::str::from_utf8(value).ok()?),
    })
}
