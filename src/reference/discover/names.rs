//! What a column's name says, where its type agrees: `user_id`, `created_by`, `parent_id`, `sharedWithUserId`.
//!
//! A name is the weakest thing to go by. Whatever speaks of somebody else's keys is left alone, and so is what fits no table.

use std::collections::{BTreeMap, BTreeSet};

use super::comments::{Said, of_column, speaks_of, types_told};
use super::types::{Agreement, may_be_key};
use super::vocabulary::{ABBREVIATIONS, COMPANIES, EMPTY, SELVES, STRANGE, STRANGERS, SUFFIXES};
use super::words::{singular, words};
use super::world::{Spot, TableSpot, World, only};
use super::{Discovery, Found, Points, Source, Unresolved, key_names, roles, rounded, things};
use crate::catalog::ColumnKind;

/// As sure as a name is at most that others could mean as well: not high.
const UNSURE: f64 = 0.75;

/// What a name says.
pub(super) struct Reading {
    pub(super) stem: Vec<String>,
    /// It says that it is an id, or somebody's.
    pub(super) is_id: bool,
    pub(super) by: bool,
}

/// A table that fits, and how well.
pub(super) struct Fit {
    pub(super) key: Spot,
    pub(super) confidence: f64,
    pub(super) says: String,
    /// Others could be meant as well, so that it is never sure.
    pub(super) doubtful: bool,
}

/// Where others point already: by foreign keys, by what is declared, and by what was found.
pub(super) struct Pointed {
    /// How often each table is pointed to from each site.
    tables: BTreeMap<(usize, TableSpot), usize>,
    /// Where those columns of each site point that say that they are somebody.
    pub(super) people: BTreeMap<usize, BTreeSet<Spot>>,
}

impl Pointed {
    pub(super) fn new(world: &World<'_>, found: &[Found]) -> Self {
        Self { tables: world.pointed_at(found), people: roles::people_pointed_at(world, found) }
    }

    /// How often a table is pointed to from a site.
    fn count(&self, site: usize, table: TableSpot) -> usize {
        self.tables.get(&(site, table)).copied().unwrap_or(0)
    }

    /// Whether anything points to a table.
    pub(super) fn is_used(&self, world: &World<'_>, table: TableSpot) -> bool {
        world.sites().any(|site| self.count(site, table) > 0)
    }
}

/// Looks at a column's name.
pub(super) fn look(world: &World<'_>, spot: Spot, pointed: &Pointed, discovery: &mut Discovery) {
    let column = world.column(spot);
    if !may_be_key(column) {
        return;
    }
    let Some(reading) = read(world, spot) else { return };
    let said = of_column(world, spot);
    let mut fits = fits(world, spot, &reading, &said, pointed);
    fits.retain(|fit| !said.iter().any(|said| is_strange(world, &said.text, fit.key)));
    let (branch, from) = (world.site(spot).branch.clone(), world.columns(spot));
    match fits.as_slice() {
        [] => {}
        [fit] => discovery.found.push(found(world, spot, fit, &said, pointed)),
        several => {
            // Where others of its database point already, it points too.
            let count = |fit: &Fit| pointed.count(spot.0, (fit.key.0, fit.key.1));
            let most = several.iter().map(count).max().unwrap_or(0);
            let likely: Vec<&Fit> = several.iter().filter(|fit| count(fit) == most && most > 0).collect();
            if let [fit] = likely.as_slice() {
                discovery.found.push(found(world, spot, fit, &said, pointed));
                return;
            }
            let candidates: Vec<_> = several.iter().map(|fit| world.target(fit.key)).collect();
            let reason = "its name fits more than one table".to_owned();
            let evidence = several.iter().map(|fit| fit.says.clone()).collect();
            discovery.unresolved.push(Unresolved { branch, from, reason, evidence, candidates });
        }
    }
}

/// The tables that fit, by the surest that says anything: a comment is surer than a name that does not say that it is an id.
fn fits(world: &World<'_>, spot: Spot, reading: &Reading, said: &[Said], pointed: &Pointed) -> Vec<Fit> {
    let by_comment = || things::look(world, spot, said);
    let bare = if reading.is_id { Vec::new() } else { by_comment() };
    // What a table calls its own key, or all tables theirs, says nothing of another one, unless that is called so itself.
    let is_common = world.is_common_key(spot);
    let is_own =
        world.is_whole_key(spot) && world.tables_meant(spot.0, &reading.stem.join("_")).contains(&(spot.0, spot.1));
    let is_said = |fit: &Fit| !is_own && (!is_common || world.words((fit.key.0, fit.key.1)) == reading.stem);
    let by_table = || by_table(world, spot, reading).into_iter().filter(is_said).collect();
    let ways: [&dyn Fn() -> Vec<Fit>; 4] = [&by_table, &|| key_names::look(world, spot, pointed), &by_comment, &|| {
        roles::look(world, spot, reading, said, pointed).into_iter().filter(is_said).collect()
    }];
    ways.iter().fold(bare, |found, way| if found.is_empty() { way() } else { found })
}

