//! The keys of deleted parents: recorded by triggers, read in batches, marked as each reference has dealt with them, taken away
//! once all have.
//!
//! A key is recorded in the transaction that deletes its row, so that neither is there without the other. Reading and marking
//! take no lock: two sweeps that read the same keys do the same twice, which changes nothing the second time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::catalog::ColumnKind;
use crate::hex::hex;
use crate::reference::{Form, forms};
use crate::revision::Checksum;
use crate::sql::ObjectName;

use super::error::{DatabaseError, DatabaseErrorKind};
use super::key_sql::{Key, KeySql, KeyTable};
use super::poll::Lockable as _;
use super::record::Line;
use super::row::texts;
use super::stepwise::Stepwise as _;
use super::tables::Of;
use super::{Engine, LockedSession, Session, ask, on_engine};

/// How many keys are looked for, or taken away, with one statement.
const KEYS_A_STATEMENT: usize = 200;

/// A table, and the columns whose deleted keys are recorded: one for all references that lead to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Of the table and the columns: the same wherever it is computed.
    pub id: Checksum,
    /// The table.
    pub table: ObjectName,
    /// The columns, with what their values are.
    pub columns: Vec<(String, ColumnKind)>,
}

/// A capture as the state tables hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRow {
    /// The id of the capture.
    pub source: Checksum,
    /// The table.
    pub table: ObjectName,
    /// The columns.
    pub columns: Vec<String>,
    /// What its triggers are called, but for their endings.
    pub trigger: String,
    /// When it was installed: RFC 3339, in UTC. Set by the database.
    pub installed_at: String,
    /// Deletions that it does not see, in words.
    pub gaps: Vec<String>,
    /// Whether its triggers are there and switched on, as far as they can be seen.
    pub works: bool,
}

/// The triggers of a capture.
pub(super) struct Trigger {
    /// What they are called, but for their endings: another body has another name.
    pub(super) name: String,
    /// The statements that make them.
    pub(super) create: Vec<String>,
}

impl Trigger {
    pub(super) fn name(body: &str) -> String {
        let digest = Sha256::digest(body);
        format!("branchline_deleted_{}", hex(&digest[..8]))
    }
}

/// What an engine must be able to do to record deleted keys, and to change rows in a transaction that is looked at before it is
/// committed.
pub(super) trait Recorder {
    /// The triggers of a capture.
    fn trigger(&self, capture: &Capture) -> Trigger;

    /// What takes the triggers of this name away.
    fn drop_trigger(&self, name: &str) -> Vec<String>;

    /// A query that says `true` where all triggers of this name are there, and `unseen` where the login can see none of the table.
    fn has_trigger(&self, name: &str, table: &ObjectName) -> String;

    /// A query for the deletions that no trigger sees, in words; none where there are none.
    fn gaps(&self, capture: &Capture) -> Option<String>;

    /// What begins a transaction that changes rows.
    fn begin_work(&self) -> String;

    /// Makes triggers; what is there already stays.
    async fn install(&mut self, statements: &[String]) -> Result<(), DatabaseError>;

    /// Runs a statement, and says how many rows it changed.
    async fn affect(&mut self, sql: String) -> Result<u64, DatabaseError>;
}

/// A recorded key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedKey {
    /// Counts up within a database.
    pub id: i64,
    /// The key; none where the whole table was emptied, and nobody knows of what.
    pub key: Option<Key>,
    /// When it was deleted, by the database's clock: RFC 3339, in UTC.
    pub at: String,
}

/// Which recorded keys are asked for.
#[derive(Debug, Clone, Copy)]
pub struct KeyBatch<'a> {
    /// The capture.
    pub source: &'a Checksum,
    /// How many columns its keys have.
    pub columns: usize,
    /// The reference that is to deal with them.
    pub reference: &'a Checksum,
    /// Those whose rows it has only reported, behind this id, instead of those that are new to it.
    pub reported_after: Option<i64>,
    /// Of the new ones, those behind this id.
    pub after: i64,
    /// Only those up to this id: who sweeps while others delete comes to an end.
    pub until: i64,
    /// Only keys that were deleted so long ago.
    pub grace: Duration,
    /// How many at most.
    pub most: u64,
}

/// What a reference has done about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The key's id.
    pub id: i64,
    /// How many rows refer to it still, where they were only reported; none where it is done with.
    pub rows: Option<u64>,
}

/// What waits for a reference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Backlog {
    /// Keys that it has not dealt with.
    pub pending: u64,
    /// When the oldest of them was deleted.
    pub oldest_at: Option<String>,
    /// How many seconds ago that was.
    pub oldest_seconds: Option<u64>,
    /// Times that the whole table was emptied, among them: only a check tells what that left behind.
    pub emptied: u64,
    /// Keys whose rows it has only reported.
    pub reported: u64,
    /// Those rows.
    pub reported_rows: u64,
}

