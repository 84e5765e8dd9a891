//! Pairs of columns of which one says what the other is the key of: `resource_type` and `resource_id`.

use std::collections::{BTreeMap, BTreeSet};

use super::comments::of_column;
use super::people::PERSONS;
use super::types::{Agreement, may_be_key};
use super::vocabulary::SUFFIXES;
use super::words::words;
use super::world::{Spot, TableSpot, World, only};
use super::{Discovery, Found, Points, Site, Source, rounded};
use crate::catalog::ColumnKind;
use crate::revision::ReferenceTarget;

/// What such a pair is about, where it could be anything.
const ANYTHING: &[&str] = &[
    "resource",
    "res",
    "rec",
    "obj",
    "object",
    "subject",
    "entity",
    "target",
    "item",
    "owner",
    "source",
    "record",
    "parent",
    "related",
    "reference",
    "content",
    "model",
    "actor",
    "causer",
    "linked",
    "origin",
    "holder",
    "sender",
    "recipient",
    "reference",
    "auditable",
    "context",
    "scope",
    "document",
    "element",
    "tagger",
    "liker",
    "viewer",
    "rater",
    "subscriber",
    "aggregate",
];

/// What the other column is called.
const KINDS: &[&str] = &["type", "kind", "class", "table", "model", "entity"];

/// As many tables are told of that it may point to.
const CANDIDATES: usize = 20;

/// Looks for a column's other half. Whether there is one.
pub(super) fn look(world: &World<'_>, spot: Spot, discovery: &mut Discovery) -> bool {
    let column = world.column(spot);
    let mut stem = words(&column.name);
    let is_id = stem.len() > 1 && stem.pop().is_some_and(|last| matches!(last.as_str(), "id" | "uuid" | "guid"));
    if !is_id || !may_be_key(column) {
        return false;
    }
    let Some(Half { spot: by, said, certain }) = other_half(world, spot, &stem) else { return false };
    let name = stem.join("_");
    let table = world.table((spot.0, spot.1));
    let said_of = said.then(|| of_column(world, spot).into_iter().next()).flatten();
    let able = name.ends_with("able");
    let anything = able || certain || is_anything(&stem);
    let pair = [world.column(by).name.clone(), column.name.clone()];
    let together = table.is_indexed(&pair);
    // A user may have a type as well, and a payment a kind.
    let fits_table = world.sites().any(|site| !world.tables_meant(site, &name).is_empty());
    if !(said || anything || together) || fits_table && !able && !certain && !said && !together {
        return false;
    }
    let (from, by_columns) = (world.columns(spot), world.columns(by));
    let mut confidence: f64 = 0.6;
    let mut evidence = vec![format!("{by_columns} beside it says what it is the key of")];
    if able || anything {
        confidence += 0.15;
    }
    if let Some(said) = said_of {
        confidence += 0.15;
        evidence.push(said.evidence);
    }
    if together {
        confidence += 0.1;
        evidence.push("both are indexed together".to_owned());
    }
    let source = if said { Source::Comment } else { Source::Inferred };
    let candidates = candidates(world, spot);
    let points = Points::ByType { by: by_columns, targets: BTreeMap::new(), unknown: BTreeSet::new(), candidates };
    let branch = world.site(spot).branch.clone();
    discovery.found.push(Found { branch, from, points, source, confidence: rounded(confidence), evidence });
    true
}

/// The other column of a pair.
struct Half {
    spot: Spot,
    /// A comment of the first one names it.
    said: bool,
    /// It can be for nothing else.
    certain: bool,
}

/// The column that says what.
fn other_half(world: &World<'_>, spot: Spot, stem: &[String]) -> Option<Half> {
    let table = world.table((spot.0, spot.1));
    let said = of_column(world, spot);
    let halves = table.columns.iter().enumerate().filter_map(|(at, other)| {
        let other_words = words(&other.name);
        let (last, before) = other_words.split_last()?;
        let is_text = matches!(other.kind, ColumnKind::Text { .. } | ColumnKind::Other | ColumnKind::Loose);
        // The model of an object's program, beside `res_id`; the model of a device is no table.
        let is_model = other_words == ["model"] && is_anything(stem);
        let is_kind = is_text && (KINDS.contains(&last.as_str()) && before == stem || is_model);
        // Generic relations of Django: a foreign key to the list of all tables.
        let is_django = stem == ["object"] && other.name == "content_type_id";
        let certain = is_django || is_text && is_table_name(&other_words, stem);
        let said = said.iter().any(|said| said.text.contains(other.name.as_str()));
        (is_kind || certain).then_some(Half { spot: (spot.0, spot.1, at), said, certain })
    });
    halves.into_iter().next()
}

