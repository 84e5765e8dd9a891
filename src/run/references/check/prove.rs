//! Proves suspects: what was streamed is older than what is.
//!
//! In turn, on the databases that take the writes: the referring rows, the parents, the same rows again, the parents again. An
//! orphan is a row that was there both times with the same key, whose parent was there neither time. A row that is written
//! first and then its parent, or deleted in the other order, or that moves from parent to parent, is never one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catalog::ColumnKind;
use crate::database::{Capture, DatabaseError, KeyRow, Session};
use crate::reference::keys::{KeyKind, KeySource, Range, Reading, Shape, Value};
use crate::reference::{Class, End, Leg};
use crate::revision::Checksum;

use super::compare::{Suspect, key_of};
use super::feed::PAGE;

/// As many suspects are proved at once.
pub(super) const BATCH: usize = 500;

/// As many rows of them are looked at; a key that has more by itself is told by some of them, and counted.
const ROWS: usize = 20_000;

/// As many rows are named of an orphan.
const NAMED: usize = 3;

/// What a suspect came to be.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) suspect: Suspect,
    pub(super) class: Class,
    /// How many rows that is.
    pub(super) rows: u64,
    /// What tells some of them apart.
    pub(super) row_ids: Vec<Vec<String>>,
}

/// Two sessions, one at each end of a leg, and what is asked there.
pub(super) struct Prover<'s, 'l> {
    pub(super) children: &'s mut Session,
    pub(super) parents: &'s mut Session,
    pub(super) leg: &'l Leg,
    /// The reference, where a sweep changes rows for it.
    pub(super) swept: Option<&'l Checksum>,
}

/// The rows of each suspect, by what tells them apart.
type Rows = HashMap<Identity, Vec<Vec<String>>>;

/// Whether it was the parents' database that failed, and how.
type Failed = (bool, DatabaseError);

fn of_children(error: DatabaseError) -> Failed {
    (false, error)
}

fn of_parents(error: DatabaseError) -> Failed {
    (true, error)
}

/// Whether a parent is there, and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parent {
    Counts,
    DoesNotCount,
}

impl Prover<'_, '_> {
    /// Proves suspects of one leg.
    pub(super) async fn prove(&mut self, suspects: Vec<Suspect>) -> Result<Vec<Verdict>, Failed> {
        let mut verdicts = Vec::with_capacity(suspects.len());
        let mut waiting: Vec<Vec<Suspect>> = suspects.chunks(BATCH).map(<[Suspect]>::to_vec).collect();
        while let Some(mut batch) = waiting.pop() {
            let before = self.rows(&batch).await?;
            if before.is_full && batch.len() > 1 {
                let rest = batch.split_off(batch.len() / 2);
                waiting.extend([batch, rest]);
                continue;
            }
            verdicts.extend(self.prove_batch(batch, before).await?);
        }
        Ok(verdicts)
    }

    async fn prove_batch(&mut self, batch: Vec<Suspect>, before: RowsFound) -> Result<Vec<Verdict>, Failed> {
        let keys: BTreeSet<Vec<u8>> = batch.iter().filter_map(|suspect| suspect.key.clone()).collect();
        let first = self.parents(&keys, true).await?;
        let after = self.rows(&batch).await?;
        let second = self.parents(&keys, false).await?;
        let mut verdicts = Vec::with_capacity(batch.len());
        for suspect in batch {
            let key = Identity::of(&suspect);
            let kept = rows_in_both(before.rows.get(&key), after.rows.get(&key));
            let found = suspect.key.as_ref().map(|key| (first.get(key), second.get(key)));
            let class = match (found, kept.0) {
                (_, 0) => Class::Transient,
                (None, _) => Class::Malformed,
                (Some((None, None)), _) => Class::Confirmed,
                (Some((Some(Parent::DoesNotCount), Some(Parent::DoesNotCount))), _) => Class::SoftDeleted,
                _ => Class::Transient,
            };
            let mut rows = kept.0;
            if after.is_full && class != Class::Transient {
                rows = self
                    .children
                    .count_rows(&self.leg.child.source, Some(&suspect.forms))
                    .await
                    .map_err(of_children)?
                    .max(rows);
            }
            let rows = if class == Class::Transient { suspect.rows } else { rows };
            verdicts.push(Verdict { suspect, class, rows, row_ids: kept.1 });
        }
        self.find_variants(&mut verdicts).await?;
        self.find_pending(&mut verdicts).await?;
        Ok(verdicts)
    }

