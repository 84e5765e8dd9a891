//! Who holds a branch's lock, for whoever waits for it.
//!
//! The engine tells what it knows of the session that holds it; which run that is, whose, since when and how far, stands in the
//! state tables. The two belong together only where they name the same session or the same run.

use std::fmt;

use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

use crate::journal::Entry;
use crate::names::BranchName;
use crate::redact;

use super::journal;

/// How much of a statement is shown.
const EXCERPT: usize = 100;

/// What PostgreSQL shows of a statement that is not ours to see.
pub(super) const HIDDEN: &str = "<insufficient privilege>";

/// Who holds a lock, as far as it can be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holder {
    /// The run.
    pub run: Option<Uuid>,
    /// Who runs it, as `user@host`.
    pub actor: Option<String>,
    /// The run's process, on the actor's host.
    pub process: Option<u32>,
    /// The server's number of the session.
    pub number: Option<i64>,
    /// What the server calls the session: `server process 8812`.
    pub session: Option<String>,
    /// Since when: RFC 3339, in UTC.
    pub since: Option<String>,
    /// The revision that it works on.
    pub revision: Option<String>,
    /// The statement of that revision, from 1, and how many there are.
    pub statement: Option<(u32, u32)>,
    /// The statement itself.
    pub sql: Option<String>,
}

impl Holder {
    /// The run where it is known, else the session: whether it is still the same that holds the lock.
    pub(super) fn who(&self) -> (Option<Uuid>, Option<&str>) {
        (self.run, self.session.as_deref().filter(|_| self.run.is_none()))
    }

    /// What the state tables say, from the rows of `Flavor::newest_start` and `Flavor::on_its_way`, where there are any.
    pub(super) fn learn<'r, R>(
        &mut self,
        database: &str,
        branch: &BranchName,
        newest: Option<&'r R>,
        on_its_way: Option<&'r R>,
    ) where
        R: Row,
        usize: ColumnIndex<R>,
        &'r str: Decode<'r, R::Database> + Type<R::Database>,
    {
        if let Some(Ok(newest)) = newest.map(|row| journal::entry(database, row)) {
            self.read(&newest);
        }
        if let Some(row) = on_its_way {
            self.is_at(branch, [0, 1, 2].map(|column| row.try_get(column).ok()));
        }
    }

    /// What the newest run says of itself, if that is the one that holds the lock.
    fn read(&mut self, newest: &Entry) {
        let Some(start) = newest.start() else { return };
        let same_session = start.session.is_some() && start.session == self.number;
        if self.run != Some(newest.run_id) && !(self.run.is_none() && same_session) {
            return;
        }
        self.run = Some(newest.run_id);
        self.actor = Some(newest.actor.clone());
        self.process = Some(start.process);
        self.since = Some(newest.at.clone());
    }

    /// The same for a revision that goes statement by statement: its id, the statements done, and all of them.
    fn is_at(&mut self, branch: &BranchName, row: [Option<&str>; 3]) {
        let [Some(id), done, total] = row else { return };
        self.revision = Some(format!("{branch}@{id}"));
        let number = |text: Option<&str>| text?.parse::<u32>().ok();
        self.statement =
            number(done).zip(number(total)).map(|(done, total)| (done.saturating_add(1).min(total), total));
    }

    /// What the server says that the session runs: a whole revision, which says its name, or one statement.
    pub(super) fn runs(&mut self, sql: &str) {
        if let Some(revision) = revision_of(sql) {
            self.revision = Some(revision.to_owned());
        } else if !sql.trim().is_empty() && sql != HIDDEN {
            self.sql = Some(excerpt(sql));
        }
    }
}

/// The run's id in the name that our sessions give themselves.
pub(super) fn run_of_name(name: &str) -> Option<Uuid> {
    name.strip_prefix("branchline ")?.split(' ').next()?.parse().ok()
}

/// A comment that says which revision a text belongs to, for whoever looks at the server.
pub(super) fn comment(branch: &BranchName, revision: &str) -> String {
    format!("/* branchline {branch}@{revision} */ ")
}

fn revision_of(sql: &str) -> Option<&str> {
    let (revision, _) = sql.strip_prefix("/* branchline ")?.split_once(" */")?;
    Some(revision)
}

/// The beginning of a statement on one line; no password in it is shown.
pub(super) fn excerpt(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = redact::said(&line);
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.into_owned(),
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.run {
            Some(run) => write!(f, "run {run}")?,
            None => f.write_str("another run")?,
        }
        if let Some(actor) = &self.actor {
            write!(f, " of {actor}")?;
        }
        let process = self.process.map(|process| format!("process {process}"));
        let known: Vec<&str> = process.as_deref().into_iter().chain(self.session.as_deref()).collect();
        if !known.is_empty() {
            write!(f, " ({})", known.join(", "))?;
        }
        if let Some(since) = &self.since {
            write!(f, ", since {since}")?;
        }
        if let Some(revision) = &self.revision {
            write!(f, ", at {revision}")?;
        }
        if let Some((statement, total)) = self.statement {
            write!(f, ", statement {statement} of {total}")?;
        }
        if let Some(sql) = &self.sql {
            write!(f, ": {sql}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Holder, comment, run_of_name};

    #[test]
    fn what_is_known_is_said() {
        let mut holder = Holder { session: Some("server process 12".to_owned()), ..Holder::default() };
        assert_eq!(holder.to_string(), "another run (server process 12)");
        holder.run = run_of_name("branchline 01a1fa09-cba6-765e-b370-4fcb63f75d88");
        holder.actor = Some("deploy@ci".to_owned());
        holder.process = Some(7);
        holder.since = Some("2026-11-27T10:00:00Z".to_owned());
        holder.is_at(&"auth".parse().unwrap(), [Some("0002"), Some("2"), Some("5")]);
        holder.runs("CREATE ROLE a\n  PASSWORD 'secret'");
        assert_eq!(
            holder.to_string(),
            "run 01a1fa09-cba6-765e-b370-4fcb63f75d88 of deploy@ci (process 7, server process 12), since \
             2026-11-27T10:00:00Z, at auth@0002, statement 3 of 5: CREATE ROLE a PASSWORD '***'"
        );
    }

    #[test]
    fn a_whole_revision_says_its_name() {
        let mut holder = Holder::default();
        holder.runs(&format!("{}BEGIN;SET LOCAL lock_timeout = 1", comment(&"auth".parse().unwrap(), "0002")));
        assert_eq!(holder.to_string(), "another run, at auth@0002");
    }
}
