//! The report of references as a page: one file, nothing to load, fit to be read, filtered, printed and signed.
//!
//! It shows what it is given and decides only how it looks. Every text goes through the template's escaping; the picture escapes
//! its own. What the page may do is written into it by a policy that knows its one style and its one script by their hashes.

mod matrix;
mod picture;
mod row;
mod sign;
mod verdict;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::listing;
use crate::names::BranchName;
use crate::reference::{Crossing, Known, Listed};
use crate::workspace::Workspace;

pub use picture::{LineKind, Picture, PictureLine};
pub use row::RecordedCheck;
use row::Row;
use verdict::cards;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A branch that the report speaks of.
#[derive(Debug, Clone)]
pub struct PageBranch {
    /// The branch.
    pub branch: BranchName,
    /// What its database speaks, where it was asked.
    pub dialect: Option<crate::dialect::Dialect>,
    /// Its database, redacted; none where none was asked.
    pub database: Option<String>,
    /// How many references are live in it, or declared in its files where it was not looked at.
    pub references: usize,
    /// Why it was not looked at.
    pub skipped: Option<String>,
}

/// What a report shows.
pub struct Page<'a> {
    /// The project.
    pub workspace: &'a Workspace,
    /// The branches that were asked for.
    pub branches: Vec<PageBranch>,
    /// The references that were listed.
    pub listed: &'a [Listed],
    /// Foreign keys between branches.
    pub crossings: &'a [Crossing],
    /// The checks that the journals tell of, by the reference's id; the newest first.
    pub checks: BTreeMap<String, Vec<RecordedCheck>>,
    /// References that stand in the files of applied revisions, and on no record.
    pub unrecorded: &'a [Known],
    /// Branches that are pointed to and could not be asked, with why.
    pub unread: Vec<(BranchName, String)>,
    /// What is said of branches whose database was never theirs.
    pub unbound: Vec<String>,
    /// How many look like references and nobody declared them, where somebody looked.
    pub found: Option<usize>,
    /// The branches, their tables, and what leads from one to another.
    pub picture: Picture,
    /// When: RFC 3339, in UTC.
    pub generated: String,
}

#[derive(Debug, Serialize)]
struct DatabaseRow {
    branch: String,
    database: String,
    references: usize,
    state: String,
    why: Option<String>,
}

impl Page<'_> {
    /// The page. An error is one of the template, and a test holds that there is none.
    ///
    /// # Errors
    ///
    /// What the template engine says.
    pub fn to_html(&self) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_template("page.html", TEMPLATE)?;
        let counts = self.counts();
        let rows: Vec<Row> = self.listed.iter().map(|listed| self.row(listed)).collect();
        let crossings: Vec<String> = self.crossings.iter().map(crossing).collect();
        let (is_folded, sheet) = (self.picture.is_folded(), self.sheet());
        environment.get_template("page.html")?.render(context! {
            project => self.workspace.project.name.as_ref().map(crate::project::ProjectName::as_str),
            version => env!("CARGO_PKG_VERSION"),
            generated => self.generated,
            generated_shown => shown(&self.generated),
            style => STYLE,
            script => SCRIPT,
            sheet => sheet,
            style_hash => source_hash(STYLE),
            sheet_hash => source_hash(&sheet),
            script_hash => source_hash(SCRIPT),
            verdict => self.verdict(&counts),
            cards => cards(&counts),
            scope => self.scope(&counts),
            databases => self.branches.iter().map(database_row).collect::<Vec<_>>(),
            signed => self.signed(),
            arrows => picture::ARROWS,
            picture => if is_folded { String::new() } else { self.picture.whole() },
            matrix => is_folded.then(|| self.matrix()),
            parts => if is_folded { self.picture.parts() } else { Vec::new() },
            draws_found => self.picture.lines.iter().any(|line| line.kind == LineKind::Found),
            rows => rows,
            crossings => crossings,
        })
    }

    /// What is printed at the foot of each sheet: which report it is of.
    fn sheet(&self) -> String {
        let project = self.workspace.project.name.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        let version = env!("CARGO_PKG_VERSION");
        let left = format!("References{project} \u{b7} {} \u{b7} branchline {version}", shown(&self.generated));
        format!(
            "@page {{ @bottom-left {{ content: {}; }} @bottom-right {{ content: counter(page) \" of \" counter(pages); }} }}",
            style_text(&left)
        )
    }
}

fn is_orphaned(listed: &Listed) -> bool {
    let orphans = listed.known.check.as_ref().map_or(0, |check| check.summary.classes.orphans().rows);
    orphans > listed.known.max_orphans.unwrap_or_default()
}

/// A text in a style. What is neither letter, digit nor space is written by its number, so that none of it is ever markup.
fn style_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if character.is_alphanumeric() || character == ' ' {
            quoted.push(character);
        } else {
            // The space ends the number, and is no part of the text.
            let _ = write!(quoted, "\\{:x} ", u32::from(character));
        }
    }
    quoted.push('"');
    quoted
}

fn database_row(branch: &PageBranch) -> DatabaseRow {
    let not_asked = if branch.skipped.is_some() { "not reached" } else { "not asked" };
    DatabaseRow {
        branch: branch.branch.to_string(),
        database: branch.database.clone().unwrap_or_else(|| not_asked.to_owned()),
        references: branch.references,
        state: if branch.database.is_some() { "looked at" } else { "files only" }.to_owned(),
        why: branch.skipped.clone(),
    }
}

fn crossing(crossing: &Crossing) -> String {
    let name = crossing.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    format!("{}:{} \u{2192} {}:{}{name}", crossing.branch, crossing.from, crossing.to_branch, crossing.to)
}

fn number(number: usize, one: &str, several: &str) -> String {
    listing::number(number as u64, one, several)
}

/// `27 November 2026, 14:02 UTC`, of a time in RFC 3339.
fn shown(at: &str) -> String {
    use time::format_description::well_known::Rfc3339;
    let Ok(at) = time::OffsetDateTime::parse(at, &Rfc3339) else { return at.to_owned() };
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
}

/// `2026-11-27 14:02`, of a time in RFC 3339 and in UTC: what stands in a column.
fn short(at: &str) -> String {
    match at.split_once('T').zip(at.get(11..16)) {
        Some(((day, _), time)) => format!("{day} {time}"),
        None => at.to_owned(),
    }
}

/// What a policy knows an inline style or script by.
fn source_hash(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::from("sha256-");
    for bytes in Sha256::digest(text.as_bytes()).chunks(3) {
        let word = bytes.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            encoded.push(if place <= bytes.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}