    /// The referring rows of these suspects, as they are now.
    async fn rows(&mut self, batch: &[Suspect]) -> Result<RowsFound, Failed> {
        let source = &self.leg.child.source;
        let forms: Vec<Vec<Vec<Value>>> = batch.iter().map(|suspect| suspect.forms.clone()).collect();
        let were_read = batch.iter().all(|suspect| suspect.rows > 0);
        let found = self.children.rows_of_keys(source, &forms, ROWS, were_read).await.map_err(of_children)?;
        let is_full = found.len() >= ROWS;
        let shape = source.shape();
        let mut rows = Rows::new();
        // The database may take others for the same: what counts is what was read, or what was asked for.
        let by_key = batch.iter().any(|suspect| !suspect.as_read);
        for KeyRow { key, row } in found {
            if by_key && let Some(key) = key_of(&shape, &key) {
                rows.entry(Identity::Key(key)).or_default().push(row);
            } else {
                rows.entry(Identity::of_values(&key)).or_default().push(row);
            }
        }
        Ok(RowsFound { rows, is_full })
    }

    /// Which of these keys have a parent now. With `thoroughly`, those too that a column has in a form of its own.
    async fn parents(
        &mut self,
        keys: &BTreeSet<Vec<u8>>,
        thoroughly: bool,
    ) -> Result<HashMap<Vec<u8>, Parent>, Failed> {
        let source = &self.leg.parent.source;
        let shape = source.shape();
        let values: Vec<Vec<Value>> = keys.iter().map(|key| shape.values(key)).collect();
        let mut parents = HashMap::new();
        if values.is_empty() {
            return Ok(parents);
        }
        let filter = self.leg.parent_filter.as_deref();
        let mut take = |found: Vec<(Vec<Value>, bool)>| {
            for (values, counts) in found {
                // Others may be taken for the same by the database.
                let Some(key) = key_of(&shape, &values).filter(|key| keys.contains(key)) else { continue };
                let parent = if counts { Parent::Counts } else { Parent::DoesNotCount };
                let known = parents.entry(key).or_insert(parent);
                if counts {
                    *known = Parent::Counts;
                }
            }
        };
        take(self.parents.probe_keys(source, &values, filter).await.map_err(of_parents)?);
        if thoroughly && self.parents.new_page(source).keeps_originals() {
            let absent: HashSet<Vec<u8>> = keys.iter().filter(|key| !parents.contains_key(*key)).cloned().collect();
            for (key, values) in self.read_through(absent).await? {
                let found = self.parents.probe_keys(source, &[values], filter).await.map_err(of_parents)?;
                let counts = found.first().is_none_or(|(_, counts)| *counts);
                parents.insert(key, if counts { Parent::Counts } else { Parent::DoesNotCount });
            }
        }
        Ok(parents)
    }

    /// Looks for keys among all parents, whatever form they have there: where no index can be asked for every form.
    async fn read_through(&mut self, mut absent: HashSet<Vec<u8>>) -> Result<Vec<(Vec<u8>, Vec<Value>)>, Failed> {
        let mut found = Vec::new();
        let End { source, .. } = &self.leg.parent;
        let reading = self.leg.parent.in_any_order();
        let reading = if reading == Reading::Whole { Reading::Ordered } else { reading };
        let mut part = Range { limit: Some(PAGE), ..Range::default() };
        let mut page = self.parents.new_page(source);
        while !absent.is_empty() {
            let read = self.parents.read_keys(source, reading, &part, page, None).await.map_err(of_parents)?;
            for at in 0..read.page.len() {
                if let Some(key) = absent.take(read.page.key(at)) {
                    found.push((key, read.page.values(at)));
                }
            }
            if !read.is_full {
                break;
            }
            page = read.page.next();
            part.after = read.cursor;
        }
        Ok(found)
    }

