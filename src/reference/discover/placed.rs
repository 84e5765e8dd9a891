//! A row of a table and its database in one phrase: `contact of the backoffice`, `staff member (backoffice) who took the order`,
//! `increment_id of the purchase (storefront)`.
//!
//! It decides only where a phrase begins a clause and names a table of a database that is known, so that nothing but that row
//! can be meant. A value of a row is a reference where no two rows have the same; what fits several tables is unresolved.

use super::comments::{Said, of_column, types_told};
use super::names::is_strange;
use super::phrase::{self, Known as _};
use super::tokens::{Token, clauses};
use super::types::{Agreement, is_long_text, may_be_key};
use super::vocabulary::{KEY_WORDS, PRIVATE, SUFFIXES};
use super::words::{is_place_noun, singular, words};
use super::world::{Spot, TableSpot, World};
use super::{Discovery, Found, Points, Source, Unresolved, rounded};

/// How surely a row with its database is one that is referred to.
const PLACED: f64 = 0.75;

/// What may stand before a row.
const BEFORE: &[&str] = &["the", "a", "an", "our", "its", "optional", "id", "uuid", "of", "is", "responsible"];

/// What says nothing of a row of a table.
const ROWS: &[&str] = &["member", "record", "row", "entry", "person", "id", "uuid"];

/// Behind these stands the database.
const BEFORE_PLACE: &[&str] = &["in", "of", "from", "at", "within"];

/// Behind these stands the row that a value is of, with what may stand between.
const OF_ROW: &[&str] = &["of", "in", "from", "as"];
const BETWEEN: &[&str] = &["of", "in", "from", "as", "at", "on", "the", "a", "an", "our", "its", "same"];

/// What may stand behind a row where its database stands before it: `backoffice contact who`, and no `contact count`.
const BEHIND: &[&str] = &[
    "who",
    "whose",
    "whom",
    "that",
    "which",
    "this",
    "these",
    "id",
    "uuid",
    "record",
    "row",
    "entry",
    "for",
    "if",
    "when",
    "or",
    "to",
    "by",
    "behind",
    "responsible",
    "member",
];

/// As many words as a name has in a comment, at most.
const LONGEST: usize = 3;

/// What a phrase leads to: tables of one database.
struct Row {
    tables: Vec<TableSpot>,
    /// It is told as one of them.
    is_one: bool,
}

/// Looks for a row and its database in what is said of a column. Whether there is one.
pub(super) fn look(world: &World<'_>, spot: Spot, discovery: &mut Discovery) -> bool {
    let column = world.column(spot);
    let is_id = words(&column.name).last().is_some_and(|last| SUFFIXES.contains(&last.as_str()));
    if !may_be_key(column) || !is_id && is_long_text(column, world.site(spot).catalog.dialect) {
        return false;
    }
    for said in of_column(world, spot) {
        if phrase::denies(&said.text, world) {
            return false;
        }
        let keys = keys(world, spot, &said.text);
        match keys.as_slice() {
            [] => {}
            [key] => {
                discovery.found.push(found(world, spot, *key, &said));
                return true;
            }
            several => {
                discovery.unresolved.push(Unresolved {
                    branch: world.site(spot).branch.clone(),
                    from: world.columns(spot),
                    reason: "it may mean more than one table".to_owned(),
                    evidence: vec![said.evidence],
                    candidates: several.iter().map(|key| world.target(*key)).collect(),
                });
                return true;
            }
        }
    }
    false
}

fn found(world: &World<'_>, spot: Spot, key: Spot, said: &Said) -> Found {
    let mut confidence = PLACED;
    let mut evidence = vec![said.evidence.clone()];
    if world.agreement(spot, key) == Agreement::Near {
        confidence -= 0.05;
        evidence.push(types_told("can be written in each other", world, spot, key));
    }
    let name = words(&world.column(spot).name);
    if name.last().is_some_and(|last| SUFFIXES.contains(&last.as_str())) {
        confidence += 0.05;
    }
    if let Some(thing) = world.words((key.0, key.1)).iter().find(|word| name.contains(word)) {
        confidence += 0.04;
        evidence.push(format!("its name says {thing} too"));
    }
    Found {
        branch: world.site(spot).branch.clone(),
        from: world.columns(spot),
        points: Points::One(world.target(key)),
        source: Source::Comment,
        confidence: rounded(confidence),
        evidence,
    }
}

/// The keys that a comment may mean, of a type that fits.
fn keys(world: &World<'_>, spot: Spot, text: &str) -> Vec<Spot> {
    let clauses = clauses(text);
    let read = clauses.iter().map(|tokens| {
        let phrase = Phrase { tokens, world, own: spot.0 };
        let row = phrase.row(phrase.start());
        let of_row = || row.filter(|row| row.is_one).map(|row| keys_of(world, &row)).unwrap_or_default();
        let of_value = phrase.value();
        if of_value.is_empty() { of_row() } else { of_value }
    });
    let is_key = |key: &Spot| {
        (key.0, key.1) != (spot.0, spot.1)
            && world.agreement(spot, *key) != Agreement::None
            && !is_strange(world, text, *key)
    };
    let fitting = read.map(|keys| keys.into_iter().filter(is_key).collect::<Vec<_>>());
    fitting.into_iter().find(|keys| !keys.is_empty()).unwrap_or_default()
}

fn keys_of(world: &World<'_>, row: &Row) -> Vec<Spot> {
    row.tables.iter().filter_map(|table| world.key_of(*table)).collect()
}

