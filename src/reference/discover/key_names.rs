//! Names that are those of keys: `emp_no` where one table has the primary key `emp_no`, `coupon_code` where coupons have a
//! code that no two of them share.
//!
//! Natural keys are not called `id`, and tables need not be called as they are: what tells is that a name is found as the
//! name of one key, and of no other.

use super::names::{Fit, Pointed, told_table};
use super::types::Agreement;
use super::vocabulary::{KEY_WORDS, PASSING, PLAIN, SUFFIXES};
use super::words::{singular, words};
use super::world::{Spot, TableSpot, World, only};

/// Looks for keys that are called as a column.
pub(super) fn look(world: &World<'_>, spot: Spot, pointed: &Pointed) -> Vec<Fit> {
    let table = (spot.0, spot.1);
    if world.is_whole_key(spot) {
        return Vec::new();
    }
    let name = words(&world.column(spot).name);
    let short = name.get(1..).filter(|rest| !rest.is_empty() && world.prefix(table) == Some(name[0].as_str()));
    let names = [Some(name.as_slice()), short].into_iter().flatten();
    for name in names {
        let fits = of_same_name(world, spot, name, pointed).or_else(|| of_table_and_key(world, spot, name));
        if let Some(fit) = fits {
            return vec![fit];
        }
    }
    Vec::new()
}

/// The one primary key of this name, in its own database or else in all others.
fn of_same_name(world: &World<'_>, spot: Spot, name: &[String], pointed: &Pointed) -> Option<Fit> {
    let is_passing = |word: &String| PASSING.contains(&word.as_str());
    if name.iter().all(|word| PLAIN.contains(&word.as_str())) || name.iter().any(is_passing) {
        return None;
    }
    let is_it = |key: &Spot| {
        let table = (key.0, key.1);
        // A single word may be called so by chance: the table is called so too, or somebody else points there as well.
        let is_sure = || name == world.words(table) || pointed.is_used(world, table);
        table != (spot.0, spot.1) && words(&world.column(*key).name) == name && (name.len() > 1 || is_sure())
    };
    let key = own_or_other(world, spot, |site| named_keys(world, site).into_iter().filter(is_it).collect())?;
    let confidence = if key.0 == spot.0 { 0.7 } else { 0.6 };
    let says = format!("{} is the only key that is called so", world.told(spot, key));
    (world.agreement(spot, key) != Agreement::None).then_some(Fit { key, confidence, says, doubtful: false })
}

/// Keys of one column of which the name is not that of another table's key.
pub(super) fn named_keys(world: &World<'_>, site: usize) -> Vec<Spot> {
    let tables = (0..world.site_at(site).catalog.tables.len()).map(|table| (site, table));
    let keys = tables.filter(|table| world.table(*table).primary_key.len() == 1);
    keys.filter_map(|table| world.key_of(table).filter(|key| is_its_own(world, *key))).collect()
}

/// `user_id` may be the primary key of preferences, and is a key of users all the same.
fn is_its_own(world: &World<'_>, key: Spot) -> bool {
    if world.is_known(key) {
        return false;
    }
    let name = words(&world.column(key).name);
    let Some((last, stem)) = name.split_last() else { return false };
    let table = world.words((key.0, key.1)).last().map_or("", String::as_str);
    !SUFFIXES.contains(&last.as_str()) || stem.last().is_some_and(|thing| table.starts_with(thing.as_str()))
}

/// `coupon_code`: a table, and what its rows are told apart by.
fn of_table_and_key(world: &World<'_>, spot: Spot, name: &[String]) -> Option<Fit> {
    for start in 0..name.len() {
        for end in start + 1..name.len() {
            let (thing, tail) = (&name[start..end], &name[end..]);
            let keys = |site: usize| {
                let tables = world.tables_called(site, None, &singular_of(thing)).into_iter();
                tables.filter(|table| *table != (spot.0, spot.1)).filter_map(|table| told_apart(world, table, tail))
            };
            let Some(key) = own_or_other(world, spot, |site| keys(site).collect()) else { continue };
            if world.agreement(spot, key) == Agreement::None {
                continue;
            }
            let is_primary = world.key_of((key.0, key.1)) == Some(key);
            let table = told_table(world, spot, (key.0, key.1));
            let says = format!("its name fits the table {table} and its key {}", world.column(key).name);
            let less = if start > 0 { 0.05 } else { 0.0 } + if key.0 == spot.0 { 0.0 } else { 0.1 };
            return Some(Fit { key, confidence: if is_primary { 0.75 } else { 0.65 } - less, says, doubtful: false });
        }
    }
    None
}

/// The column of this name, where no two rows have the same in it: its primary key, or what is a key by its name.
fn told_apart(world: &World<'_>, table: TableSpot, name: &[String]) -> Option<Spot> {
    let is_id = name.iter().all(|word| SUFFIXES.contains(&word.as_str()));
    let at = world.table(table).columns.iter().position(|column| words(&column.name) == name)?;
    let key = (table.0, table.1, at);
    let is_key = name.last().is_some_and(|last| KEY_WORDS.contains(&last.as_str()));
    let is_it = world.key_of(table) == Some(key) || is_key && world.is_unique(key);
    (!is_id && is_it).then_some(key)
}

fn singular_of(thing: &[String]) -> String {
    let mut thing = thing.to_vec();
    if let Some(last) = thing.last_mut() {
        *last = singular(last);
    }
    thing.join("_")
}

/// The only one of its own database; where that has none, the only one of all others.
pub(super) fn own_or_other(world: &World<'_>, spot: Spot, of: impl Fn(usize) -> Vec<Spot>) -> Option<Spot> {
    let own = of(spot.0);
    if !own.is_empty() {
        return only(own.into_iter());
    }
    only(world.sites().filter(|site| *site != spot.0).flat_map(of))
}
