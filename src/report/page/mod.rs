//! The report of references as a page: one file, nothing to load, fit to be read, filtered, printed and signed.
//!
//! It shows what it is given and decides only how it looks. Every text goes through the template's escaping; the picture escapes
//! its own. What the page may do is written into it by a policy that knows its one style and its one script by their hashes.

mod picture;
mod row;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::listing;
use crate::names::BranchName;
use crate::reference::{Crossing, Listed};
use crate::workspace::Workspace;

pub use picture::{LineKind, Picture, PictureLine};
pub use row::RecordedCheck;
use row::Row;

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
struct Verdict {
    class: &'static str,
    mark: &'static str,
    text: String,
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Card {
    name: &'static str,
    value: usize,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct DatabaseRow {
    branch: String,
    database: String,
    references: usize,
    state: String,
    why: Option<String>,
}

/// How many references came to what.
struct Counts {
    known: usize,
    listed: usize,
    checked: usize,
    orphaned: usize,
    never: usize,
    skipped: usize,
    missing: usize,
}

impl Page<'_> {
    /// The page. An error is one of the template, and a test holds that there is none.
    ///
    /// # Errors
    ///
    /// What the template engine says.
    pub fn to_html(&self) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_template("page.html", TEMPLATE)?;
        let counts = self.counts();
        let rows: Vec<Row> = self.listed.iter().map(|listed| self.row(listed)).collect();
        let crossings: Vec<String> = self.crossings.iter().map(crossing).collect();
        environment.get_template("page.html")?.render(context! {
            project => self.workspace.project.name.as_ref().map(crate::project::ProjectName::as_str),
            version => env!("CARGO_PKG_VERSION"),
            generated => self.generated,
            generated_shown => shown(&self.generated),
            style => STYLE,
            script => SCRIPT,
            style_hash => source_hash(STYLE),
            script_hash => source_hash(SCRIPT),
            verdict => self.verdict(&counts),
            cards => cards(&counts),
            scope => self.scope(&counts),
            databases => self.branches.iter().map(database_row).collect::<Vec<_>>(),
            picture => self.picture.to_svg(),
            draws_found => self.picture.lines.iter().any(|line| line.kind == LineKind::Found),
            rows => rows,
            crossings => crossings,
        })
    }

    fn counts(&self) -> Counts {
        let skipped = self.branches.iter().filter(|branch| branch.skipped.is_some());
        let skipped = skipped.map(|branch| branch.references).sum();
        let checked = self.listed.iter().filter_map(|listed| listed.known.check.as_ref());
        let orphaned = self.listed.iter().filter(|listed| {
            let orphans = listed.known.check.as_ref().map_or(0, |check| check.summary.classes.orphans());
            orphans > listed.known.max_orphans.unwrap_or_default()
        });
        Counts {
            known: self.listed.len() + skipped,
            listed: self.listed.len(),
            checked: checked.count(),
            orphaned: orphaned.count(),
            never: self.listed.iter().filter(|listed| listed.known.check.is_none()).count(),
            missing: self.listed.iter().filter(|listed| !listed.missing.is_empty()).count(),
            skipped,
        }
    }

    fn verdict(&self, counts: &Counts) -> Verdict {
        let mut reasons = Vec::new();
        let skipped = self.branches.iter().filter(|branch| branch.skipped.is_some()).count();
        if skipped > 0 {
            reasons.push(format!("{} could not be looked at", number(skipped, "branch", "branches")));
        }
        if counts.never > 0 {
            reasons.push(format!("{} never checked", was(counts.never)));
        }
        if counts.missing > 0 {
            reasons.push(format!("{} columns that are not there", have(counts.missing)));
        }
        if !self.unbound.is_empty() {
            let unbound = number(self.unbound.len(), "branch has", "branches have");
            reasons.push(format!("{unbound} a database to which nothing of it was ever applied"));
        }
        if !self.unread.is_empty() {
            let unread = number(self.unread.len(), "branch", "branches");
            reasons.push(format!("{unread} that references point to could not be asked"));
        }
        if counts.orphaned > 0 {
            let text = format!("{} orphans beyond what is allowed.", have(counts.orphaned));
            return Verdict { class: "bad", mark: "\u{2715}", text, reasons };
        }
        if !reasons.is_empty() {
            let text = "No clean result: not everything was looked at.".to_owned();
            return Verdict { class: "warn", mark: "!", text, reasons };
        }
        let text = match counts.listed {
            0 => "No reference is live in the databases that were looked at.".to_owned(),
            _ => "No orphans beyond what is allowed, at the last check of each reference.".to_owned(),
        };
        Verdict { class: "good", mark: "\u{2713}", text, reasons }
    }

    fn scope(&self, counts: &Counts) -> Vec<String> {
        let mut scope = vec![format!(
            "{} known in {}; {} listed here, {} checked at least once, {} skipped.",
            number(counts.known, "reference is", "references are"),
            number(self.branches.len(), "branch", "branches"),
            counts.listed,
            counts.checked,
            counts.skipped
        )];
        if self.branches.iter().any(|branch| branch.database.is_none() && branch.skipped.is_none()) {
            scope.push(
                "It was made from the project's files alone, as if all revisions were applied: no database was asked."
                    .to_owned(),
            );
        }
        scope.extend(self.unbound.iter().map(|note| format!("Of note: {note}")));
        for (branch, why) in &self.unread {
            scope.push(format!("{branch} could not be asked for the columns that are pointed to: {why}"));
        }
        scope.push(match self.found {
            None => "Nobody looked for references that were not declared: they are not part of this report.".to_owned(),
            Some(0) => "Nothing else looks like a reference that nobody declared.".to_owned(),
            Some(found) => format!(
                "{} that nobody declared: dotted in the picture, listed by \u{201c}branchline references discover\u{201d}, and not part of \
                 the result.",
                number(
                    found,
                    "column or pair of columns looks like a reference",
                    "columns or pairs of columns look like references"
                )
            ),
        });
        scope.push("A check speaks of the time when it was made.".to_owned());
        scope
    }
}

fn cards(counts: &Counts) -> Vec<Card> {
    let marked = |value: usize, class: &'static str| if value > 0 { class } else { "" };
    vec![
        Card { name: "references known", value: counts.known, class: "" },
        Card { name: "checked", value: counts.checked, class: marked(counts.checked, "good") },
        Card { name: "with orphans", value: counts.orphaned, class: marked(counts.orphaned, "bad") },
        Card { name: "never checked", value: counts.never, class: marked(counts.never, "warn") },
        Card { name: "skipped", value: counts.skipped, class: marked(counts.skipped, "warn") },
    ]
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

fn was(count: usize) -> String {
    number(count, "reference was", "references were")
}

fn have(count: usize) -> String {
    number(count, "reference has", "references have")
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
