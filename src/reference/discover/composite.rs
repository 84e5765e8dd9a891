//! Keys of several columns, as comments name them: `(tenant_id, order_no) -> shop.orders(tenant_id, no)`.
//!
//! One column of such a key is no key: what a comment says of all of them says nothing of each.

use super::comments::{Said, of_whole_table, types_told};
use super::phrase::{self, Listed, Place};
use super::types::{Agreement, may_be_key};
use super::vocabulary::SUFFIXES;
use super::words::words;
use super::world::{Spot, TableSpot, World, only};
use super::{Discovery, Found, Points, Source, Unresolved, rounded};
use crate::revision::{Columns, ReferenceTarget};

/// It says that they refer to it, in so many words.
const SAID: f64 = 0.95;
/// It names the columns of both, and says nothing of referring.
const NAMED: f64 = 0.75;

/// Columns that refer together, and the comment that says so.
pub(super) struct Together {
    pub(super) columns: Vec<Spot>,
    pub(super) evidence: String,
}

/// Looks at what is said of several columns of a table at once.
pub(super) fn look(world: &World<'_>, table: TableSpot, discovery: &mut Discovery) -> Vec<Together> {
    let mut all: Vec<Together> = Vec::new();
    for (column, said) in of_whole_table(world, table) {
        for listed in phrase::lists(&said.text, world) {
            let Some(to) = targets(world, table, &listed) else { continue };
            let evidence = said.evidence.clone();
            let is_key = world.is_unique_together(&to);
            let Some(from) = referring(world, table, column, &listed, &to).filter(|_| is_key) else {
                // It is about several columns, whichever they are: it says nothing of one of them.
                all.push(Together { columns: named(world, table, column, &listed), evidence });
                continue;
            };
            let is_new = from != to && !world.is_known_together(&from) && all.iter().all(|known| known.columns != from);
            if is_new {
                tell(world, &from, &to, &listed, &said, discovery);
            }
            all.push(Together { columns: from, evidence });
        }
    }
    all
}

/// What is said of these columns: a reference where the types agree.
fn tell(world: &World<'_>, from: &[Spot], to: &[Spot], listed: &Listed, said: &Said, discovery: &mut Discovery) {
    match from.iter().zip(to).find(|(from, to)| !fits(world, **from, **to)) {
        None => discovery.found.push(found(world, from, to, listed, said)),
        Some((one, other)) => discovery.unresolved.push(Unresolved {
            branch: world.site(from[0]).branch.clone(),
            from: together(world, from),
            reason: types_told("cannot be compared as keys", world, *one, *other),
            evidence: vec![said.evidence.clone()],
            candidates: vec![target(world, to)],
        }),
    }
}

fn fits(world: &World<'_>, from: Spot, to: Spot) -> bool {
    may_be_key(world.column(from)) && world.agreement(from, to) != Agreement::None
}

/// The referring columns, in the order of those that they refer to.
fn referring(
    world: &World<'_>,
    table: TableSpot,
    column: Option<usize>,
    listed: &Listed,
    to: &[Spot],
) -> Option<Vec<Spot>> {
    let from = named(world, table, None, listed);
    if from.len() == to.len() {
        return Some(from);
    }
    // `with entry_account: core.entries(account_id, seq)`, beside one of them.
    let beside = column.map(|column| (table.0, table.1, column)).filter(|beside| !from.contains(beside));
    if let Some(beside) = beside.filter(|_| from.len() + 1 == to.len()) {
        return in_order(world, &[from, vec![beside]].concat(), to);
    }
    // Columns of the same names refer where the comment lists none.
    let same = to.iter().map(|to| spot_of(world, table, &world.column(*to).name)).collect::<Option<Vec<_>>>()?;
    let is_said = column.map_or(listed.strong, |column| same.contains(&(table.0, table.1, column)));
    (is_said && from.iter().all(|spot| same.contains(spot))).then_some(same)
}