impl Capture {
    /// A capture of a table's columns.
    #[must_use]
    pub fn new(table: ObjectName, columns: Vec<(String, ColumnKind)>) -> Self {
        let names = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        let id = Checksum::of(&serde_json::json!([table.schema, table.name, names]).to_string());
        Self { id, table, columns }
    }

    /// The ways in which a key may be on record: a text may be written in several.
    fn written(&self, key: &Key, kinds: &[ColumnKind]) -> Vec<Key> {
        let columns = key.iter().zip(kinds).zip(&self.columns);
        columns.fold(vec![Vec::new()], |keys, ((text, kind), (_, own))| {
            // One engine has the word for a type, and takes anything for it.
            let own = if *own == ColumnKind::Uuid { ColumnKind::Loose } else { *own };
            let forms = forms(text, *kind, own);
            let with = |key: &Key, form: &Form| key.iter().cloned().chain([form.as_text().to_owned()]).collect();
            keys.iter().flat_map(|key| forms.iter().map(move |form| with(key, form))).collect()
        })
    }
}

impl LockedSession {
    /// As [`Session::captures`], now that nobody else changes them.
    ///
    /// # Errors
    ///
    /// As [`Session::captures`].
    pub async fn captures(&mut self) -> Result<Vec<CaptureRow>, DatabaseError> {
        self.session.captures().await
    }

    /// As [`Session::backlog`].
    ///
    /// # Errors
    ///
    /// As [`Session::backlog`].
    pub async fn backlog(&mut self, source: &Checksum, reference: &Checksum) -> Result<Backlog, DatabaseError> {
        self.session.backlog(source, reference).await
    }

    /// Records deleted keys from now on. One that is there already stays as it is, or is brought up to date. Gives the deletions
    /// that it will not see, in words.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn install_capture(&mut self, capture: &Capture) -> Result<Vec<String>, DatabaseError> {
        let before = self.session.captures().await?;
        let before = before.into_iter().find(|row| row.source == capture.id);
        ask!(&mut self.session, engine => {
            let mut gaps = Vec::new();
            if let Some(query) = engine.gaps(capture) {
                for row in engine.rows(&query).await? {
                    gaps.extend(texts(&row, 1).into_iter().flatten());
                }
            }
            let trigger = engine.trigger(capture);
            engine.install(&engine.flavor().create_capture_tables()).await?;
            engine.install(&trigger.create).await?;
            let row = CaptureRow {
                source: capture.id,
                table: capture.table.clone(),
                columns: capture.columns.iter().map(|(name, _)| name.clone()).collect(),
                trigger: trigger.name,
                installed_at: String::new(),
                gaps,
                works: true,
            };
            // The new ones are at work by now: for a moment a key may be recorded twice, and at no moment not at all.
            if let Some(old) = before.filter(|old| old.trigger != row.trigger) {
                engine.install(&engine.drop_trigger(&old.trigger)).await?;
            }
            let statements = engine.flavor().insert_capture(&row);
            engine.write_together(&statements).await?;
            Ok(row.gaps)
        })
    }

    /// Records deleted keys no longer. Those that were recorded are forgotten: nobody would complete them.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn uninstall_capture(&mut self, row: &CaptureRow) -> Result<(), DatabaseError> {
        ask!(&mut self.session, engine => {
            engine.install(&engine.drop_trigger(&row.trigger)).await?;
            let mut statements = engine.flavor().forget_deleted(&row.source);
            statements.push(engine.flavor().delete_capture(&row.source));
            engine.write_together(&statements).await
        })
    }
}

/// Said of triggers that may be there or not.
const UNSEEN: &str = "whether the triggers are still there is not known: this login may only read the table, and sees none (GRANT TRIGGER)";

