//! Puts the capture of deleted keys into the parents' databases, takes it out, and says what waits.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::database::{Backlog, CaptureRow, LockedSession, Session};
use crate::names::BranchName;
use crate::revision::Checksum;
use crate::sql::ObjectName;

use super::super::super::error::RunError;
use super::super::super::prepare::{Coordinator, close_all};
use super::{Live, Problem, Waiting, Way};

/// What was done to the capture of a table.
#[derive(Debug, Clone)]
pub struct CaptureChange {
    /// The branch of the parent's database.
    pub branch: BranchName,
    /// The table.
    pub table: ObjectName,
    /// The columns.
    pub columns: Vec<String>,
    /// Whether there is a capture now.
    pub installed: bool,
    /// Deletions that it does not see, in words.
    pub gaps: Vec<String>,
    /// What waited when it was taken away, and is forgotten.
    pub forgotten: Vec<Waiting>,
}

/// What is known of the capture that a way depends on.
#[derive(Debug, Clone, Default)]
pub struct CaptureReport {
    /// The capture, where there is one.
    pub row: Option<CaptureRow>,
    /// What waits; none where nothing is captured.
    pub backlog: Option<Backlog>,
    /// Why it is not known.
    pub problem: Option<Problem>,
}

impl Coordinator<'_> {
    /// Records the deleted keys of the tables that these ways lead to, from now on.
    ///
    /// # Errors
    ///
    /// [`RunError`]: a database that cannot be asked, or must not be written to. [`Problem`]s of the references come by
    /// themselves, before anything is done.
    pub async fn install_captures(&self, ways: &[Way]) -> Result<Result<Vec<CaptureChange>, Vec<Problem>>, RunError> {
        let mut changes = Vec::new();
        let mut locked = self.lock_parents(ways).await?;
        let mut problems = Vec::new();
        let mut wanted: BTreeMap<(BranchName, Checksum), _> = BTreeMap::new();
        for (branch, (_, catalog)) in &locked {
            for way in ways.iter().filter(|way| way.target.branch == *branch) {
                match way.parent(catalog) {
                    Ok(parent) => {
                        let capture = Way::capture(&parent);
                        wanted.insert((branch.clone(), capture.id), capture);
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        let mut done = Ok(());
        if problems.is_empty() {
            for ((branch, _), capture) in wanted {
                let Some((session, _)) = locked.get_mut(&branch) else { continue };
                match session.install_capture(&capture).await {
                    Ok(gaps) => changes.push(CaptureChange {
                        branch,
                        table: capture.table,
                        columns: capture.columns.into_iter().map(|(name, _)| name).collect(),
                        installed: true,
                        gaps,
                        forgotten: Vec::new(),
                    }),
                    Err(error) => {
                        done = Err(RunError::database(&branch, error));
                        break;
                    }
                }
            }
        }
        close_locked(locked).await;
        done?;
        Ok(if problems.is_empty() { Ok(changes) } else { Err(problems) })
    }

    /// What is captured for each of these ways, and what waits.
    pub async fn capture_reports(&self, ways: &[Way]) -> Vec<CaptureReport> {
        let mut reports: Vec<CaptureReport> = vec![CaptureReport::default(); ways.len()];
        let branches: BTreeSet<&BranchName> = ways.iter().map(|way| &way.target.branch).collect();
        for branch in branches {
            let of_branch: Vec<usize> = (0..ways.len()).filter(|&at| ways[at].target.branch == *branch).collect();
            match self.open_to_look(branch).await {
                Ok((mut session, catalog, rows)) => {
                    for at in of_branch {
                        reports[at] = report(&mut session, &catalog, &rows, &ways[at]).await;
                    }
                    session.close().await;
                }
                Err(problem) => of_branch.into_iter().for_each(|at| reports[at].problem = Some(problem.clone())),
            }
        }
        reports
    }

    async fn open_to_look(&self, branch: &BranchName) -> Result<(Session, Catalog, Vec<CaptureRow>), Problem> {
        let failed = |error| Problem::database(branch, error);
        let (mut session, snapshot) = self.open_unless_interrupted(branch).await.map_err(failed)?;
        let looked = async {
            self.checked(snapshot).map_err(Problem::Run)?;
            Ok((session.catalog().await.map_err(failed)?, session.captures().await.map_err(failed)?))
        }
        .await;
        match looked {
            Ok((catalog, rows)) => Ok((session, catalog, rows)),
            Err(problem) => {
                session.close().await;
                Err(problem)
            }
        }
    }

    async fn lock_parents(&self, ways: &[Way]) -> Result<BTreeMap<BranchName, (LockedSession, Catalog)>, RunError> {
        let branches = ways.iter().map(|way| way.target.branch.clone()).collect();
        self.lock_for_captures(&branches).await
    }

    /// Locks these branches, in the order of their names, and reads their tables.
    pub(super) async fn lock_for_captures(
        &self,
        branches: &BTreeSet<BranchName>,
    ) -> Result<BTreeMap<BranchName, (LockedSession, Catalog)>, RunError> {
        let (mut sessions, snapshots) = self.open_all(branches).await?;
        let catalogs = async {
            self.refuse_to_write(&snapshots)?;
            let mut catalogs = BTreeMap::new();
            for (branch, session) in &mut sessions {
                let catalog = session.catalog().await.map_err(|error| RunError::database(branch, error))?;
                catalogs.insert(branch.clone(), catalog);
            }
            Ok::<_, RunError>(catalogs)
        }
        .await;
        let mut catalogs = match catalogs {
            Ok(catalogs) => catalogs,
            Err(error) => {
                close_all(sessions).await;
                return Err(error);
            }
        };
        let order: Vec<BranchName> = branches.iter().cloned().collect();
        let locked = self.lock(&order, &mut sessions).await?;
        Ok(locked
            .into_iter()
            .filter_map(|(branch, session)| {
                let catalog = catalogs.remove(&branch)?;
                Some((branch, (session, catalog)))
            })
            .collect())
    }
}

pub(super) async fn close_locked(locked: BTreeMap<BranchName, (LockedSession, Catalog)>) {
    for (session, _) in locked.into_values() {
        session.close().await;
    }
}

async fn report(session: &mut Session, catalog: &Catalog, rows: &[CaptureRow], way: &Way) -> CaptureReport {
    let parent = match way.parent(catalog) {
        Ok(parent) => parent,
        Err(problem) => return CaptureReport { problem: Some(problem), ..CaptureReport::default() },
    };
    let source = Way::capture(&parent).id;
    let Some(row) = rows.iter().find(|row| row.source == source) else { return CaptureReport::default() };
    match session.backlog(&source, &way.reference.id).await {
        Ok(backlog) => CaptureReport { row: Some(row.clone()), backlog: Some(backlog), problem: None },
        Err(error) => CaptureReport {
            row: Some(row.clone()),
            backlog: None,
            problem: Some(Problem::database(&way.target.branch, error)),
        },
    }
}

/// The references that nobody knows all of are kept; so are the keys that they may still want.
impl Live {
    /// What stands in the way of taking keys away, in words.
    #[must_use]
    pub fn keeps(&self) -> Option<String> {
        let keeps = |why: String| format!("what is dealt with is kept on record: {why}");
        let names: Vec<&str> = self.unread.keys().map(BranchName::as_str).collect();
        if !names.is_empty() {
            return Some(keeps(format!(
                "{} could not be asked, and may have references that want it",
                names.join(", ")
            )));
        }
        let names: Vec<&str> = self.unbound.iter().map(BranchName::as_str).collect();
        (!names.is_empty()).then(|| {
            let names = names.join(", ");
            keeps(format!("nothing was ever applied to the database of {names}, whose files declare references: is it the right one?"))
        })
    }
}