/// The columns that a comment lists behind a table's name, or those of its primary key where it lists none.
fn targets(world: &World<'_>, table: TableSpot, listed: &Listed) -> Option<Vec<Spot>> {
    let (name, before) = listed.parts.split_first()?;
    let outermost = before.last().and_then(|name| world.named(name));
    let site = match &listed.place {
        Place::Named(name) => Some(world.named(name)?),
        Place::Own => Some(table.0),
        Place::Unsaid | Place::Elsewhere => outermost,
    };
    let schemas = if outermost.is_some() { &before[..before.len() - 1] } else { before };
    let schema = schemas.first().map(String::as_str);
    let key_of = |target: TableSpot| {
        let primary = &world.table(target).primary_key;
        let names = if listed.columns.is_empty() { primary } else { &listed.columns };
        let key = names.iter().map(|name| spot_of(world, target, name)).collect::<Option<Vec<_>>>()?;
        (key.len() > 1).then_some(key)
    };
    let keys = |site: usize| {
        let tables = world.tables_called(site, schema, name).into_iter();
        tables.filter_map(key_of).collect::<Vec<_>>()
    };
    let Some(site) = site else {
        let own = if listed.place == Place::Elsewhere { Vec::new() } else { keys(table.0) };
        let others = || world.sites().filter(|site| *site != table.0).flat_map(keys);
        return if own.is_empty() { only(others()) } else { only(own.into_iter()) };
    };
    only(keys(site).into_iter())
}

fn spot_of(world: &World<'_>, table: TableSpot, name: &str) -> Option<Spot> {
    let found = world.table(table);
    let name = &found.column(name)?.name;
    found.columns.iter().position(|column| column.name == *name).map(|at| (table.0, table.1, at))
}

/// The columns of its own table that a comment names, with the one that it stands beside.
fn named(world: &World<'_>, table: TableSpot, column: Option<usize>, listed: &Listed) -> Vec<Spot> {
    let beside = column.map(|column| (table.0, table.1, column));
    let mut named: Vec<Spot> = Vec::new();
    for spot in listed.words.iter().filter_map(|name| spot_of(world, table, name)).chain(beside) {
        if !named.contains(&spot) {
            named.push(spot);
        }
    }
    named
}

/// Columns in the order of those that they are called as: each has the words of one, and no two of the same.
fn in_order(world: &World<'_>, from: &[Spot], to: &[Spot]) -> Option<Vec<Spot>> {
    let called = |to: Spot| {
        let mut name = words(&world.column(to).name);
        name.retain(|word| !SUFFIXES.contains(&word.as_str()));
        let has_it = |from: &Spot| {
            let own = words(&world.column(*from).name);
            name.iter().all(|word| own.contains(word))
        };
        only(from.iter().copied().filter(has_it))
    };
    let mut ordered: Vec<Option<Spot>> = to.iter().map(|to| called(*to)).collect();
    let left: Vec<Spot> = from.iter().copied().filter(|spot| !ordered.contains(&Some(*spot))).collect();
    // The last one is left for the last one.
    if let [spot] = left.as_slice()
        && ordered.iter().filter(|spot| spot.is_none()).count() == 1
    {
        ordered.iter_mut().filter(|place| place.is_none()).for_each(|place| *place = Some(*spot));
    }
    let ordered = ordered.into_iter().collect::<Option<Vec<_>>>()?;
    let differ = ordered.iter().enumerate().all(|(at, spot)| !ordered[..at].contains(spot));
    differ.then_some(ordered)
}

fn together(world: &World<'_>, spots: &[Spot]) -> Columns {
    Columns {
        table: world.columns(spots[0]).table,
        columns: spots.iter().map(|spot| world.column(*spot).name.clone()).collect(),
    }
}

fn target(world: &World<'_>, to: &[Spot]) -> ReferenceTarget {
    ReferenceTarget { branch: world.site(to[0]).branch.clone(), columns: together(world, to) }
}

fn found(world: &World<'_>, from: &[Spot], to: &[Spot], listed: &Listed, said: &Said) -> Found {
    let mut confidence = if listed.strong { SAID } else { NAMED };
    let mut evidence = vec![said.evidence.clone()];
    let near = from.iter().zip(to).find(|(from, to)| world.agreement(**from, **to) == Agreement::Near);
    if let Some((from, to)) = near {
        confidence -= 0.05;
        evidence.push(types_told("can be written in each other", world, *from, *to));
    }
    Found {
        branch: world.site(from[0]).branch.clone(),
        from: together(world, from),
        points: Points::One(target(world, to)),
        source: Source::Comment,
        confidence: rounded(confidence),
        evidence,
    }
}
