//! What comments say: those that the database keeps, and those in the scripts that made the column.

use crate::catalog::{ColumnKind, Table};
use crate::revision::ReferenceTarget;
use crate::sql::ObjectName;

use super::composite::Together;
use super::phrase::{self, Mention, Place};
use super::types::{Agreement, is_long_text, may_be_key};
use super::vocabulary::KEY_WORDS;
use super::words::{table_words, words};
use super::world::{Spot, TableSpot, World, only};
use super::{Discovery, Found, Points, Source, Unresolved, rounded};

/// What a comment with a name in it says, in so many words.
const SAID: f64 = 0.95;
/// It names a column, and says nothing of referring.
const NAMED: f64 = 0.75;

/// A comment that may speak of a column.
pub(super) struct Said {
    /// Its text, from the column's name on where it is a table's.
    pub(super) text: String,
    /// A sentence that says where it stands, and what it is.
    pub(super) evidence: String,
}

/// Where a name leads.
enum Led {
    To(Spot),
    /// Nowhere, and why; with what may be meant.
    Nowhere(String, Vec<ReferenceTarget>),
    /// It is not about a table.
    Elsewhere,
}

/// Looks at what is said of a column, besides what is said of several at once. Whether that settles the matter: names need
/// not be looked at.
pub(super) fn look(world: &World<'_>, spot: Spot, together: &[Together], discovery: &mut Discovery) -> bool {
    let mut said = of_column(world, spot);
    said.retain(|said| !together.iter().any(|of| of.columns.contains(&spot) && of.evidence == said.evidence));
    if said.is_empty() || !may_be_key(world.column(spot)) {
        return false;
    }
    let mut settled = false;
    let mut best: Option<Found> = None;
    let mut unresolved: Option<Unresolved> = None;
    for said in said {
        settled |= phrase::denies(&said.text, world);
        // Several ids in one column are a list, which is looked at by itself.
        for mention in phrase::mentions(&said.text, world).into_iter().filter(|mention| !mention.several) {
            match judge(world, spot, &mention) {
                Some(Ok((target, confidence, more))) => {
                    merge(&mut best, world, spot, target, confidence, &said.evidence, more)
                }
                Some(Err((reason, candidates))) => {
                    let evidence = vec![said.evidence.clone()];
                    let (branch, from) = (world.site(spot).branch.clone(), world.columns(spot));
                    unresolved.get_or_insert(Unresolved { branch, from, reason, evidence, candidates });
                }
                None => {}
            }
        }
    }
    settled |= best.is_some() || unresolved.is_some();
    match (best, unresolved) {
        (Some(found), _) => discovery.found.push(found),
        (None, Some(unresolved)) => discovery.unresolved.push(unresolved),
        (None, None) => {}
    }
    settled
}

fn merge(
    best: &mut Option<Found>,
    world: &World<'_>,
    spot: Spot,
    target: Spot,
    confidence: f64,
    evidence: &str,
    more: Vec<String>,
) {
    let points = Points::One(world.target(target));
    match best {
        Some(found) if found.points == points => {
            found.confidence = found.confidence.max(confidence);
            if !found.evidence.iter().any(|known| known == evidence) {
                found.evidence.push(evidence.to_owned());
            }
        }
        Some(found) if found.confidence >= confidence => {}
        _ => {
            let (branch, from) = (world.site(spot).branch.clone(), world.columns(spot));
            let evidence = std::iter::once(evidence.to_owned()).chain(more).collect();
            *best = Some(Found { branch, from, points, source: Source::Comment, confidence, evidence });
        }
    }
}