    /// Keys whose parent is on record as deleted: a sweep is due, and will see to their rows. Where it only reports them, or has
    /// been there already, nobody will: they are orphans.
    async fn find_pending(&mut self, verdicts: &mut [Verdict]) -> Result<(), Failed> {
        let Some(reference) = self.swept else { return Ok(()) };
        let source = &self.leg.parent.source;
        let columns = source.columns.iter().map(|key| (key.column.name.clone(), key.column.kind)).collect();
        let capture = Capture::new(source.table.clone(), columns);
        let shape = source.shape();
        let mut confirmed: Vec<&mut Verdict> =
            verdicts.iter_mut().filter(|verdict| verdict.class == Class::Confirmed).collect();
        let text = |key: &Vec<u8>| shape.values(key).iter().map(ToString::to_string).collect::<Vec<String>>();
        let keys: Vec<Vec<String>> =
            confirmed.iter().map(|verdict| verdict.suspect.key.as_ref().map(text).unwrap_or_default()).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let kinds: Vec<ColumnKind> = shape.kinds().iter().map(|kind| kind.of_texts()).collect();
        let pending = self.parents.pending_deletes(&capture, reference, &keys, &kinds).await.map_err(of_parents)?;
        for (place, verdict) in confirmed.iter_mut().enumerate() {
            if pending.contains(&place) {
                verdict.class = Class::Pending;
            }
        }
        Ok(())
    }

    /// Texts without a parent that would have one if case and spaces did not count.
    async fn find_variants(&mut self, verdicts: &mut [Verdict]) -> Result<(), Failed> {
        let source = &self.leg.parent.source;
        let [column] = source.columns.as_slice() else { return Ok(()) };
        if column.compared_as != KeyKind::Text {
            return Ok(());
        }
        let folded: Vec<String> =
            verdicts.iter().filter(|verdict| verdict.class == Class::Confirmed).filter_map(folded_of_verdict).collect();
        if folded.is_empty() {
            return Ok(());
        }
        let variants = self.parents.variants_of_keys(source, &folded).await.map_err(of_parents)?;
        let variants: BTreeSet<String> = variants.iter().filter_map(|values| folded_value(values.first()?)).collect();
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.class == Class::Confirmed) {
            if folded_of_verdict(verdict).is_some_and(|folded| variants.contains(&folded)) {
                verdict.class = Class::CaseVariant;
            }
        }
        Ok(())
    }
}

struct RowsFound {
    rows: Rows,
    /// Whether there may be more.
    is_full: bool,
}

/// What the rows of a suspect are found by again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    /// Its key: how the column has it is not known.
    Key(Vec<u8>),
    /// Its values as the column has them.
    Values(String),
}

impl Identity {
    fn of_values(values: &[Value]) -> Self {
        Self::Values(format!("{values:?}"))
    }

    fn of(suspect: &Suspect) -> Self {
        match &suspect.key {
            Some(key) if !suspect.as_read => Self::Key(key.clone()),
            _ => Self::of_values(&suspect.forms.iter().filter_map(|forms| forms.first().cloned()).collect::<Vec<_>>()),
        }
    }
}

/// How many rows there are in both, and what tells some of them apart. Rows that nothing tells apart are only counted.
fn rows_in_both(before: Option<&Vec<Vec<String>>>, after: Option<&Vec<Vec<String>>>) -> (u64, Vec<Vec<String>>) {
    let (Some(before), Some(after)) = (before, after) else { return (0, Vec::new()) };
    if before.iter().all(Vec::is_empty) {
        return (before.len().min(after.len()) as u64, Vec::new());
    }
    let before: HashSet<&Vec<String>> = before.iter().collect();
    let both: Vec<&Vec<String>> = after.iter().filter(|row| before.contains(row)).collect();
    (both.len() as u64, both.into_iter().take(NAMED).cloned().collect())
}

fn folded_of_verdict(verdict: &Verdict) -> Option<String> {
    folded_value(verdict.suspect.forms.first()?.first()?)
}

fn folded_value(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.trim_end_matches(' ').to_lowercase()),
        _ => None,
    }
}

/// The forms that a referring column may have a key in, where nothing but the key is known.
pub(super) fn forms_of(source: &KeySource, shape: &Shape, key: &[u8]) -> Vec<Vec<Value>> {
    source.columns.iter().zip(shape.values(key)).map(|(column, value)| column.forms(&value)).collect()
}

/// The suspects of each leg.
pub(super) fn by_leg(suspects: Vec<Suspect>) -> BTreeMap<usize, Vec<Suspect>> {
    let mut legs: BTreeMap<usize, Vec<Suspect>> = BTreeMap::new();
    for suspect in suspects {
        legs.entry(suspect.leg).or_default().push(suspect);
    }
    legs
}
