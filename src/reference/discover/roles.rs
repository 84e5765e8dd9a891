//! Somebody, or a row of the same table: what a name says of a role, where a table of people has keys of its type.

use std::collections::{BTreeMap, BTreeSet};

use super::comments::Said;
use super::names::{Fit, Pointed, Reading, read, told_table};
use super::people::{CLIENTS, DEEDS, DOUBTFUL, HANDS, MACHINES, NO_DEEDS, PEOPLE, PERSONAL, PERSONS, SOMEBODY};
use super::types::Agreement;
use super::vocabulary::{EMPTY, SELVES};
use super::words::{singular, words};
use super::world::{Spot, TableSpot, World, only};
use super::{Found, Points, Site};
use crate::catalog::ColumnKind;
use crate::revision::{Columns, ReferenceTarget, TablePath};
use crate::sql::ObjectName;

/// How surely a name speaks of somebody.
const SURELY: f64 = 0.7;

/// `stamped_by` is no deed that people are known for; it looks like one.
const LIKELY: f64 = 0.6;

/// Somebody, or a row of the same table.
pub(super) fn look(world: &World<'_>, spot: Spot, reading: &Reading, said: &[Said], pointed: &Pointed) -> Vec<Fit> {
    let stem = reading.stem.join(" ");
    if SELVES.iter().any(|own| stem == *own) {
        let key =
            world.key_of((spot.0, spot.1)).filter(|key| *key != spot && world.agreement(spot, *key) == Agreement::Same);
        let says = "its name says that it is another row of the same table".to_owned();
        return key
            .into_iter()
            .map(|key| Fit { key, confidence: SURELY, says: says.clone(), doubtful: false })
            .collect();
    }
    let Some(confidence) = somebody(reading) else { return Vec::new() };
    let is_uuid = matches!(world.column(spot).kind, ColumnKind::Uuid | ColumnKind::Binary { length: Some(16) });
    // A number before which nothing is known to be done by people may say by how much.
    if confidence < SURELY && !is_uuid || !reading.is_id && is_nobody(said, is_uuid) {
        return Vec::new();
    }
    let fellows =
        pointed.people.get(&spot.0).into_iter().flatten().copied().filter(|key| may_be(world, spot, reading, *key));
    if let Some(key) = only(fellows) {
        let table = told_table(world, spot, (key.0, key.1));
        let says = format!("its name says that it is somebody, and others that do point to {table}");
        return vec![Fit { key, confidence, says, doubtful: are_several(world, spot, reading, key) }];
    }
    let own = people(world, spot, reading, spot.0);
    let fit = |(_, key): (usize, Spot), less: f64| Fit {
        key,
        confidence: confidence - less,
        says: format!(
            "its name says that it is somebody, and {} holds people",
            told_table(world, spot, (key.0, key.1))
        ),
        doubtful: are_several(world, spot, reading, key),
    };
    if let Some(own) = own.filter(|(rank, _)| *rank == 0) {
        return vec![fit(own, 0.0)];
    }
    let others = world.sites().filter(|site| *site != spot.0).filter_map(|site| people(world, spot, reading, site));
    // Members of its own database, and users of another one: who knows.
    let others: Vec<_> = others.filter(|(rank, _)| own.is_none() || *rank == 0).collect();
    own.map(|own| fit(own, 0.0)).into_iter().chain(others.into_iter().map(|other| fit(other, 0.1))).collect()
}

/// How surely a name says that it is somebody.
fn somebody(reading: &Reading) -> Option<f64> {
    let (last, before) = reading.stem.split_last()?;
    let deed = before.last().map_or("", String::as_str);
    if reading.by {
        let looks_like = deed.len() > 4 && deed.ends_with("ed") && !NO_DEEDS.contains(&deed);
        return if DEEDS.contains(&deed) { Some(SURELY) } else { looks_like.then_some(LIKELY) };
    }
    let is_named = PERSONS.contains(&last.as_str()) && (reading.is_id || before.is_empty());
    let is_handed = HANDS.iter().any(|(done, to)| deed == *done && last == to);
    (is_named || is_handed).then_some(SURELY)
}

/// The key of a site's table of people, and how far down the list that stands.
fn people(world: &World<'_>, spot: Spot, reading: &Reading, site: usize) -> Option<(usize, Spot)> {
    PEOPLE.iter().enumerate().find_map(|(rank, thing)| {
        let exact = world.tables_called(site, None, thing);
        let tables = if exact.is_empty() { world.tables_ending(site, &[(*thing).to_owned()]) } else { exact };
        let table = only(tables.into_iter()).filter(|table| !DOUBTFUL.contains(thing) || is_personal(world, *table))?;
        world.key_of(table).filter(|key| may_be(world, spot, reading, *key)).map(|key| (rank, key))
    })
}

