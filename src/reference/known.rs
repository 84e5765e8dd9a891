//! A reference as everything about references takes it, whoever said that it is one: a revision, a comment, or its looks.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::drift::Drift;
use super::summary::CheckSummary;
use crate::location::Location;
use crate::names::{BranchName, RevisionId};
use crate::revision::{Checksum, Columns, OnDelete, Reference, ReferenceTarget, ReferenceTo};

/// Who says that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A revision.
    Declared,
    /// A comment, in the database or in a script.
    Comment,
    /// Its name and its type.
    Inferred,
}

impl Source {
    /// The word, as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Comment => "comment",
            Self::Inferred => "inferred",
        }
    }
}

/// What is between the referring columns and those that they point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A border of databases.
    CrossDatabase,
    /// Another column decides where it points.
    Polymorphic,
    /// Nothing: both are of one branch.
    Local,
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The branch of the referring columns.
    pub branch: BranchName,
    /// Of the referring columns and what is declared of them: as in the state tables.
    pub id: Checksum,
    /// The revision that declares it.
    pub since: Option<RevisionId>,
    /// Who says so.
    pub source: Source,
    /// The referring columns.
    pub from: Columns,
    /// Where they point.
    pub to: ReferenceTo,
    /// What becomes of orphans.
    pub on_delete: OnDelete,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it is there.
    pub reason: Option<String>,
    /// An SQL condition on the referring row.
    pub when: Option<String>,
    /// An SQL condition on the parent's row.
    pub parent_filter: Option<String>,
    /// How long a row may be without its parent.
    pub grace: Option<Duration>,
    /// How many orphans there may be.
    pub max_orphans: Option<u64>,
    /// The last check, where one was recorded.
    pub check: Option<LastCheck>,
    /// What the files say otherwise, where it is on record and was held against them.
    pub drift: Option<Drift>,
}

/// What the state tables keep of the last check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastCheck {
    /// When, by the database's clock: RFC 3339, in UTC.
    pub at: String,
    /// What it found.
    pub summary: CheckSummary,
}

/// A row of the state tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedReference {
    /// Its id.
    pub id: Checksum,
    /// The referring columns, as [`Columns`] are displayed.
    pub from: String,
    /// The revision that declares it.
    pub since: RevisionId,
    /// What was declared, as JSON.
    pub declared: String,
    /// What becomes of orphans.
    pub on_delete: String,
    /// When it was checked last: RFC 3339, in UTC.
    pub checked_at: Option<String>,
    /// What that found, as JSON.
    pub check_result: Option<String>,
}

/// A row that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table branchline_reference holds a reference that cannot be read: {0}")]
pub struct Unreadable(pub String);

impl Known {
    /// A reference that a revision declares.
    #[must_use]
    pub fn declared(branch: &BranchName, since: &RevisionId, reference: &Reference) -> Self {
        Self {
            branch: branch.clone(),
            id: super::id_of(reference),
            since: Some(since.clone()),
            source: Source::Declared,
            from: reference.from.clone(),
            to: reference.to.clone(),
            on_delete: reference.on_delete,
            owner: reference.owner.clone(),
            reason: reference.reason.clone(),
            when: reference.when.clone(),
            parent_filter: reference.parent_filter.clone(),
            grace: reference.grace,
            max_orphans: reference.max_orphans,
            check: None,
            drift: None,
        }
    }

    /// A reference that nobody declared.
    #[must_use]
    pub fn found(branch: &BranchName, source: Source, from: Columns, to: ReferenceTo) -> Self {
        let declared_at = Location::of_file(Path::new(""));
        let on_delete = OnDelete::default();
        let reference = Reference {
            from,
            to,
            on_delete,
            owner: None,
            reason: None,
            when: None,
            parent_filter: None,
            grace: None,
            max_orphans: None,
            declared_at,
        };
        Self {
            branch: branch.clone(),
            id: super::id_of(&reference),
            since: None,
            source,
            from: reference.from,
            to: reference.to,
            on_delete,
            owner: None,
            reason: None,
            when: None,
            parent_filter: None,
            grace: None,
            max_orphans: None,
            check: None,
            drift: None,
        }
    }

    /// A reference as the state tables hold it.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: the row was changed by hand, or by a newer version.
    pub fn recorded(branch: &BranchName, row: &RecordedReference) -> Result<Self, Unreadable> {
        let unreadable = |what: &str| Unreadable(format!("{what} of {}", row.from));
        let declared: Map<String, Value> =
            serde_json::from_str(&row.declared).map_err(|error| unreadable(&error.to_string()))?;
        let text = |name: &str| declared.get(name).and_then(Value::as_str).map(str::to_owned);
        let columns = |text: &str| Columns::of_display(text).ok_or_else(|| unreadable("the columns"));
        let target = |text: &str| ReferenceTarget::of_display(text).ok_or_else(|| unreadable("the target"));
        let to = match declared.get("to") {
            Some(Value::String(one)) => ReferenceTo::One(target(one)?),
            Some(Value::Object(several)) => {
                let by = columns(&text("by").ok_or_else(|| unreadable("no `by`"))?)?;
                let targets = several.iter().map(|(value, to)| {
                    let to = to.as_str().ok_or_else(|| unreadable("the target"))?;
                    Ok((value.clone(), target(to)?))
                });
                ReferenceTo::Polymorphic { by, targets: targets.collect::<Result<BTreeMap<_, _>, Unreadable>>()? }
            }
            _ => return Err(unreadable("the target")),
        };
        let grace = text("grace").map(|grace| humantime::parse_duration(&grace));
        Ok(Self {
            branch: branch.clone(),
            id: row.id,
            since: Some(row.since.clone()),
            source: Source::Declared,
            from: columns(&row.from)?,
            to,
            on_delete: OnDelete::of_word(&row.on_delete).ok_or_else(|| unreadable("on_delete"))?,
            owner: text("owner"),
            reason: text("reason"),
            when: text("when"),
            parent_filter: text("parent_filter"),
            grace: grace.transpose().map_err(|_| unreadable("the grace period"))?,
            max_orphans: declared.get("max_orphans").and_then(Value::as_u64),
            check: last_check(row)?,
            drift: None,
        })
    }

    /// The targets, whichever the kind.
    pub fn targets(&self) -> impl Iterator<Item = &ReferenceTarget> {
        self.to.targets()
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.to {
            ReferenceTo::Polymorphic { .. } => Kind::Polymorphic,
            ReferenceTo::One(target) if target.branch == self.branch => Kind::Local,
            ReferenceTo::One(_) => Kind::CrossDatabase,
        }
    }
}

fn last_check(row: &RecordedReference) -> Result<Option<LastCheck>, Unreadable> {
    let (Some(at), Some(result)) = (&row.checked_at, &row.check_result) else { return Ok(None) };
    let summary =
        serde_json::from_str(result).map_err(|error| Unreadable(format!("the last check of {}: {error}", row.from)))?;
    Ok(Some(LastCheck { at: at.clone(), summary }))
}