/// Everything that is said of a column.
pub(super) fn of_column(world: &World<'_>, spot: Spot) -> Vec<Said> {
    let (site, table, column) = (world.site(spot), world.table((spot.0, spot.1)), world.column(spot));
    let mut all = Vec::new();
    if let Some(comment) = &column.comment {
        all.push(Said { evidence: format!("the column's comment says \"{comment}\""), text: comment.clone() });
    }
    for remark in remarks(site, table) {
        match &remark.column {
            Some(name) if name.eq_ignore_ascii_case(&column.name) => {
                let evidence = format!("{} says beside it \"{}\"", remark.place, remark.text);
                // What the database keeps came from there.
                if all.iter().all(|said| said.text != remark.text) {
                    all.push(Said { text: remark.text.clone(), evidence });
                }
            }
            None => {
                let evidence = format!("{} says beside the table \"{}\"", remark.place, remark.text);
                all.extend(of_table(&remark.text, &column.name).map(|text| Said { text, evidence }));
            }
            Some(_) => {}
        }
    }
    if let Some(comment) = &table.comment {
        let evidence = format!("the table's comment says \"{comment}\"");
        all.extend(of_table(comment, &column.name).map(|text| Said { text, evidence }));
    }
    all
}

/// Everything that is said of a table and of its columns, each with its column.
pub(super) fn of_whole_table(world: &World<'_>, table: TableSpot) -> Vec<(Option<usize>, Said)> {
    let found = world.table(table);
    let place = |name: &str| found.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    let kept = found.comment.iter().map(|comment| {
        (None, Said { evidence: format!("the table's comment says \"{comment}\""), text: comment.clone() })
    });
    let beside = remarks(world.site_at(table.0), found).map(|remark| {
        let (column, beside) = match &remark.column {
            Some(name) => (place(name), "it"),
            None => (None, "the table"),
        };
        let evidence = format!("{} says beside {beside} \"{}\"", remark.place, remark.text);
        (column, Said { evidence, text: remark.text.clone() })
    });
    let columns = found.columns.iter().enumerate().filter_map(|(at, column)| {
        let comment = column.comment.as_ref()?;
        let evidence = format!("the column's comment says \"{comment}\"");
        Some((Some(at), Said { evidence, text: comment.clone() }))
    });
    columns.chain(beside).chain(kept).collect()
}

/// What scripts say beside a table and its columns.
fn remarks<'a>(site: &'a super::Site, table: &'a Table) -> impl Iterator<Item = &'a super::Remark> {
    let is_own = |name: &ObjectName| {
        let same = |schema: &String| table.name.schema.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(schema));
        name.name.eq_ignore_ascii_case(&table.name.name) && name.schema.as_ref().is_none_or(same)
    };
    site.remarks.iter().filter(move |remark| is_own(&remark.table))
}

/// What a table's comment says behind the name of one of its columns, up to the end of the clause.
fn of_table(comment: &str, column: &str) -> Option<String> {
    let folded = comment.to_lowercase();
    let column = column.to_lowercase();
    let is_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '$');
    // A name such as `id` is a part of too many others.
    if column.len() < 3 || folded.len() != comment.len() {
        return None;
    }
    let at = folded.match_indices(&column).map(|(at, _)| at).find(|&at| {
        !folded[..at].ends_with(is_name)
            && !folded[at + column.len()..].starts_with(|next: char| is_name(next) && next != '.')
    })?;
    let rest = &comment[at + column.len()..];
    let end = rest.find([';', '\n']).into_iter().chain(rest.find(". ")).min().unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

type Judged = Result<(Spot, f64, Vec<String>), (String, Vec<ReferenceTarget>)>;

