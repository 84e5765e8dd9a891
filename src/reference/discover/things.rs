//! What a comment begins with: `user who receives the invoices`, `staff_id of the head of the ward`, `identity user`.
//!
//! It refers to nothing in so many words; but who says what one value is says of what table it is a row.

use super::comments::Said;
use super::key_names::{named_keys, own_or_other};
use super::names::{Fit, told_table};
use super::phrase::Known as _;
use super::tokens::{Token, clauses};
use super::types::Agreement;
use super::words::words;
use super::world::{Spot, World, only};
use crate::catalog::ColumnKind;

/// What may stand before it.
const BEFORE: &[&str] = &["the", "a", "an", "our", "optional", "id", "uuid", "key", "of", "which", "="];

/// What may stand behind one of a table's rows, whatever the column's type.
const BEHIND: &[&str] = &["who", "whose", "whom", "id", "uuid"];

/// What may stand behind it besides where the column can only be a key.
const BEHIND_KEY: &[&str] = &["that", "which", "this", ",", "(", ":", "-"];

/// What may stand behind the name of a key.
const BEHIND_NAME: &[&str] = &["of", "in", "from", ",", "(", "at"];

/// The table that a comment begins with.
pub(super) fn look(world: &World<'_>, spot: Spot, said: &[Said]) -> Vec<Fit> {
    said.iter().find_map(|said| of_text(world, spot, said)).into_iter().collect()
}

fn of_text(world: &World<'_>, spot: Spot, said: &Said) -> Option<Fit> {
    let clauses = clauses(&said.text);
    let clause: Vec<&Token> = clauses.first()?.iter().skip_while(|token| token.is_any(BEFORE)).collect();
    let (first, rest) = clause.split_first().filter(|(first, _)| first.is_word)?;
    let key = of_key(world, spot, first, rest).or_else(|| of_thing(world, spot, first, rest))?;
    let agreement = world.agreement(spot, key);
    let table = told_table(world, spot, (key.0, key.1));
    let says = format!("{}, which begins with what {table} holds", said.evidence);
    (key != spot && agreement != Agreement::None).then_some(Fit { key, confidence: 0.65, says, doubtful: false })
}

/// The name of a key: `staff_id of the head of the ward`. What is called as a column of its own table is none, unless it is
/// another row's: `client_no of the client who brought this one`.
fn of_key(world: &World<'_>, spot: Spot, first: &Token, rest: &[&Token]) -> Option<Spot> {
    let table = (spot.0, spot.1);
    let is_called = |key: Spot| world.column(key).name.eq_ignore_ascii_case(&first.text);
    let own = world.key_of(table).filter(|key| *key != spot && is_called(*key));
    if own.is_some() {
        return own.filter(|_| rest.len() > 1 && rest[0].is("of") && rest[1].is_any(&["the", "another", "a", "an"]));
    }
    let is_own = world.table(table).column(&first.text).is_some();
    let ends = rest.first().is_none_or(|next| next.is_any(BEHIND_NAME));
    if words(&first.text).len() < 2 || is_own || !ends {
        return None;
    }
    let place = place(world, rest);
    let keys = |site: usize| named_keys(world, site).into_iter().filter(|key| is_called(*key)).collect::<Vec<_>>();
    match place {
        Some(site) => only(keys(site).into_iter()),
        None => own_or_other(world, spot, keys),
    }
}

/// A row of a table, with its database before it or not.
fn of_thing(world: &World<'_>, spot: Spot, first: &Token, rest: &[&Token]) -> Option<Spot> {
    let is_table = |token: &Token| token.is_word && world.is_table(&token.text);
    let (site, thing, behind) = match rest.split_first() {
        Some((next, behind)) if world.named(&first.text).is_some() && is_table(next) => {
            (world.named(&first.text), *next, behind)
        }
        _ => (place(world, rest), first, rest),
    };
    let is_key = matches!(world.column(spot).kind, ColumnKind::Uuid | ColumnKind::Binary { .. });
    let ends = match behind.first() {
        None => is_key,
        Some(next) => next.is_any(BEHIND) || is_key && next.is_any(BEHIND_KEY),
    };
    // `user` is one of them; `users` are many, and the column may hold how many.
    let is_one = super::words::singular(&thing.folded) == thing.folded;
    if !is_table(thing) || !ends || !is_one {
        return None;
    }
    let keys = |site: usize| {
        let tables = world.tables_called(site, None, &thing.text).into_iter();
        tables.filter_map(|table| world.key_of(table)).collect::<Vec<_>>()
    };
    match site {
        Some(site) => only(keys(site).into_iter()),
        None => own_or_other(world, spot, keys),
    }
}

/// The database that stands behind `in` or `from`.
fn place(world: &World<'_>, rest: &[&Token]) -> Option<usize> {
    let at = rest.iter().position(|token| token.is_any(&["in", "from"]))?;
    let name = rest[at + 1..].iter().find(|token| !token.is("the"))?;
    world.named(&name.text)
}
