//! Proves suspects: what was streamed is older than what is.
//!
//! In turn, on the databases that take the writes: the referring rows, the parents, the same rows again, the parents again. An
//! orphan is a row that was there both times with the same key, whose parent was there neither time. A row that is written
//! first and then its parent, or deleted in the other order, or that moves from parent to parent, is never one.
//!
//! Where the parents cannot be asked for a key in all its forms, they are read through. That takes as long for many suspects as
//! for one, and so many go together: in a lot each suspect is still looked at in that order.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalog::ColumnKind;
use crate::database::{Capture, DatabaseError, KeyRow, Session};
use crate::reference::keys::{KeyKind, KeyPage, Value};
use crate::reference::{Class, Leg};
use crate::revision::Checksum;

use super::compare::{Suspect, hash_of, key_of};
use super::through::read_through;

/// As many suspects are asked for by one statement.
pub(super) const BATCH: usize = 500;

/// As many bytes of suspects, and of what is known of their rows, go together where parents are read through.
pub(super) const LOT: usize = 3 << 20;

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

/// What the rows of a suspect are found by again: a hash of its key, or of its values where it is known how the column has them.
type Identity = u128;

/// The rows of suspects, each by what tells it apart.
type Rows = HashMap<Identity, Vec<Vec<String>>>;

/// Parents by their keys, as their columns have them: where no form that can be asked for is theirs.
type OtherForms = HashMap<Vec<u8>, Vec<Value>>;

