//! Reads what the one query about a branch returned.

use std::sync::Arc;

use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::dialect::Dialect;
use crate::names::{BranchName, RevisionId};
use crate::plan::{Binding, Progress, Recorded, RecordedState, Snapshot};

use super::error::{DatabaseError, DatabaseErrorKind};
use super::tables::LAYOUT;

/// How many columns the query has.
pub(super) const COLUMNS: usize = 13;

/// Collects the rows of one branch; every column comes as text.
pub(super) struct Found {
    snapshot: Snapshot,
    /// For errors; shared, since every row may have one.
    database: Arc<str>,
}

/// A row that makes no sense: somebody wrote to the tables by hand, or a newer version did.
fn corrupt(database: &str, what: &str) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::State, database, format!("the table branchline_revision holds {what}"))
        .hint("the tables were changed by hand, or by a newer version of this tool")
}

impl Found {
    /// Nothing yet: what a database without our tables has to say.
    pub(super) fn empty(branch: BranchName, dialect: Dialect, database: String) -> Self {
        let shared = Arc::from(database.as_str());
        let revisions = std::collections::BTreeMap::new();
        let snapshot =
            Snapshot { branch, dialect, database, binding: None, others: Vec::new(), revisions, running: false };
        Self { snapshot, database: shared }
    }

    /// Takes one row of the query that `Flavor::inspect` makes.
    pub(super) fn add<'r, R>(&mut self, row: &'r R) -> Result<(), DatabaseError>
    where
        R: Row,
        usize: ColumnIndex<R>,
        &'r str: Decode<'r, R::Database> + Type<R::Database>,
    {
        let database = Arc::clone(&self.database);
        self.add_texts(|index| {
            row.try_get::<Option<&'r str>, usize>(index)
                .map_err(|error| DatabaseError::new(DatabaseErrorKind::State, &database, error.to_string()))
        })
    }

    /// Takes all rows at once, as a JSON array of arrays.
    pub(super) fn add_json(&mut self, rows: &str) -> Result<(), DatabaseError> {
        let rows: Vec<Vec<Option<String>>> = serde_json::from_str(rows)
            .map_err(|error| corrupt(&self.database, &format!("what is no text: {error}")))?;
        rows.iter().try_for_each(|row| self.add_texts(|index| Ok(row.get(index).and_then(Option::as_deref))))
    }

    fn add_texts<'r>(
        &mut self,
        text: impl Fn(usize) -> Result<Option<&'r str>, DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let database = Arc::clone(&self.database);
        if let Some(make) = text(0)?.filter(|make| !make.is_empty()) {
            self.snapshot.dialect = make.parse().unwrap_or(self.snapshot.dialect);
        }
        let Some(bound) = text(1)? else { return Ok(()) };
        self.add_binding(bound, text(2)?, text(3)?, text(4)?)?;
        let Some(id) = text(5)? else { return Ok(()) };
        let id: RevisionId = id.parse().map_err(|_| corrupt(&database, &format!("the id `{id}`")))?;
        let number = |index: usize| -> Result<u32, DatabaseError> {
            Ok(text(index)?.and_then(|number| number.parse().ok()).unwrap_or_default())
        };
        let state = text(9)?.unwrap_or_default();
        let recorded = Recorded {
            parents: names(text(6)?).map_err(|name| corrupt(&database, &format!("the parent `{name}`")))?,
            depends_on: names(text(7)?).map_err(|name| corrupt(&database, &format!("the dependency `{name}`")))?,
            checksum: text(8)?
                .map(|checksum| checksum.parse().map_err(|_| corrupt(&database, &format!("the checksum `{checksum}`"))))
                .transpose()?,
            state: RecordedState::parse(state).ok_or_else(|| corrupt(&database, &format!("the state `{state}`")))?,
            statements: Progress { done: number(10)?, total: number(11)? },
            error: text(12)?.map(str::to_owned),
        };
        self.snapshot.revisions.insert(id, recorded);
        Ok(())
    }

    fn add_binding(
        &mut self,
        branch: &str,
        project: Option<&str>,
        identity: Option<&str>,
        layout: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let own = branch == self.snapshot.branch.as_str();
        // The binding is repeated in every row of the join.
        if own && self.snapshot.binding.is_some() {
            return Ok(());
        }
        if layout.and_then(|layout| layout.parse::<i32>().ok()).is_none_or(|layout| layout > LAYOUT) {
            let message = "its state tables were made by a newer version of this tool";
            return Err(DatabaseError::new(DatabaseErrorKind::State, &self.snapshot.database, message)
                .hint("run it with that version"));
        }
        let identity = identity.and_then(|identity| identity.parse().ok()).ok_or_else(|| {
            DatabaseError::new(
                DatabaseErrorKind::State,
                &self.snapshot.database,
                "the table branchline_binding holds no identity",
            )
        })?;
        let binding = Binding { branch: branch.to_owned(), project: project.map(str::to_owned), identity };
        if own {
            self.snapshot.binding = Some(binding);
        } else {
            self.snapshot.others.push(binding);
        }
        Ok(())
    }

    /// What was found.
    pub(super) fn finish(self) -> Snapshot {
        self.snapshot
    }
}

fn names<T: std::str::FromStr>(joined: Option<&str>) -> Result<Vec<T>, String> {
    joined
        .unwrap_or_default()
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.parse().map_err(|_| name.to_owned()))
        .collect()
}