impl Session {
    /// Adds lines to the journal, without a lock.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn write_lines(&mut self, lines: &[Line]) -> Result<(), DatabaseError> {
        ask!(self, engine => {
            let statement = engine.flavor().insert_lines(lines);
            engine.write_together(&[statement]).await
        })
    }

    /// The captures of this database, and whether each still works; none where there never was one.
    ///
    /// # Errors
    ///
    /// What the database says; state tables that were tampered with.
    pub async fn captures(&mut self) -> Result<Vec<CaptureRow>, DatabaseError> {
        let rows = ask!(self, engine => {
            let captures = engine.flavor().captures();
            match engine.rows(&captures).await {
                Ok(rows) => rows.iter().map(|row| capture_row(engine.database(), &texts(row, 7))).collect(),
                Err(error) if is_missing(&error) => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        });
        let mut rows: Vec<CaptureRow> = rows?;
        for row in &mut rows {
            let found = ask!(self, engine => {
                let query = engine.has_trigger(&row.trigger, &row.table);
                let found = engine.rows(&query).await?;
                Ok(found.first().and_then(|row| texts(row, 1).into_iter().next().flatten()).unwrap_or_default())
            })?;
            row.works = found != "false";
            if found == "unseen" {
                row.gaps.push(UNSEEN.to_owned());
            }
        }
        Ok(rows)
    }

    /// The id of the newest recorded key; zero where there is none.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn newest_key(&mut self, source: &Checksum) -> Result<i64, DatabaseError> {
        ask!(self, engine => {
            let rows = engine.rows(&engine.flavor().newest_deleted(source)).await?;
            let newest = rows.first().and_then(|row| texts(row, 1).into_iter().next().flatten());
            Ok(newest.and_then(|id| id.parse().ok()).unwrap_or(0))
        })
    }

    /// Recorded keys that a reference is to deal with, by their ids.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn deleted_keys(&mut self, batch: &KeyBatch<'_>) -> Result<Vec<DeletedKey>, DatabaseError> {
        ask!(self, engine => {
            let of = batch.reported_after.map_or(Of::New(batch.after), Of::Reported);
            let query = engine.flavor().deleted(batch, of);
            let rows = engine.rows(&query).await?;
            rows.iter().map(|row| deleted_key(engine.database(), &texts(row, 4), batch.columns)).collect()
        })
    }

    /// Notes what a reference has done about keys, and takes those of them away that all of `live` are done with; keeps them
    /// all where it is not known which references are live.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn mark_keys(
        &mut self,
        source: &Checksum,
        reference: &Checksum,
        live: Option<&[Checksum]>,
        marks: &[Mark],
    ) -> Result<(), DatabaseError> {
        for marks in marks.chunks(KEYS_A_STATEMENT) {
            let ids: Vec<i64> = marks.iter().map(|mark| mark.id).collect();
            ask!(self, engine => {
                let insert = engine.flavor().insert_marks(reference, marks);
                engine.write_together(&[insert]).await
            })?;
            if let Some(live) = live {
                self.take_away(source, live, Some(&ids)).await?;
            }
        }
        Ok(())
    }

    /// Takes all keys away that all of these references are done with: two sweeps that end a key at once may each have left that
    /// to the other.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn clear_keys(&mut self, source: &Checksum, live: &[Checksum]) -> Result<(), DatabaseError> {
        while self.take_away(source, live, None).await? > 0 {}
        ask!(self, engine => {
            let statement = engine.flavor().delete_lost_marks();
            engine.write_together(&[statement]).await
        })
    }

    async fn take_away(
        &mut self,
        source: &Checksum,
        live: &[Checksum],
        ids: Option<&[i64]>,
    ) -> Result<usize, DatabaseError> {
        if live.is_empty() {
            return Ok(0);
        }
        ask!(self, engine => {
            let most = u64::try_from(KEYS_A_STATEMENT).unwrap_or(u64::MAX);
            let rows = engine.rows(&engine.flavor().finished(source, live, ids, most)).await?;
            let ids: Vec<i64> =
                rows.iter().filter_map(|row| texts(row, 1).into_iter().next()??.parse().ok()).collect();
            if !ids.is_empty() {
                let statements = engine.flavor().delete_keys(&ids);
                engine.write_together(&statements).await?;
            }
            Ok(ids.len())
        })
    }

    /// What waits for a reference.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn backlog(&mut self, source: &Checksum, reference: &Checksum) -> Result<Backlog, DatabaseError> {
        ask!(self, engine => {
            let waiting = engine.rows(&engine.flavor().backlog(source, reference)).await?;
            let reported = engine.rows(&engine.flavor().reported(source, reference)).await?;
            let waiting = waiting.first().map(|row| texts(row, 4)).unwrap_or_default();
            let reported = reported.first().map(|row| texts(row, 5)).unwrap_or_default();
            let number = |texts: &[Option<String>], at: usize| -> Option<u64> { texts.get(at)?.as_deref()?.parse().ok() };
            Ok(Backlog {
                pending: number(&waiting, 0).unwrap_or(0),
                oldest_at: waiting.get(1).cloned().flatten(),
                oldest_seconds: number(&waiting, 2),
                emptied: number(&waiting, 3).unwrap_or(0),
                reported: number(&reported, 0).unwrap_or(0),
                reported_rows: number(&reported, 4).unwrap_or(0),
            })
        })
    }

    /// Of these keys, the places of those that are recorded as deleted and that a reference has yet to sweep; none where nothing is
    /// captured.
    /// `kinds` says what the keys' texts are: those of the column that they were read from.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn pending_deletes(
        &mut self,
        capture: &Capture,
        reference: &Checksum,
        keys: &[Key],
        kinds: &[ColumnKind],
    ) -> Result<BTreeSet<usize>, DatabaseError> {
        let mut places: BTreeMap<Key, BTreeSet<usize>> = BTreeMap::new();
        for (place, key) in keys.iter().enumerate() {
            for written in capture.written(key, kinds) {
                places.entry(written).or_default().insert(place);
            }
        }
        let written: Vec<&Key> = places.keys().collect();
        let mut found = BTreeSet::new();
        for keys in written.chunks(KEYS_A_STATEMENT) {
            let recorded: Vec<Key> = ask!(self, engine => {
                let expressions: Vec<String> = keys.iter().filter_map(|key| whole_key(engine, key)).collect();
                if expressions.is_empty() {
                    return Ok(Vec::new());
                }
                let rows = match engine.rows(&engine.flavor().known_deleted(&capture.id, reference, &expressions)).await {
                    Err(error) if is_missing(&error) => return Ok(Vec::new()),
                    rows => rows?,
                };
                let texts = rows.iter().filter_map(|row| texts(row, 1).into_iter().next().flatten());
                Ok(texts.filter_map(|text| key_of(&text, kinds.len())).collect())
            })?;
            found.extend(recorded.iter().filter_map(|key| places.get(key)).flatten());
        }
        Ok(found)
    }

    /// Of these keys, the places of those that the table has now.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn present_keys(&mut self, table: &KeyTable, keys: &[Key]) -> Result<BTreeSet<usize>, DatabaseError> {
        let mut found = BTreeSet::new();
        for (chunk, keys) in keys.chunks(KEYS_A_STATEMENT).enumerate() {
            ask!(self, engine => {
                let Some(query) = present(engine, table, keys) else { return Ok(()) };
                let rows = engine.rows(&query).await?;
                let places = rows.iter().filter_map(|row| texts(row, 1).into_iter().next()??.parse::<usize>().ok());
                found.extend(places.map(|place| chunk * KEYS_A_STATEMENT + place));
                Ok(())
            })?;
        }
        Ok(found)
    }
}