struct Phrase<'a, 'w> {
    tokens: &'a [Token],
    world: &'a World<'w>,
    /// The site of the column.
    own: usize,
}

impl Phrase<'_, '_> {
    /// Where it begins, behind articles and marks.
    fn start(&self) -> usize {
        self.tokens.iter().take_while(|token| !token.is_word || token.is_any(BEFORE)).count()
    }

    fn is(&self, at: usize, texts: &[&str]) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_any(texts))
    }

    /// So many words, joined, where there are as many.
    fn joined(&self, at: usize, length: usize, by: &str) -> Option<String> {
        let tokens = self.tokens.get(at..at + length)?;
        let texts: Vec<&str> = tokens.iter().filter(|token| token.is_word).map(|token| token.text.as_str()).collect();
        (texts.len() == length).then(|| texts.join(by))
    }

    /// A row with its database behind it or before it.
    fn row(&self, at: usize) -> Option<Row> {
        self.thing_and_place(at).or_else(|| self.place_and_thing(at))
    }

    /// `contact of the backoffice`, `staff member (backoffice)`, `contact or staff in the backoffice`.
    fn thing_and_place(&self, at: usize) -> Option<Row> {
        (1..=LONGEST).rev().find_map(|length| {
            let mut names = vec![self.joined(at, length, "_")?];
            let mut end = at + length;
            if self.is(end, &["or", "/"]) {
                names.push(self.joined(end + 1, 1, "_")?);
                end += 2;
            }
            if self.is(end, ROWS) {
                end += 1;
            }
            let opens = self.is(end, &["("]);
            let leads = self.is(end, BEFORE_PLACE);
            end += 1;
            while leads && self.is(end, &["the", "our"]) {
                end += 1;
            }
            let (site, end) = self.place(end).filter(|_| opens || leads)?;
            // `contact in the backoffice's list` is about the list.
            if self.is(end, &["'", "’"]) || opens && !self.is(end, &[")", ",", ";"]) {
                return None;
            }
            self.rows(site, &names)
        })
    }

    /// `backoffice contact`, `the storefront's item_entity`.
    fn place_and_thing(&self, at: usize) -> Option<Row> {
        let (site, mut at) = self.place(at)?;
        let is_owner = self.is(at, &["'", "’"]);
        if is_owner {
            at += if self.is(at + 1, &["s"]) { 2 } else { 1 };
        }
        (1..=LONGEST).rev().find_map(|length| {
            let name = self.joined(at, length, "_")?;
            let ends = self.tokens.get(at + length).is_none_or(|next| !next.is_word || next.is_any(BEHIND));
            // `billing address` may be an address of its own database as well.
            let is_here = !is_owner && site != self.own && !self.world.tables_meant(self.own, &name).is_empty();
            self.rows(site, &[name]).filter(|_| ends && !is_here)
        })
    }

    fn rows(&self, site: usize, names: &[String]) -> Option<Row> {
        let tables = names.iter().map(|name| self.world.tables_meant(site, name));
        let found: Vec<Vec<TableSpot>> = tables.filter(|tables| !tables.is_empty()).collect();
        // `customers` are many, and the column may hold how many.
        let is_one = names.iter().all(|name| {
            let last = words(name).pop().unwrap_or_default();
            singular(&last) == last
        });
        (found.len() == names.len()).then(|| Row { tables: found.concat(), is_one })
    }

    /// A database, and where its name ends. What is the name of a table as well is none, unless it is said to be one.
    fn place(&self, at: usize) -> Option<(usize, usize)> {
        (1..=LONGEST).rev().find_map(|length| {
            let name = self.joined(at, length, " ")?;
            let site = self.world.named(&name)?;
            let end = at + length;
            let is_noun = self.tokens.get(end).is_some_and(|token| is_place_noun(&token.folded));
            let is_told = is_noun || length > 1 || self.is(end, &["'", "’"]);
            (is_told || !self.world.is_table(&name)).then_some((site, if is_noun { end + 1 } else { end }))
        })
    }

    /// `increment_id of the purchase (storefront)`: what no two rows of a table have the same of.
    fn value(&self) -> Vec<Spot> {
        let start =
            self.tokens.iter().take_while(|token| !token.is_word || token.is_any(&["the", "a", "an", "our"])).count();
        let read = (1..=LONGEST).rev().find_map(|length| {
            let name = words(&self.joined(start, length, "_")?);
            let behind = start + length;
            let last = name.last().filter(|_| self.is(behind, OF_ROW))?;
            let is_key = KEY_WORDS.contains(&last.as_str()) || SUFFIXES.contains(&last.as_str());
            let is_private = name.iter().any(|word| PRIVATE.contains(&word.as_str()));
            let between = self.tokens[behind..].iter().take_while(|token| token.is_any(BETWEEN)).count();
            let row = self.row(behind + between).filter(|_| is_key && !is_private)?;
            let keys = row.tables.iter().filter_map(|table| self.key_called(*table, &name));
            Some(keys.collect::<Vec<_>>())
        });
        read.unwrap_or_default()
    }

    fn key_called(&self, table: TableSpot, name: &[String]) -> Option<Spot> {
        if matches!(name, [id] if SUFFIXES.contains(&id.as_str())) {
            return self.world.key_of(table);
        }
        let at = self.world.table(table).columns.iter().position(|column| words(&column.name) == name)?;
        let key = (table.0, table.1, at);
        (self.world.key_of(table) == Some(key) || self.world.is_unique(key)).then_some(key)
    }
}