/// Whether a name may be of a row of any table.
fn is_anything(stem: &[String]) -> bool {
    stem.last().is_some_and(|last| ANYTHING.contains(&last.as_str()) || PERSONS.contains(&last.as_str()))
}

/// `entity_name` beside `entity_id`, `table_name` beside `record_id`. A name beside any other id is only shown.
fn is_table_name(kind: &[String], stem: &[String]) -> bool {
    let is = |words: &[String], expected: &[&str]| words.iter().map(String::as_str).eq(expected.iter().copied());
    is(kind, &["entity", "name"]) && is(stem, &["entity"])
        || is(kind, &["table", "name"]) && ["record", "row", "object", "entity"].iter().any(|thing| is(stem, &[thing]))
}

/// Whether such a pair can hold a key: of many tables, and so not what one of them is called by others.
fn is_for_any(world: &World<'_>, key: Spot) -> bool {
    let column = world.column(key);
    let is_id = words(&column.name).last().is_some_and(|last| SUFFIXES.contains(&last.as_str()));
    is_id || !matches!(column.kind, ColumnKind::Text { .. } | ColumnKind::Loose)
}

/// Tables whose keys are of its type.
fn candidates(world: &World<'_>, spot: Spot) -> Vec<ReferenceTarget> {
    let own = std::iter::once(spot.0);
    let sites = own.chain(world.sites().filter(|site| *site != spot.0));
    let tables = sites.flat_map(|site| (0..world.site_at(site).catalog.tables.len()).map(move |table| (site, table)));
    let keys = tables.filter(|table| *table != (spot.0, spot.1)).filter_map(|table| world.key_of(table));
    let fitting = keys.filter(|key| world.agreement(spot, *key) != Agreement::None && is_for_any(world, *key));
    fitting.take(CANDIDATES).map(|key| world.target(key)).collect()
}

/// The same finding, now that the values of the column are known which says what it is the key of.
#[must_use]
pub fn with_values(sites: &[Site], mut found: Found, values: &[String]) -> Found {
    let world = World::new(sites);
    let Points::ByType { targets, unknown, .. } = &mut found.points else { return found };
    let Some(site) = world.sites().find(|site| world.site_at(*site).branch == found.branch) else { return found };
    let Some(spot) = world.find(site, &found.from) else { return found };
    for value in values {
        match table_of(&world, spot, value) {
            Some(key) => {
                targets.insert(value.clone(), world.target(key));
            }
            None => {
                unknown.insert(value.clone());
            }
        }
    }
    let (mistyped, unknown): (Vec<&String>, Vec<&String>) =
        unknown.iter().partition(|value| !tables_of(&world, spot, value).is_empty());
    let told = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>().join(", ");
    if !targets.is_empty() {
        let known = told(&mut targets.iter().map(|(value, target)| format!("{value} for {target}")));
        found.evidence.push(format!("its values name tables: {known}"));
        found.confidence = rounded(found.confidence + 0.1);
    }
    if !mistyped.is_empty() {
        let values = told(&mut mistyped.iter().map(|value| (*value).clone()));
        found.evidence.push(format!("the tables that these values name have keys of another type: {values}"));
    }
    if !unknown.is_empty() {
        let values = told(&mut unknown.iter().map(|value| (*value).clone()));
        found.evidence.push(format!("no table fits these values: {values}"));
    }
    if !(mistyped.is_empty() && unknown.is_empty()) {
        found.confidence = rounded(found.confidence - if targets.is_empty() { 0.3 } else { 0.05 });
    }
    found
}

/// `User`, `App\Models\User`, `auth.user`, `blog-posts`: the table that a value means.
fn table_of(world: &World<'_>, spot: Spot, value: &str) -> Option<Spot> {
    let last = value.rsplit(['\\', '.', ':', '/']).next()?;
    let fitting = |tables: Vec<TableSpot>| {
        let keys = tables.into_iter().filter_map(|table| world.key_of(table));
        only(keys.filter(|key| world.agreement(spot, *key) != Agreement::None))
    };
    let called = words(last).join("_");
    let own = fitting(world.tables_called(spot.0, None, &called))
        .or_else(|| fitting(world.tables_ending(spot.0, &super::words::table_words(last))));
    own.or_else(|| {
        let others = world
            .sites()
            .filter(|site| *site != spot.0)
            .filter_map(|site| fitting(world.tables_called(site, None, &called)));
        only(others)
    })
}

/// The tables of its own database that are called as a value, whatever their keys are.
fn tables_of(world: &World<'_>, spot: Spot, value: &str) -> Vec<TableSpot> {
    let last = value.rsplit(['\\', '.', ':', '/']).next().unwrap_or(value);
    world.tables_called(spot.0, None, &words(last).join("_"))
}