fn whole_key<E: KeySql>(_engine: &E, key: &Key) -> Option<String> {
    let texts = key.iter().map(|text| E::text(text)).collect::<Option<Vec<_>>>()?;
    Some(E::whole(&texts))
}

fn present<E: KeySql>(_engine: &E, table: &KeyTable, keys: &[Key]) -> Option<String> {
    E::present(table, keys)
}

/// Whether there is no such table: nothing was ever captured here.
fn is_missing(error: &DatabaseError) -> bool {
    matches!(error.code.as_deref(), Some("42P01" | "1146")) || error.message.starts_with("no such table: branchline_")
}

/// The key that a text stands for.
fn key_of(text: &str, columns: usize) -> Option<Key> {
    if columns == 1 {
        return Some(vec![text.to_owned()]);
    }
    serde_json::from_str::<Key>(text).ok().filter(|key| key.len() == columns)
}

fn deleted_key(database: &str, texts: &[Option<String>], columns: usize) -> Result<DeletedKey, DatabaseError> {
    let [Some(id), Some(_kind), key, Some(at)] = texts else { return Err(unreadable(database, "no key at all")) };
    let key = match key {
        Some(text) => Some(key_of(text, columns).ok_or_else(|| unreadable(database, text))?),
        None => None,
    };
    Ok(DeletedKey { id: id.parse().map_err(|_| unreadable(database, id))?, key, at: at.clone() })
}

fn capture_row(database: &str, texts: &[Option<String>]) -> Result<CaptureRow, DatabaseError> {
    let [Some(source), schema, Some(table), Some(columns), Some(trigger), Some(installed_at), Some(gaps)] = texts
    else {
        return Err(unreadable(database, "nothing where something must be"));
    };
    let list = |text: &str| serde_json::from_str(text).map_err(|_| unreadable(database, text));
    Ok(CaptureRow {
        source: source.parse().map_err(|_| unreadable(database, source))?,
        table: ObjectName { schema: schema.clone(), name: table.clone() },
        columns: list(columns)?,
        trigger: trigger.clone(),
        installed_at: installed_at.clone(),
        gaps: list(gaps)?,
        works: false,
    })
}

/// A row that makes no sense: somebody wrote to the table by hand, or a newer version did.
fn unreadable(database: &str, what: &str) -> DatabaseError {
    let message = format!("the tables of captured keys hold `{what}`");
    DatabaseError::new(DatabaseErrorKind::State, database, message)
        .hint("the tables were changed by hand, or by a newer version of this tool")
}