fn judge(world: &World<'_>, spot: Spot, mention: &Mention) -> Option<Judged> {
    let dotted = mention.parts.len() > 1;
    let told = mention.parts.iter().rev().cloned().collect::<Vec<_>>().join(".");
    let target = match lead(world, spot, mention) {
        Led::To(target) => target,
        Led::Nowhere(reason, candidates) => {
            let id = words(mention.parts.first()?)
                .last()
                .is_some_and(|last| matches!(last.as_str(), "id" | "uuid" | "guid" | "pk"));
            let named = matches!(mention.place, Place::Named(_));
            let is_text = is_long_text(world.column(spot), world.site(spot).catalog.dialect);
            let is_said = mention.strong && dotted && (id || !is_text) || named && (mention.strong || dotted && id);
            return is_said.then_some(Err((reason, candidates)));
        }
        Led::Elsewhere => return None,
    };
    if target == spot {
        return None;
    }
    let is_primary = world.key_of((target.0, target.1)) == Some(target);
    if !is_primary && !world.is_unique(target) {
        let reason = format!("{told} is no key: several rows may have the same there");
        return (mention.strong && dotted && !mention.copied).then(|| Err((reason, Vec::new())));
    }
    // What people look up by another column than the key is more often told than referred to.
    let is_number = matches!(world.column(target).kind, ColumnKind::Uuid | ColumnKind::Integer { .. });
    // A column that is called as the other one, or as its table and that, holds the same.
    let is_called_so = is_called_as(world, spot, target);
    if !is_primary && (mention.copied || !mention.strong && !is_number && !is_called_so)
        || mention.copied && !mention.strong
    {
        return None;
    }
    let mut confidence = if mention.strong { SAID } else { NAMED };
    let mut more = Vec::new();
    if !dotted {
        confidence -= 0.1;
    }
    if mention.copied {
        confidence -= 0.35;
    }
    match world.agreement(spot, target) {
        Agreement::Same => {}
        Agreement::Near => {
            confidence -= 0.05;
            more.push(types_told("can be written in each other", world, spot, target));
        }
        Agreement::None if mention.strong && dotted => {
            confidence = 0.5;
            more.push(types_told("do not agree", world, spot, target));
        }
        Agreement::None => return None,
    }
    let is_placed = mention.parts.len() > 1 && mention.parts.last().is_some_and(|first| world.named(first).is_some());
    if mention.place == Place::Unsaid && target.0 != spot.0 && !is_placed {
        more.push(format!("of all databases, only that of {} has {told}", world.site(target).branch));
    }
    let table = world.words((target.0, target.1)).last().cloned().unwrap_or_default();
    if words(&world.column(spot).name).contains(&table) {
        confidence += 0.04;
        more.push(format!("its name says {table} too"));
    }
    Some(Ok((target, rounded(confidence), more)))
}

/// `sku` or `product_sku` for `products.sku`, in whatever letters. An e-mail address is told all over, and refers to nothing.
fn is_called_as(world: &World<'_>, spot: Spot, target: Spot) -> bool {
    let (own, name) = (words(&world.column(spot).name), words(&world.column(target).name));
    let with_table: Vec<String> = world.words((target.0, target.1)).iter().chain(&name).cloned().collect();
    let is_key = name.last().is_some_and(|last| KEY_WORDS.contains(&last.as_str()));
    is_key && (own == name || own == with_table)
}

/// What is told of two types.
pub(super) fn types_told(how: &str, world: &World<'_>, spot: Spot, target: Spot) -> String {
    let told = |spot: Spot| match world.column(spot).data_type.as_str() {
        "" => "no type".to_owned(),
        data_type => data_type.to_owned(),
    };
    format!("the types {how}: {} and {}", told(spot), told(target))
}

/// A name as it can be read: what stands before the table, the table, and the column.
struct Read<'a> {
    before: Vec<&'a str>,
    table: &'a str,
    column: Option<&'a str>,
}

fn readings(mention: &Mention) -> Vec<Read<'_>> {
    let parts: Vec<&str> = mention.parts.iter().map(String::as_str).collect();
    let mut readings = Vec::new();
    if let [column, table, before @ ..] = parts.as_slice() {
        readings.push(Read { before: before.to_vec(), table, column: Some(column) });
    }
    if let [table, before @ ..] = parts.as_slice()
        && !mention.ends_in_column
    {
        readings.push(Read { before: before.to_vec(), table, column: None });
    }
    readings
}

