//! Lists of keys in one column: what they hold may be without its row as well, and no reference can be declared for it.

use super::comments::of_column;
use super::phrase::{self, Known as _, Place};
use super::types::{Agreement, Typed, agreement};
use super::words::{singular, words};
use super::world::{Spot, TableSpot, World, only};
use super::{Discovery, Found, Points, Source, rounded};
use crate::catalog::{Column, ColumnKind};

/// What stands before the name of what is listed.
const BEFORE: &[&str] = &["related", "linked", "associated", "member", "child", "tagged", "assigned", "selected"];

/// Looks at a column that may hold several keys.
pub(super) fn look(world: &World<'_>, spot: Spot, discovery: &mut Discovery) {
    let column = world.column(spot);
    let element = element(column);
    if element.is_none() && !may_hold_list(column) {
        return;
    }
    let name = words(&column.name);
    let says_ids = name.last().is_some_and(|last| matches!(last.as_str(), "ids" | "uuids"));
    let mut stem: Vec<String> = name.iter().filter(|word| !matches!(word.as_str(), "ids" | "uuids")).cloned().collect();
    if let Some(last) = stem.last_mut() {
        *last = singular(last);
    }
    let mentioned = of_column(world, spot).into_iter().find_map(|said| {
        let mention = phrase::mentions(&said.text, world).into_iter().find(|mention| mention.several)?;
        let thing = mention.parts.iter().rev().find(|part| world.is_table(part))?;
        Some((thing.clone(), mention.place, said.evidence))
    });
    let by_name = || {
        let tails = (0..stem.len()).filter(|at| *at == 0 || BEFORE.contains(&stem[at - 1].as_str()) || says_ids);
        tails.map(|at| stem[at..].join("_")).find_map(|called| table(world, spot, &called))
    };
    let (found, evidence, source, confidence) = match &mentioned {
        Some((thing, place, evidence)) => {
            let table = match place {
                Place::Named(name) => {
                    world.named(name).and_then(|site| only(world.tables_called(site, None, thing).into_iter()))
                }
                _ => table(world, spot, thing),
            };
            (table, evidence.clone(), Source::Comment, 0.85)
        }
        // Without a type that says so, or a name that does, it is a list of anything.
        None if element.is_none() && !says_ids => return,
        None => (by_name(), "its name says so".to_owned(), Source::Inferred, 0.65),
    };
    let Some(key) = found.and_then(|table| world.key_of(table)) else { return };
    if let Some(kind) = element {
        let element = Column { kind, ..column.clone() };
        let own = Typed { column: &element, dialect: world.site(spot).catalog.dialect };
        let other = Typed { column: world.column(key), dialect: world.site(key).catalog.dialect };
        if agreement(own, other) == Agreement::None {
            return;
        }
    }
    let lists = format!("it is a list of keys of {}, which no reference can be declared for", world.told(spot, key));
    discovery.found.push(Found {
        branch: world.site(spot).branch.clone(),
        from: world.columns(spot),
        points: Points::Each(world.target(key)),
        source,
        confidence: rounded(confidence),
        evidence: vec![lists, evidence],
    });
}

fn table(world: &World<'_>, spot: Spot, called: &str) -> Option<TableSpot> {
    let own = only(world.tables_called(spot.0, None, called).into_iter());
    own.or_else(|| {
        let others =
            world.sites().filter(|site| *site != spot.0).flat_map(|site| world.tables_called(site, None, called));
        only(others)
    })
}

/// What an array holds.
fn element(column: &Column) -> Option<ColumnKind> {
    let integer = |bits| ColumnKind::Integer { bits, unsigned: false };
    let text = |padded, length| ColumnKind::Text { bytewise: false, exact: true, padded, length };
    let data_type = column.data_type.strip_suffix("[]")?;
    let (base, length) = match data_type.strip_suffix(')').and_then(|data_type| data_type.split_once('(')) {
        Some((base, length)) => (base, Some(length.parse().ok()?)),
        None => (data_type, None),
    };
    match base {
        "uuid" => Some(ColumnKind::Uuid),
        "smallint" => Some(integer(16)),
        "integer" => Some(integer(32)),
        "bigint" => Some(integer(64)),
        "text" | "character varying" => Some(text(false, length)),
        "character" => Some(text(true, length)),
        _ => None,
    }
}

/// Whether a list may be written into it: JSON, and texts of any length.
fn may_hold_list(column: &Column) -> bool {
    match column.kind {
        ColumnKind::Text { length, .. } => length.is_none_or(|length| length >= 1_000),
        ColumnKind::Other => column.data_type.to_lowercase().contains("json"),
        _ => false,
    }
}