/// Whether a comment speaks of somebody else's keys and not of the table that fits, or counts up what the values mean.
pub(super) fn is_strange(world: &World<'_>, text: &str, key: Spot) -> bool {
    let words = text.split(|character: char| !character.is_alphanumeric());
    let numbers = words.filter(|word| !word.is_empty() && word.chars().all(|character| character.is_ascii_digit()));
    if numbers.count() > 1 {
        return true;
    }
    let table = world.words((key.0, key.1));
    let strange = |word: &str| {
        let is_table = || table.contains(&singular(word.trim_end_matches("'s")));
        (STRANGE.contains(&word) || COMPANIES.contains(&word)) && !is_table()
    };
    text.to_lowercase().split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '\'')).any(strange)
}

fn found(world: &World<'_>, spot: Spot, fit: &Fit, said: &[Said], pointed: &Pointed) -> Found {
    let mut confidence = fit.confidence;
    let mut evidence = vec![fit.says.clone()];
    match world.agreement(spot, fit.key) {
        Agreement::Same => evidence.push(format!("both are {}", type_of(world, fit.key))),
        _ => {
            confidence -= 0.15;
            evidence.push(types_told("can be written in each other", world, spot, fit.key));
        }
    }
    if matches!(world.column(spot).kind, ColumnKind::Text { .. })
        && matches!(world.column(fit.key).kind, ColumnKind::Text { .. })
        && !world.site(spot).catalog.dialect.can().loose_types
    {
        confidence -= 0.1;
    }
    let table = (fit.key.0, fit.key.1);
    let others = pointed.count(spot.0, table);
    if others > 0 {
        confidence += 0.1;
        let columns =
            if others == 1 { "1 other column points".to_owned() } else { format!("{others} other columns point") };
        evidence.push(format!("{columns} to {}", world.told(spot, fit.key)));
    }
    if world.words(table).last().is_some_and(|thing| speaks_of(said, thing)) {
        confidence += 0.05;
        evidence.extend(said.iter().map(|said| said.evidence.clone()));
    }
    let own = world.table((spot.0, spot.1));
    if own.is_indexed(std::slice::from_ref(&world.column(spot).name)) {
        confidence += 0.03;
        evidence.push("it is indexed".to_owned());
    }
    if fit.doubtful {
        confidence = confidence.min(UNSURE);
        evidence.push("other tables of people could be meant as well".to_owned());
    }
    Found {
        branch: world.site(spot).branch.clone(),
        from: world.columns(spot),
        points: Points::One(world.target(fit.key)),
        source: Source::Inferred,
        confidence: rounded(confidence),
        evidence,
    }
}

fn type_of(world: &World<'_>, spot: Spot) -> String {
    match world.column(spot).data_type.as_str() {
        "" => "of no type".to_owned(),
        data_type => data_type.to_owned(),
    }
}

pub(super) fn read(world: &World<'_>, spot: Spot) -> Option<Reading> {
    let name = &world.column(spot).name;
    let mut stem = words(name);
    let mut is_id = false;
    while stem.len() > 1 && stem.last().is_some_and(|last| SUFFIXES.contains(&last.as_str())) {
        stem.pop();
        is_id = true;
    }
    while stem.len() > 1 && matches!(stem[0].as_str(), "fk" | "id") {
        stem.remove(0);
        is_id = true;
    }
    // `userid`.
    if let [single] = stem.as_slice()
        && !is_id
        && let Some(thing) = single.strip_suffix("id").filter(|thing| thing.len() > 2)
        && world.sites().any(|site| !world.tables_called(site, None, thing).is_empty())
    {
        stem = vec![thing.to_owned()];
        is_id = true;
    }
    let by = stem.len() > 1 && stem.last().is_some_and(|last| last == "by");
    let strange = |word: &str| STRANGERS.contains(&word) || COMPANIES.contains(&word);
    let is_strange = stem.iter().any(|word| strange(word) || word == "type" && !is_id);
    let whole = stem.join("_");
    if is_strange && !world.sites().any(|site| is_id && !world.tables_meant(site, &whole).is_empty()) {
        return None;
    }
    if is_id && stem.iter().all(|word| SUFFIXES.contains(&word.as_str())) {
        return None;
    }
    if stem.len() > 1 && world.prefix((spot.0, spot.1)) == stem.first().map(String::as_str) {
        stem.remove(0);
    }
    (!stem.is_empty()).then_some(Reading { stem, is_id, by })
}

/// Tables that are called as the name, or its end, says; what is commonly shortened is looked for at its length as well.
fn by_table(world: &World<'_>, spot: Spot, reading: &Reading) -> Vec<Fit> {
    let found = by_words(world, spot, reading.is_id, &reading.stem);
    let Some((last, before)) = reading.stem.split_last().filter(|_| found.is_empty()) else { return found };
    let mut long = ABBREVIATIONS.iter().filter(|(short, _)| short == last).map(|(_, long)| {
        let stem: Vec<String> = before.iter().cloned().chain([(*long).to_owned()]).collect();
        by_words(world, spot, reading.is_id, &stem)
    });
    long.find(|fits| !fits.is_empty()).unwrap_or_default()
}

