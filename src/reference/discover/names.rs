//! What a column's name says, where its type agrees: `user_id`, `created_by`, `parent_id`, `sharedWithUserId`.
//!
//! A name is the weakest thing to go by. Whatever speaks of somebody else's keys is left alone, and so is what fits no table.

use std::collections::BTreeMap;

use super::comments::{of_column, speaks_of, types_told};
use super::types::{Agreement, may_be_key};
use super::vocabulary::{DEEDS, PEOPLE, PERSONS, SELVES, STRANGE, STRANGERS, SUFFIXES};
use super::words::{singular, words};
use super::world::{Spot, TableSpot, World, only};
use super::{Discovery, Found, Points, Source, Unresolved, rounded};
use crate::catalog::ColumnKind;

/// What a name says.
struct Reading {
    stem: Vec<String>,
    /// It says that it is an id, or somebody's.
    is_id: bool,
    by: bool,
}

/// A table that fits, and how well.
struct Fit {
    key: Spot,
    confidence: f64,
    says: String,
}

/// Looks at a column's name.
pub(super) fn look(
    world: &World<'_>,
    spot: Spot,
    pointed_at: &BTreeMap<(usize, TableSpot), usize>,
    discovery: &mut Discovery,
) {
    let column = world.column(spot);
    if !may_be_key(column) {
        return;
    }
    let Some(reading) = read(world, spot) else { return };
    let said = of_column(world, spot);
    let is_strange = |text: &str| {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '\''))
            .any(|word| STRANGE.contains(&word))
    };
    if said.iter().any(|said| is_strange(&said.text)) {
        return;
    }
    let fits = by_table(world, spot, &reading);
    let fits = if fits.is_empty() { by_role(world, spot, &reading) } else { fits };
    let (branch, from) = (world.site(spot).branch.clone(), world.columns(spot));
    match fits.as_slice() {
        [] => {}
        [fit] => discovery.found.push(found(world, spot, fit, &said, pointed_at)),
        several => {
            // Where others of its database point already, it points too.
            let count = |fit: &Fit| pointed_at.get(&(spot.0, (fit.key.0, fit.key.1))).copied().unwrap_or(0);
            let most = several.iter().map(count).max().unwrap_or(0);
            let likely: Vec<&Fit> = several.iter().filter(|fit| count(fit) == most && most > 0).collect();
            if let [fit] = likely.as_slice() {
                discovery.found.push(found(world, spot, fit, &said, pointed_at));
                return;
            }
            let candidates: Vec<_> = several.iter().map(|fit| world.target(fit.key)).collect();
            let reason = "its name fits more than one table".to_owned();
            let evidence = several.iter().map(|fit| fit.says.clone()).collect();
            discovery.unresolved.push(Unresolved { branch, from, reason, evidence, candidates });
        }
    }
}