/// Suspects that one statement asks for, and a hash of what tells apart each row that they had at first.
struct Batch {
    suspects: Vec<Suspect>,
    before: HashMap<Identity, Vec<u128>>,
}

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
    /// Whether many suspects are better proved together: each time, all parents are read.
    pub(super) fn goes_in_lots(&self) -> bool {
        let source = &self.leg.parent.source;
        let has_variants = source.columns.len() == 1 && source.columns[0].compared_as == KeyKind::Text;
        has_variants || !self.parents.finds_every_form(source)
    }

    /// Proves suspects of one leg.
    pub(super) async fn prove(&mut self, suspects: Vec<Suspect>) -> Result<Vec<Verdict>, Failed> {
        let most = if self.goes_in_lots() { LOT } else { 0 };
        let mut verdicts = Vec::with_capacity(suspects.len());
        let mut suspects = suspects.into_iter();
        let (mut lot, mut size) = (Vec::new(), 0);
        loop {
            let mut waiting: Vec<Vec<Suspect>> = vec![suspects.by_ref().take(BATCH).collect()];
            while let Some(mut suspects) = waiting.pop().filter(|suspects| !suspects.is_empty()) {
                let before = self.rows(&suspects).await?;
                if before.is_full && suspects.len() > 1 {
                    let rest = suspects.split_off(suspects.len() / 2);
                    waiting.extend([suspects, rest]);
                    continue;
                }
                size += suspects.iter().map(Suspect::size).sum::<usize>() + before.size();
                lot.push(Batch { suspects, before: before.hashes() });
                if size >= most {
                    verdicts.extend(self.prove_lot(std::mem::take(&mut lot)).await?);
                    size = 0;
                }
            }
            if suspects.len() == 0 {
                verdicts.extend(self.prove_lot(lot).await?);
                return Ok(verdicts);
            }
        }
    }

    /// Proves suspects whose rows have been looked at once.
    async fn prove_lot(&mut self, lot: Vec<Batch>) -> Result<Vec<Verdict>, Failed> {
        let first = self.parents_of(lot.iter().flat_map(|batch| &batch.suspects)).await?;
        let mut seen = Vec::with_capacity(lot.iter().map(|batch| batch.suspects.len()).sum());
        for Batch { suspects, before } in lot {
            let after = self.rows(&suspects).await?;
            for suspect in suspects {
                let identity = identity_of(&suspect);
                let (rows, row_ids) = rows_in_both(before.get(&identity), after.rows.get(&identity));
                seen.push((Verdict { suspect, class: Class::Transient, rows, row_ids }, after.is_full));
            }
        }
        // Of one whose rows did not stay nobody needs to know more.
        let stays = seen.iter().filter(|(verdict, _)| verdict.rows > 0);
        let second = self.parents_of(stays.map(|(verdict, _)| &verdict.suspect)).await?;
        let mut verdicts = Vec::with_capacity(seen.len());
        for (mut verdict, is_full) in seen {
            let found = verdict.suspect.key.as_ref().map(|key| (first.get(key), second.get(key)));
            verdict.class = match (found, verdict.rows) {
                (_, 0) => Class::Transient,
                (None, _) => Class::Malformed,
                (Some((None, None)), _) => Class::Confirmed,
                (Some((Some(Parent::DoesNotCount), Some(Parent::DoesNotCount))), _) => Class::SoftDeleted,
                _ => Class::Transient,
            };
            if verdict.class == Class::Transient {
                verdict.rows = verdict.suspect.rows;
            } else if is_full {
                let source = &self.leg.child.source;
                let counted = self.children.count_rows(source, Some(&verdict.suspect.forms)).await;
                verdict.rows = counted.map_err(of_children)?.max(verdict.rows);
            }
            verdicts.push(verdict);
        }
        self.find_variants(&mut verdicts).await?;
        for verdicts in verdicts.chunks_mut(BATCH) {
            self.find_pending(verdicts).await?;
        }
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
        let by_values = batch.iter().any(|suspect| suspect.as_read || suspect.key.is_none());
        for KeyRow { key, row } in found {
            if by_key && let Some(key) = key_of(&shape, &key) {
                rows.entry(hash_of(&key)).or_default().push(row.clone());
            }
            if by_values {
                rows.entry(identity_of_values(&key)).or_default().push(row);
            }
        }
        Ok(RowsFound { rows, is_full })
    }

    /// Which of these have a parent now, in whatever form it stands there.
    async fn parents_of(
        &mut self,
        suspects: impl Iterator<Item = &Suspect>,
    ) -> Result<HashMap<Vec<u8>, Parent>, Failed> {
        let keys: BTreeSet<&Vec<u8>> = suspects.filter_map(|suspect| suspect.key.as_ref()).collect();
        let keys: Vec<&Vec<u8>> = keys.into_iter().collect();
        let (source, shape) = (&self.leg.parent.source, self.leg.parent.source.shape());
        let mut parents = HashMap::new();
        for some in keys.chunks(BATCH) {
            let values: Vec<Vec<Value>> = some.iter().map(|key| shape.values(key)).collect();
            self.find_parents(some, &values, &mut parents).await?;
        }
        if self.parents.finds_every_form(source) {
            return Ok(parents);
        }
        let absent: HashSet<Vec<u8>> = keys.into_iter().filter(|key| !parents.contains_key(*key)).cloned().collect();
        let others: Vec<(Vec<u8>, Vec<Value>)> = self.in_other_forms(absent).await?.into_iter().collect();
        for some in others.chunks(BATCH) {
            let (keys, values): (Vec<&Vec<u8>>, Vec<Vec<Value>>) =
                some.iter().map(|(key, values)| (key, values.clone())).unzip();
            self.find_parents(&keys, &values, &mut parents).await?;
            for key in keys {
                // It was there, whatever became of it meanwhile.
                parents.entry(key.clone()).or_insert(Parent::Counts);
            }
        }
        Ok(parents)
    }

    /// Which of these keys have a parent now that has one of these values, and whether it counts.
    async fn find_parents(
        &mut self,
        keys: &[&Vec<u8>],
        values: &[Vec<Value>],
        parents: &mut HashMap<Vec<u8>, Parent>,
    ) -> Result<(), Failed> {
        let (source, filter) = (&self.leg.parent.source, self.leg.parent_filter.as_deref());
        let (shape, keys) = (source.shape(), keys.iter().copied().collect::<HashSet<_>>());
        for (values, counts) in self.parents.probe_keys(source, values, filter).await.map_err(of_parents)? {
            // Others may be taken for the same by the database.
            let Some(key) = key_of(&shape, &values).filter(|key| keys.contains(key)) else { continue };
            let parent = if counts { Parent::Counts } else { Parent::DoesNotCount };
            let known = parents.entry(key).or_insert(parent);
            if counts {
                *known = Parent::Counts;
            }
        }
        Ok(())
    }

    /// Looks for keys among all parents, whatever form they have there: where no index can be asked for every form.
    async fn in_other_forms(&mut self, mut absent: HashSet<Vec<u8>>) -> Result<OtherForms, Failed> {
        let mut found = OtherForms::new();
        if absent.is_empty() {
            return Ok(found);
        }
        let take = |page: &KeyPage| {
            for at in 0..page.len() {
                if let Some(key) = absent.take(page.key(at)) {
                    found.insert(key, page.values(at));
                }
            }
            !absent.is_empty()
        };
        read_through(self.parents, &self.leg.parent, take).await.map_err(of_parents)?;
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

impl RowsFound {
    /// What tells the rows apart, as short as it can be.
    fn hashes(self) -> HashMap<Identity, Vec<u128>> {
        let hashes = |rows: Vec<Vec<String>>| rows.iter().map(hash_of).collect();
        self.rows.into_iter().map(|(identity, rows)| (identity, hashes(rows))).collect()
    }

    /// About what these take in memory, in bytes.
    fn size(&self) -> usize {
        self.rows.values().map(|rows| 64 + rows.len() * size_of::<u128>()).sum()
    }
}

fn identity_of(suspect: &Suspect) -> Identity {
    match &suspect.key {
        Some(key) if !suspect.as_read => hash_of(key),
        _ => identity_of_values(&suspect.forms.iter().filter_map(|forms| forms.first().cloned()).collect::<Vec<_>>()),
    }
}

fn identity_of_values(values: &[Value]) -> Identity {
    hash_of(&format!("{values:?}"))
}

/// How many rows there are in both, and what tells some of them apart. Rows that nothing tells apart are only counted.
fn rows_in_both(before: Option<&Vec<u128>>, after: Option<&Vec<Vec<String>>>) -> (u64, Vec<Vec<String>>) {
    let (Some(before), Some(after)) = (before, after) else { return (0, Vec::new()) };
    if after.iter().all(Vec::is_empty) {
        return (before.len().min(after.len()) as u64, Vec::new());
    }
    let before: HashSet<u128> = before.iter().copied().collect();
    let both: Vec<&Vec<String>> = after.iter().filter(|row| before.contains(&hash_of(row))).collect();
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