fn may_be(world: &World<'_>, spot: Spot, reading: &Reading, key: Spot) -> bool {
    let fits = match (reading.is_id, world.agreement(spot, key)) {
        (true, Agreement::Same | Agreement::Near) => true,
        // `created_by` may be a name, where it could be one.
        (false, Agreement::Same) => {
            !matches!(world.column(spot).kind, ColumnKind::Text { .. })
                || world.site(spot).catalog.dialect.can().loose_types
        }
        _ => false,
    };
    fits && key != spot
}

/// Whether the column's own database or that of a table of people has another one of people whose keys fit.
fn are_several(world: &World<'_>, spot: Spot, reading: &Reading, key: Spot) -> bool {
    let sites: BTreeSet<usize> = [spot.0, key.0].into();
    let tables =
        sites.into_iter().flat_map(|site| (0..world.site_at(site).catalog.tables.len()).map(move |at| (site, at)));
    let others = tables.filter(|table| *table != (key.0, key.1) && *table != (spot.0, spot.1));
    let is_of_people = |table: TableSpot| {
        let last = world.words(table).iter().rev().find(|word| !EMPTY.contains(&word.as_str()));
        last.is_some_and(|last| [PEOPLE, PERSONS, CLIENTS].iter().any(|words| words.contains(&last.as_str())))
            && (!last.is_some_and(|last| DOUBTFUL.contains(&last.as_str())) || is_personal(world, table))
    };
    let mut fitting = others.filter(|table| is_of_people(*table)).filter_map(|table| world.key_of(table));
    fitting.any(|key| may_be(world, spot, reading, key))
}

/// Accounts may be of money: people have names, addresses and passwords.
fn is_personal(world: &World<'_>, table: TableSpot) -> bool {
    world.table(table).columns.iter().any(|column| {
        let words = words(&column.name);
        words.iter().any(|word| PERSONAL.contains(&word.as_str())) || PERSONAL.contains(&words.join(" ").as_str())
    })
}

/// Where those columns of each site point that say that they are somebody.
pub(super) fn people_pointed_at(world: &World<'_>, found: &[Found]) -> BTreeMap<usize, BTreeSet<Spot>> {
    let mut people: BTreeMap<usize, BTreeSet<Spot>> = BTreeMap::new();
    let mut add = |site: usize, from: &Columns, to: &ReferenceTarget| {
        let spot = world.find(site, from).filter(|spot| {
            let reading = read(world, *spot);
            reading.is_some_and(|reading| somebody(&reading).is_some())
        });
        let target = world.sites().find(|site| world.site_at(*site).branch == to.branch);
        if let (Some(_), Some(key)) = (spot, target.and_then(|site| world.find(site, &to.columns))) {
            people.entry(site).or_default().insert(key);
        }
    };
    for site in world.sites() {
        let Site { branch, catalog, declared, .. } = world.site_at(site);
        for table in &catalog.tables {
            for key in table.foreign_keys.iter().filter(|key| key.to_database.is_none()) {
                let path = |name: &ObjectName| TablePath { schema: name.schema.clone(), table: name.name.clone() };
                let columns = Columns { table: path(&key.to_table), columns: key.to_columns.clone() };
                let from = Columns { table: path(&table.name), columns: key.columns.clone() };
                add(site, &from, &ReferenceTarget { branch: branch.clone(), columns });
            }
        }
        for known in declared {
            known.targets().for_each(|to| add(site, &known.from, to));
        }
        for found in found.iter().filter(|found| found.branch == *branch) {
            if let Points::One(to) = &found.points {
                add(site, &found.from, to);
            }
        }
    }
    people
}

/// Whether what is said of a column is about nobody: about a process, or, where it is a number, about no person at all.
fn is_nobody(said: &[Said], is_uuid: bool) -> bool {
    let speaks_of = |words: &[&str]| {
        let mut all = said.iter().flat_map(|said| said.text.split(|letter: char| !letter.is_alphanumeric()));
        all.any(|word| words.contains(&singular(&word.to_lowercase()).as_str()))
    };
    let speaks_of_people = || speaks_of(PEOPLE) || speaks_of(PERSONS) || speaks_of(SOMEBODY);
    (speaks_of(MACHINES) || !is_uuid && !said.is_empty()) && !speaks_of_people()
}