fn lead(world: &World<'_>, spot: Spot, mention: &Mention) -> Led {
    let mut nowhere = None;
    let readings = readings(mention);
    let is_about_table =
        readings.iter().any(|read| world.sites().any(|site| !world.tables_called(site, None, read.table).is_empty()));
    for read in readings {
        match lead_reading(world, spot, &mention.place, &read) {
            Ok(Some(target)) => return Led::To(target),
            Ok(None) => {}
            Err(reason) => {
                nowhere.get_or_insert(reason);
            }
        }
    }
    match nowhere {
        Some((reason, candidates)) => Led::Nowhere(reason, candidates),
        None if is_about_table || mention.strong => {
            let name = mention.parts.iter().rev().cloned().collect::<Vec<_>>().join(".");
            Led::Nowhere(format!("no database has {name}"), Vec::new())
        }
        None => Led::Elsewhere,
    }
}

type Reason = (String, Vec<ReferenceTarget>);

fn lead_reading(world: &World<'_>, spot: Spot, place: &Place, read: &Read<'_>) -> Result<Option<Spot>, Reason> {
    let candidates = || {
        let spots = world.sites().filter_map(|site| in_site(world, site, None, read));
        spots.map(|spot| world.target(spot)).collect::<Vec<_>>()
    };
    let unknown =
        |name: &str| (format!("nothing is called {name}: no branch, no database, and no alias"), candidates());
    let within = |site: usize, schema: Option<&str>| in_site(world, site, schema, read);
    if let Place::Named(name) = place {
        let site = world.named(name).ok_or_else(|| unknown(name))?;
        let schema = read.before.first().copied().filter(|schema| world.has_schema(site, schema));
        return match within(site, schema) {
            Some(found) => Ok(Some(found)),
            None => Err((format!("the database of {} has no {}", world.site_at(site).branch, read.told()), Vec::new())),
        };
    }
    match read.before.as_slice() {
        [] => {}
        [schema] if *place != Place::Elsewhere && world.has_schema(spot.0, schema) => {
            if let Some(found) = within(spot.0, Some(schema)) {
                return Ok(Some(found));
            }
        }
        [.., name] => match world.named(name) {
            Some(site) => return Ok(within(site, read.before.first().copied().filter(|schema| schema != name))),
            None if read.column.is_some() => return Err(unknown(name)),
            None => return Ok(None),
        },
    }
    if *place != Place::Elsewhere
        && let Some(found) = within(spot.0, None).filter(|found| *found != spot)
    {
        return Ok(Some(found));
    }
    if *place == Place::Own {
        return Ok(None);
    }
    let others: Vec<Spot> =
        world.sites().filter(|site| *site != spot.0).filter_map(|site| within(site, None)).collect();
    if others.len() > 1 {
        let reason = format!("more than one database has {}, and it does not say which", read.told());
        return Err((reason, others.iter().map(|spot| world.target(*spot)).collect()));
    }
    let is_table = |site: usize| !world.tables_called(site, None, read.table).is_empty();
    match (others.as_slice(), read.column) {
        ([], Some(column)) if world.sites().any(is_table) => {
            Err((format!("{} has no column {column}", read.table), Vec::new()))
        }
        _ => Ok(only(others.into_iter())),
    }
}

fn in_site(world: &World<'_>, site: usize, schema: Option<&str>, read: &Read<'_>) -> Option<Spot> {
    let found: Vec<TableSpot> = world.tables_called(site, schema, read.table);
    let spot = |table: TableSpot| match read.column {
        Some(name) => {
            let found = world.table(table);
            let column = found.column(name)?;
            let at = found.columns.iter().position(|known| known.name == column.name)?;
            Some((table.0, table.1, at))
        }
        None => world.key_of(table),
    };
    only(found.into_iter().filter_map(spot))
}

impl Read<'_> {
    fn told(&self) -> String {
        let column = self.column.map_or_else(String::new, |column| format!(".{column}"));
        format!("{}{column}", self.table)
    }
}

/// Whether anything that is said of a column speaks of such a thing.
pub(super) fn speaks_of(said: &[Said], thing: &str) -> bool {
    said.iter()
        .any(|said| said.text.split_whitespace().any(|word| table_words(word).last().is_some_and(|word| word == thing)))
}
