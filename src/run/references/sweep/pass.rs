//! One way, from the first key that waits to the last.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::catalog::ColumnKind;
use crate::database::{
    Change, DatabaseError, DatabaseErrorKind, DeletedKey, Key, KeyBatch, KeyTable, Line, Mark, Referring,
};
use crate::journal::SWEEP;
use crate::names::BranchName;
use crate::revision::{Checksum, OnDelete};

use super::super::super::prepare::Coordinator;
use super::{Ends, Live, Problem, SweepOptions, Way, WayReport};

/// How many keys with rows are told by name.
const SAMPLES: usize = 10;

/// How many composite keys are looked for with one statement: each is a condition of its own.
const COMPOSITE_KEYS: usize = 50;

/// How often nothing may be changed although there is something to change: others may hold it.
const MOST_IDLE: u32 = 5;

/// Why a way is left before its end.
enum Stop {
    Interrupted,
    Problem(Problem),
}

/// A way that is being gone.
struct Pass<'a> {
    coordinator: &'a Coordinator<'a>,
    way: &'a Way,
    options: SweepOptions,
    ends: &'a mut Ends,
    parent: KeyTable,
    child: KeyTable,
    kinds: Vec<ColumnKind>,
    source: Checksum,
    live: Option<Vec<Checksum>>,
    /// The newest key when this began: what is deleted meanwhile is for the next sweep.
    until: i64,
    report: WayReport,
}

impl Coordinator<'_> {
    pub(super) async fn sweep_way(&self, way: &Way, live: &Live, options: SweepOptions) -> WayReport {
        let mut ends = match self.open_ends(way).await {
            Ok(ends) => ends,
            Err(Problem::Database(_, error)) if error.kind == DatabaseErrorKind::Interrupted => {
                return WayReport { interrupted: true, ..WayReport::default() };
            }
            Err(problem) => return WayReport { problem: Some(problem), ..WayReport::default() },
        };
        let report = match self.pass(way, live, options, &mut ends).await {
            Ok(mut pass) => {
                let went = pass.go().await;
                let mut report = pass.finish().await;
                match went {
                    Ok(()) => {}
                    Err(Stop::Interrupted) => report.interrupted = true,
                    Err(Stop::Problem(problem)) => report.problem = Some(problem),
                }
                if !options.dry_run && report.keys + report.reported_keys > 0 {
                    self.note_sweep(way, &report, &mut ends).await;
                }
                report
            }
            Err(problem) => WayReport { problem: Some(problem), ..WayReport::default() },
        };
        ends.parent.close().await;
        ends.child.close().await;
        report
    }

    async fn pass<'a>(
        &'a self,
        way: &'a Way,
        live: &Live,
        options: SweepOptions,
        ends: &'a mut Ends,
    ) -> Result<Pass<'a>, Problem> {
        let [parents, children] = &ends.catalogs;
        way.refuse_drifted()?;
        let (parent, child) = (way.parent(parents)?, way.child(children)?);
        way.refuse_fixed(children, &child)?;
        let kinds = parent.columns.iter().map(|(_, kind)| *kind).collect();
        let source = Way::capture(&parent).id;
        let branch = &way.target.branch;
        let captures = ends.parent.captures().await.map_err(|error| Problem::database(branch, error))?;
        let hint = format!("`branchline references sweep --install {}` installs it", way.reference.place());
        let refused =
            |kind, message| Problem::Refused { branch: branch.clone(), kind, message, hint: Some(hint.clone()) };
        match captures.iter().find(|row| row.source == source) {
            None => {
                let message = format!("nobody records the deleted keys of {}", way.target);
                return Err(refused("not_captured", message));
            }
            Some(row) if !row.works => {
                let message =
                    format!("the triggers that record the deleted keys of {} are gone, or switched off", way.target);
                return Err(refused("capture_broken", message));
            }
            Some(_) => {}
        }
        let until = ends.parent.newest_key(&source).await.map_err(|error| Problem::database(branch, error))?;
        // Others may write the same columns otherwise: with a schema, or in other letters.
        let live = live.to(|target| way.leads_to(target, parents, &source));
        let report = WayReport::default();
        Ok(Pass { coordinator: self, way, options, ends, parent, child, kinds, source, live, until, report })
    }

    /// Says in both databases what was done.
    async fn note_sweep(&self, way: &Way, report: &WayReport, ends: &mut Ends) {
        let outcome = match (report.interrupted, &report.problem) {
            (true, _) => "interrupted",
            (false, Some(_)) => "failed",
            (false, None) => "done",
        };
        let detail = serde_json::json!({
            "reference": way.reference.id.to_string(),
            "from": way.reference.place(),
            "to": way.target.to_string(),
            "on_delete": way.reference.on_delete.word(),
            "keys": report.keys,
            "rows": report.rows,
            "reported_keys": report.reported_keys,
            "reported_rows": report.reported_rows,
        });
        let line = |branch: &BranchName| Line { detail: Some(detail.to_string()), ..self.line(branch, SWEEP, outcome) };
        // What was done is done, and reported in any case.
        let _ = ends.parent.write_lines(&[line(&way.target.branch)]).await;
        if way.reference.branch != way.target.branch {
            let _ = ends.child.write_lines(&[line(&way.reference.branch)]).await;
        }
    }
}