fn found(
    world: &World<'_>,
    spot: Spot,
    fit: &Fit,
    said: &[super::comments::Said],
    pointed_at: &BTreeMap<(usize, TableSpot), usize>,
) -> Found {
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
    let others = pointed_at.get(&(spot.0, table)).copied().unwrap_or(0);
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

fn read(world: &World<'_>, spot: Spot) -> Option<Reading> {
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
    let is_strange = stem.iter().any(|word| STRANGERS.contains(&word.as_str()) || word == "type" && !is_id);
    let whole = stem.join("_");
    if is_strange && !world.sites().any(|site| is_id && !world.tables_called(site, None, &whole).is_empty()) {
        return None;
    }
    if is_id && stem.iter().all(|word| SUFFIXES.contains(&word.as_str())) {
        return None;
    }
    (!stem.is_empty()).then_some(Reading { stem, is_id, by })
}

/// Tables that are called as the name, or its end, says.
fn by_table(world: &World<'_>, spot: Spot, reading: &Reading) -> Vec<Fit> {
    let bare = !reading.is_id;
    for start in 0..reading.stem.len() {
        let tail = &reading.stem[start..];
        let mut tail: Vec<String> = tail.to_vec();
        if let Some(last) = tail.last_mut() {
            *last = singular(last);
        }
        let called = tail.join("_");
        let has_head = start > 0;
        let fits = |tables: Vec<TableSpot>, penalty: f64| -> Vec<Fit> {
            let fits = tables.into_iter().filter_map(|table| fit(world, spot, table, bare, has_head, penalty));
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
        if let Some(fit) = own.and_then(|table| fit(world, spot, table, bare, has_head, 0.15)) {
            return vec![fit];
        }
        let elsewhere = world.sites().filter(|site| *site != spot.0 && !has_head);
        let others: Vec<TableSpot> = elsewhere.flat_map(|site| world.tables_ending(site, &tail)).collect();
        if let Some(fit) = only(others.into_iter()).and_then(|table| fit(world, spot, table, bare, has_head, 0.25)) {
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

fn fit(world: &World<'_>, spot: Spot, table: TableSpot, bare: bool, has_head: bool, penalty: f64) -> Option<Fit> {
    let key = world.key_of(table)?;
    let agreement = world.agreement(spot, key);
    let column = world.column(spot);
    // The key of its own table, and what a row of it is called by others.
    let is_own = (spot.0, spot.1) == table;
    if key == spot || is_own && !has_head || agreement == Agreement::None {
        return None;
    }
    // A name that does not say that it is an id may be anything but a UUID.
    if bare && !(agreement == Agreement::Same && matches!(column.kind, ColumnKind::Uuid | ColumnKind::Binary { .. })) {
        return None;
    }
    let confidence = 0.8 - penalty - if has_head { 0.05 } else { 0.0 } - if bare { 0.1 } else { 0.0 };
    let says = format!("its name fits the table {}", told_table(world, spot, table));
    Some(Fit { key, confidence, says })
}

fn told_table(world: &World<'_>, spot: Spot, table: TableSpot) -> String {
    let path = super::path_of(world.table(table));
    if spot.0 == table.0 { path.to_string() } else { format!("{path} of {}", world.site_at(table.0).branch) }
}

/// Somebody, or a row of the same table.
fn by_role(world: &World<'_>, spot: Spot, reading: &Reading) -> Vec<Fit> {
    let stem = reading.stem.join(" ");
    let last = reading.stem.last().map_or("", String::as_str);
    if SELVES.iter().any(|own| stem == *own) {
        let key =
            world.key_of((spot.0, spot.1)).filter(|key| *key != spot && world.agreement(spot, *key) == Agreement::Same);
        let says = "its name says that it is another row of the same table".to_owned();
        return key.into_iter().map(|key| Fit { key, confidence: 0.7, says: says.clone() }).collect();
    }
    let deed = reading.stem.len().checked_sub(2).map_or("", |at| reading.stem[at].as_str());
    let is_person =
        reading.by && DEEDS.contains(&deed) || PERSONS.contains(&last) && (reading.is_id || reading.stem.len() == 1);
    if !is_person {
        return Vec::new();
    }
    let says_id = reading.is_id;
    let somebody = |site: usize| {
        PEOPLE.iter().find_map(|thing| {
            let exact = world.tables_called(site, None, thing);
            let tables = if exact.is_empty() { world.tables_ending(site, &[(*thing).to_owned()]) } else { exact };
            let table = only(tables.into_iter())?;
            let key = world.key_of(table)?;
            let agreement = world.agreement(spot, key);
            let fits = match (says_id, agreement) {
                (true, Agreement::Same | Agreement::Near) => true,
                // `created_by` may be a name, where it could be one.
                (false, Agreement::Same) => {
                    !matches!(world.column(spot).kind, ColumnKind::Text { .. }) || is_loose(world, spot)
                }
                _ => false,
            };
            (fits && key != spot).then_some(key)
        })
    };
    let fit = |key: Spot, confidence: f64| Fit {
        key,
        confidence,
        says: format!(
            "its name says that it is somebody, and {} holds people",
            told_table(world, spot, (key.0, key.1))
        ),
    };
    if let Some(key) = somebody(spot.0) {
        return vec![fit(key, 0.7)];
    }
    world.sites().filter(|site| *site != spot.0).filter_map(somebody).map(|key| fit(key, 0.6)).collect()
}

fn is_loose(world: &World<'_>, spot: Spot) -> bool {
    world.site(spot).catalog.dialect.can().loose_types
}