fn by_words(world: &World<'_>, spot: Spot, is_id: bool, stem: &[String]) -> Vec<Fit> {
    let bare = !is_id;
    for start in 0..stem.len() {
        let (head, tail) = stem.split_at(start);
        let mut tail: Vec<String> = tail.to_vec();
        if let Some(last) = tail.last_mut() {
            *last = singular(last);
        }
        let called = tail.join("_");
        let has_head = start > 0;
        let fits = |tables: Vec<TableSpot>, penalty: f64| -> Vec<Fit> {
            let fits = tables.into_iter().filter_map(|table| fit(world, spot, table, bare, head, penalty));
            fits.collect()
        };
        // In its own schema, then in its own database; else wherever there is one.
        let schema = world.table((spot.0, spot.1)).name.schema.as_deref();
        let near = fits(world.tables_called(spot.0, schema, &called), 0.0);
        if !near.is_empty() {
            return near;
        }
        let own = fits(world.tables_called(spot.0, None, &called), 0.0);
        if !own.is_empty() {
            return own;
        }
        let others: Vec<TableSpot> = world
            .sites()
            .filter(|site| *site != spot.0)
            .flat_map(|site| world.tables_called(site, None, &called))
            .collect();
        let others = fits(others, 0.1);
        if !others.is_empty() {
            return others;
        }
        // `shopper_entity`, where it is the only one.
        let longer = || {
            let elsewhere = world.sites().filter(|site| *site != spot.0);
            let own = world.tables_longer(spot.0, &called);
            if !own.is_empty() {
                return only(own.into_iter()).map(|table| (table, 0.05));
            }
            only(elsewhere.flat_map(|site| world.tables_longer(site, &called))).map(|table| (table, 0.15))
        };
        if let Some(fit) = longer().and_then(|(table, less)| fit(world, spot, table, bare, head, less)) {
            return vec![fit];
        }
        // `entity_id` would fit whatever ends in a word that says nothing.
        if tail.iter().all(|word| EMPTY.contains(&word.as_str())) {
            continue;
        }
        // `app_users`: for the whole of the name; for its end only within one application.
        if bare {
            continue;
        }
        let prefix = world.words((spot.0, spot.1)).first();
        let may_be = |table: &TableSpot| {
            let words = world.words(*table);
            if has_head { words.first() == prefix && words.len() == tail.len() + 1 } else { *table != (spot.0, spot.1) }
        };
        let own: Vec<TableSpot> = world.tables_ending(spot.0, &tail).into_iter().filter(may_be).collect();
        let own = nearest_prefix(world, spot, own);
        if let Some(fit) = own.and_then(|table| fit(world, spot, table, bare, head, 0.15)) {
            return vec![fit];
        }
        let elsewhere = world.sites().filter(|site| *site != spot.0 && !has_head);
        let others: Vec<TableSpot> = elsewhere.flat_map(|site| world.tables_ending(site, &tail)).collect();
        if let Some(fit) = only(others.into_iter()).and_then(|table| fit(world, spot, table, bare, head, 0.25)) {
            return vec![fit];
        }
    }
    Vec::new()
}

/// Of several tables with something before their name, the one that has the same before it as the column's own table.
fn nearest_prefix(world: &World<'_>, spot: Spot, tables: Vec<TableSpot>) -> Option<TableSpot> {
    let own = world.words((spot.0, spot.1)).first()?;
    let alike: Vec<TableSpot> =
        tables.iter().copied().filter(|table| world.words(*table).first() == Some(own)).collect();
    only(alike.into_iter()).or_else(|| only(tables.into_iter()))
}

fn fit(world: &World<'_>, spot: Spot, table: TableSpot, bare: bool, head: &[String], penalty: f64) -> Option<Fit> {
    let has_head = !head.is_empty();
    let key = world.key_of(table)?;
    let agreement = world.agreement(spot, key);
    let column = world.column(spot);
    // The key of its own table, and what a row of it is called by others.
    let is_own = (spot.0, spot.1) == table;
    if key == spot || is_own && !has_head || agreement == Agreement::None {
        return None;
    }
    // `oem_part_id` among the parts is a number of somebody else, where keys are texts; `parent_part_id` is another row.
    if is_own && matches!(column.kind, ColumnKind::Text { .. }) && !SELVES.contains(&head.join(" ").as_str()) {
        return None;
    }
    // A name that does not say that it is an id may be anything but a UUID.
    if bare && !(agreement == Agreement::Same && matches!(column.kind, ColumnKind::Uuid | ColumnKind::Binary { .. })) {
        return None;
    }
    let confidence = 0.8 - penalty - if has_head { 0.05 } else { 0.0 } - if bare { 0.1 } else { 0.0 };
    let says = format!("its name fits the table {}", told_table(world, spot, table));
    Some(Fit { key, confidence, says, doubtful: false })
}

pub(super) fn told_table(world: &World<'_>, spot: Spot, table: TableSpot) -> String {
    let path = super::path_of(world.table(table));
    if spot.0 == table.0 { path.to_string() } else { format!("{path} of {}", world.site_at(table.0).branch) }
}