impl Pass<'_> {
    /// Keys whose rows were only reported come first: those that are reported now need not be looked at twice.
    async fn go(&mut self) -> Result<(), Stop> {
        let mut after = 0;
        loop {
            let keys = self.read(Some(after), 0, self.options.batch).await?;
            let Some(last) = keys.last() else { break };
            after = last.id;
            self.settle(&keys).await?;
        }
        let (mut after, mut left) = (0, self.options.limit.unwrap_or(u64::MAX));
        while left > 0 {
            let keys = self.read(None, after, self.options.batch.min(left)).await?;
            let Some(last) = keys.last() else { break };
            left = left.saturating_sub(keys.len() as u64);
            // What a dry run has looked at is not marked, so that it must be stepped over.
            after = if self.options.dry_run { last.id } else { 0 };
            self.settle(&keys).await?;
        }
        Ok(())
    }

    async fn finish(self) -> WayReport {
        let (mut report, reference) = (self.report, &self.way.reference.id);
        if let (Some(live), false) = (&self.live, self.options.dry_run) {
            // Whoever sweeps next takes away what this could not.
            let _ = self.ends.parent.clear_keys(&self.source, live).await;
        }
        report.backlog = self.ends.parent.backlog(&self.source, reference).await.ok();
        report
    }

    fn of_parent(&self, error: DatabaseError) -> Stop {
        Self::stop(&self.way.target.branch, error)
    }

    fn of_child(&self, error: DatabaseError) -> Stop {
        Self::stop(&self.way.reference.branch, error)
    }

    fn stop(branch: &BranchName, error: DatabaseError) -> Stop {
        match error.kind {
            DatabaseErrorKind::Interrupted => Stop::Interrupted,
            _ => Stop::Problem(Problem::database(branch, error)),
        }
    }

    fn go_on(&self) -> Result<(), Stop> {
        if self.coordinator.cancel.is_cancelled() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    async fn read(&mut self, reported_after: Option<i64>, after: i64, most: u64) -> Result<Vec<DeletedKey>, Stop> {
        self.go_on()?;
        let batch = KeyBatch {
            source: &self.source,
            columns: self.kinds.len(),
            reference: &self.way.reference.id,
            reported_after,
            after,
            until: self.until,
            grace: self.way.reference.grace.unwrap_or_default(),
            most,
        };
        self.ends.parent.deleted_keys(&batch).await.map_err(|error| self.of_parent(error))
    }

    /// Does to these keys' rows what the reference says, and then notes that it was done.
    async fn settle(&mut self, deleted: &[DeletedKey]) -> Result<(), Stop> {
        let mut rows: BTreeMap<Key, Option<u64>> = BTreeMap::new();
        let mut keys: Vec<Key> = deleted.iter().filter_map(|deleted| deleted.key.clone()).collect();
        keys.sort();
        keys.dedup();
        let all = keys.clone();
        if self.way.reference.on_delete != OnDelete::Ignore {
            let back = self.take_back(&mut keys).await?;
            self.report.back += back;
            match self.way.reference.on_delete {
                OnDelete::Cascade => self.change(keys, Change::Delete).await?,
                OnDelete::SetNull => self.change(keys, Change::Unset).await?,
                OnDelete::Restrict => self.count(&keys, &mut rows).await?,
                OnDelete::Ignore => {}
            }
        }
        for key in all {
            let counted = rows.entry(key).or_default();
            match counted {
                Some(count) => {
                    self.report.reported_keys += 1;
                    self.report.reported_rows += *count;
                }
                None => self.report.keys += 1,
            }
        }
        let marks: Vec<Mark> = deleted
            .iter()
            .map(|deleted| {
                let rows = match &deleted.key {
                    Some(key) => rows.get(key).copied().flatten(),
                    None => self.is_still_due(&deleted.at).then_some(0),
                };
                Mark { id: deleted.id, rows }
            })
            .collect();
        self.report.emptied +=
            count_where(deleted.iter().zip(&marks), |(deleted, mark)| deleted.key.is_none() && mark.rows.is_some());
        if self.options.dry_run {
            return Ok(());
        }
        let (source, reference) = (&self.source, &self.way.reference.id);
        let marked = self.ends.parent.mark_keys(source, reference, self.live.as_deref(), &marks).await;
        marked.map_err(|error| self.of_parent(error))
    }

    /// Whether a table that was emptied then has not been checked since: what that left behind, only a check can tell.
    fn is_still_due(&self, emptied_at: &str) -> bool {
        let policy = self.way.reference.on_delete;
        let checked =
            self.way.reference.check.as_ref().is_some_and(|check| check.summary.began_at.as_str() > emptied_at);
        policy != OnDelete::Ignore && !checked
    }

    /// Takes out of the keys those whose parents are there, and says how many that were.
    async fn take_back(&mut self, keys: &mut Vec<Key>) -> Result<u64, Stop> {
        let present = self.ends.parent.present_keys(&self.parent, keys).await.map_err(|error| self.of_parent(error))?;
        let mut place = 0;
        keys.retain(|_| {
            place += 1;
            !present.contains(&(place - 1))
        });
        Ok(present.len() as u64)
    }

    /// How many rows each key has that has any.
    async fn count(&mut self, keys: &[Key], rows: &mut BTreeMap<Key, Option<u64>>) -> Result<(), Stop> {
        for chunk in self.chunks(keys) {
            if self.count_of(&chunk, None).await? == 0 {
                continue;
            }
            for key in chunk {
                let count = self.count_of(std::slice::from_ref(&key), None).await?;
                if count == 0 {
                    continue;
                }
                if self.report.samples.len() < SAMPLES {
                    self.report.samples.push(key.join(", "));
                }
                rows.insert(key, Some(count));
            }
        }
        Ok(())
    }

    async fn count_of(&mut self, keys: &[Key], most: Option<u64>) -> Result<u64, Stop> {
        self.go_on()?;
        let rows = Referring { table: &self.child, parent: &self.kinds, keys };
        self.ends.child.count_referring(rows, most).await.map_err(|error| self.of_child(error))
    }

    fn chunks(&self, keys: &[Key]) -> Vec<Vec<Key>> {
        let most = if self.kinds.len() == 1 { keys.len().max(1) } else { COMPOSITE_KEYS };
        keys.chunks(most).map(<[Key]>::to_vec).collect()
    }

    async fn change(&mut self, keys: Vec<Key>, change: Change) -> Result<(), Stop> {
        for mut chunk in self.chunks(&keys) {
            if self.options.dry_run {
                self.report.rows += self.count_of(&chunk, None).await?;
                continue;
            }
            // Not until nothing is changed, but until nothing is there: what another session held is there still.
            let mut idle = 0;
            while !chunk.is_empty() && self.count_of(&chunk, Some(1)).await? > 0 {
                idle = if self.change_some(&mut chunk, change).await? { 0 } else { idle + 1 };
                if idle > MOST_IDLE {
                    return Err(self.rows_stay(&chunk));
                }
                if idle > 0 {
                    tokio::time::sleep(Coordinator::pause(idle)).await;
                }
            }
        }
        Ok(())
    }

    fn rows_stay(&self, keys: &[Key]) -> Stop {
        let key = keys.first().map(|key| key.join(", ")).unwrap_or_default();
        Stop::Problem(Problem::Refused {
            branch: self.way.reference.branch.clone(),
            kind: "rows_stay",
            message: format!("rows of {} refer to {key}, and none of them can be changed", self.child.name),
            hint: Some("does a trigger or a policy of the table keep its rows as they are?".to_owned()),
        })
    }

    /// Changes as many rows as one transaction may, and keeps that only where all parents are still gone. Says whether there was
    /// anything to be changed.
    async fn change_some(&mut self, keys: &mut Vec<Key>, change: Change) -> Result<bool, Stop> {
        let began = Instant::now();
        let mut attempt = 0;
        let changed = loop {
            let rows = Referring { table: &self.child, parent: &self.kinds, keys };
            match self.ends.child.change(rows, change, self.options.batch).await {
                Ok(changed) => break changed,
                Err(error) => {
                    attempt += 1;
                    if error.kind != DatabaseErrorKind::Blocked
                        || attempt > self.coordinator.lock_retries(&self.way.reference.branch)
                    {
                        return Err(self.of_child(error));
                    }
                    tokio::time::sleep(Coordinator::pause(attempt)).await;
                    self.go_on()?;
                }
            }
        };
        if changed == 0 {
            return Ok(false);
        }
        let back = match self.take_back(keys).await {
            Ok(back) => back,
            Err(stop) => {
                self.ends.child.give_up().await;
                return Err(stop);
            }
        };
        if back > 0 {
            self.report.back += back;
            self.ends.child.give_up().await;
            return Ok(true);
        }
        self.ends.child.keep().await.map_err(|error| self.of_child(error))?;
        self.report.rows += changed;
        self.slow_down(changed, began.elapsed()).await;
        self.go_on().map(|()| true)
    }

    /// Waits for as long as so many rows may take, or for the signal that ends all waiting.
    async fn slow_down(&self, rows: u64, took: Duration) {
        let Some(rate) = self.options.rate.filter(|rate| *rate > 0) else { return };
        let wait = Duration::from_millis(rows.saturating_mul(1000) / rate).saturating_sub(took);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.coordinator.cancel.cancelled() => {}
        }
    }
}

fn count_where<T>(items: impl Iterator<Item = T>, is: impl Fn(&T) -> bool) -> u64 {
    items.filter(is).count() as u64
}
