//! All tables of all branches, and what they and their databases are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalog::{Column, Table};
use crate::revision::{Columns, ReferenceTarget};

use super::phrase::Known as Vocabulary;
use super::types::{Agreement, Typed, agreement};
use super::vocabulary::EMPTY;
use super::words::{place, singular, table_words, words as split};
use super::{Found, Known, Points, Site, path_of};

/// A column, by the places of its site, its table and itself.
pub(super) type Spot = (usize, usize, usize);

/// A table, by the places of its site and itself.
pub(super) type TableSpot = (usize, usize);

/// What all columns are compared with.
pub(super) struct World<'a> {
    sites: &'a [Site],
    places: HashMap<String, BTreeSet<usize>>,
    /// Tables by their words in the singular, joined.
    tables: HashMap<String, Vec<TableSpot>>,
    words: BTreeMap<TableSpot, Vec<String>>,
    /// The same by their names in small letters, and by their last words: there may be thousands.
    exactly: HashMap<String, Vec<TableSpot>>,
    last_words: HashMap<String, Vec<TableSpot>>,
    /// By their words without those that say nothing.
    shorter: HashMap<String, Vec<TableSpot>>,
    prefixes: HashMap<TableSpot, String>,
}

impl<'a> World<'a> {
    pub(super) fn new(sites: &'a [Site]) -> Self {
        let mut world = Self {
            sites,
            places: HashMap::new(),
            tables: HashMap::new(),
            words: BTreeMap::new(),
            exactly: HashMap::new(),
            last_words: HashMap::new(),
            shorter: HashMap::new(),
            prefixes: HashMap::new(),
        };
        for (at, site) in sites.iter().enumerate() {
            let names = [site.branch.as_str(), site.catalog.name.as_str()].into_iter();
            for name in names.chain(site.aliases.iter().map(String::as_str)).filter(|name| !name.is_empty()) {
                world.places.entry(place(name)).or_default().insert(at);
            }
            for (number, table) in site.catalog.tables.iter().enumerate() {
                let words = table_words(&table.name.name);
                world.tables.entry(words.join("_")).or_default().push((at, number));
                world.exactly.entry(table.name.name.to_lowercase()).or_default().push((at, number));
                let last = words.last().cloned().unwrap_or_default();
                world.last_words.entry(last).or_default().push((at, number));
                if let Some(shorter) = shorter(&words) {
                    world.shorter.entry(shorter).or_default().push((at, number));
                }
                world.words.insert((at, number), words);
                if let Some(prefix) = prefix(table) {
                    world.prefixes.insert((at, number), prefix);
                }
            }
        }
        world
    }

    pub(super) fn spots(&self) -> impl Iterator<Item = Spot> {
        let tables = self.sites.iter().enumerate().flat_map(|(site, of)| {
            of.catalog.tables.iter().enumerate().map(move |(number, table)| (site, number, table.columns.len()))
        });
        tables.flat_map(|(site, table, columns)| (0..columns).map(move |column| (site, table, column)))
    }

    pub(super) fn sites(&self) -> std::ops::Range<usize> {
        0..self.sites.len()
    }

    pub(super) fn site(&self, spot: Spot) -> &'a Site {
        &self.sites[spot.0]
    }

    pub(super) fn site_at(&self, site: usize) -> &'a Site {
        &self.sites[site]
    }

    pub(super) fn table(&self, (site, table): TableSpot) -> &'a Table {
        &self.sites[site].catalog.tables[table]
    }

    pub(super) fn column(&self, spot: Spot) -> &'a Column {
        &self.table((spot.0, spot.1)).columns[spot.2]
    }

    /// The words of a table's name, the last one in the singular.
    pub(super) fn words(&self, table: TableSpot) -> &[String] {
        self.words.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The site of this name; none where there is none, or several.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let exactly = |site: &&usize| {
            let site = &self.sites[**site];
            let names = [site.branch.as_str(), site.catalog.name.as_str()].into_iter();
            names.chain(site.aliases.iter().map(String::as_str)).any(|own| own.eq_ignore_ascii_case(name))
        };
        let found = self.places.get(&place(name))?;
        match found.len() {
            1 => found.first().copied(),
            _ => only(found.iter().filter(exactly).copied()),
        }
    }

    /// The tables of a site that are called so, in the singular or the plural; in one schema where that is said.
    pub(super) fn tables_called(&self, site: usize, schema: Option<&str>, name: &str) -> Vec<TableSpot> {
        let within = |spot: &TableSpot| {
            let table = self.table(*spot);
            spot.0 == site
                && schema.is_none_or(|schema| {
                    table.name.schema.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(schema))
                })
        };
        let of = |tables: &HashMap<String, Vec<TableSpot>>, name: &str| -> Vec<TableSpot> {
            tables.get(name).map_or(&[][..], Vec::as_slice).iter().copied().filter(within).collect()
        };
        let exact = of(&self.exactly, &name.to_lowercase());
        if !exact.is_empty() {
            let visible: Vec<TableSpot> = exact.iter().copied().filter(|table| self.table(*table).visible).collect();
            return if visible.len() == 1 { visible } else { exact };
        }
        of(&self.tables, &table_words(name).join("_"))
    }

    /// The tables of a site that are called so but for a word behind it that says nothing: `shopper_entity` for `shopper`.
    pub(super) fn tables_longer(&self, site: usize, name: &str) -> Vec<TableSpot> {
        let tables = self.shorter.get(&table_words(name).join("_")).map_or(&[][..], Vec::as_slice);
        tables.iter().copied().filter(|table| table.0 == site).collect()
    }

    /// The tables of a site that are called so, or else so but for a word that says nothing.
    pub(super) fn tables_meant(&self, site: usize, name: &str) -> Vec<TableSpot> {
        let called = self.tables_called(site, None, name);
        if called.is_empty() { self.tables_longer(site, name) } else { called }
    }

    /// The tables of a site whose names end in these words, and have others before them.
    pub(super) fn tables_ending(&self, site: usize, tail: &[String]) -> Vec<TableSpot> {
        let Some(last) = tail.last() else { return Vec::new() };
        let ends = |spot: &TableSpot| {
            let words = self.words(*spot);
            spot.0 == site && words.len() > tail.len() && words.ends_with(tail)
        };
        self.last_words.get(last).map_or(&[][..], Vec::as_slice).iter().copied().filter(ends).collect()
    }

    /// Whether a site has a schema of this name.
    pub(super) fn has_schema(&self, site: usize, schema: &str) -> bool {
        let tables = &self.sites[site].catalog.tables;
        tables.iter().any(|table| table.name.schema.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(schema)))
    }

    /// The column that others point to: the one of the primary key, or the one that is unique and called so.
    pub(super) fn key_of(&self, table: TableSpot) -> Option<Spot> {
        let found = self.table(table);
        let place = |name: &str| found.columns.iter().position(|column| column.name == name);
        let unique =
            |name: &&str| found.column(name).is_some_and(|column| found.is_unique(std::slice::from_ref(&column.name)));
        let at = match found.primary_key.as_slice() {
            [key] => place(key),
            _ => ["id", "uuid", "guid"]
                .iter()
                .find(|name| unique(name))
                .and_then(|name| place(&found.column(name)?.name)),
        };
        at.map(|at| (table.0, table.1, at))
    }

    /// Whether no two rows have the same in a column.
    pub(super) fn is_unique(&self, spot: Spot) -> bool {
        self.table((spot.0, spot.1)).is_unique(std::slice::from_ref(&self.column(spot).name))
    }

    /// Whether no two rows have the same in all of these columns of one table.
    pub(super) fn is_unique_together(&self, spots: &[Spot]) -> bool {
        let names: Vec<String> = spots.iter().map(|spot| self.column(*spot).name.clone()).collect();
        spots.first().is_some_and(|first| self.table((first.0, first.1)).is_unique(&names))
    }

    /// Whether a column is all of its table's primary key.
    pub(super) fn is_whole_key(&self, spot: Spot) -> bool {
        self.table((spot.0, spot.1)).primary_key == [self.column(spot).name.clone()]
    }

    /// Whether it is, and the keys of other tables are called as it is.
    pub(super) fn is_common_key(&self, spot: Spot) -> bool {
        let name = split(&self.column(spot).name);
        let is_called_so = |table: &&Table| matches!(table.primary_key.as_slice(), [key] if split(key) == name);
        let tables = self.sites.iter().flat_map(|site| &site.catalog.tables);
        self.is_whole_key(spot) && tables.filter(is_called_so).count() > 1
    }

    /// Whether a foreign key, or a reference that is declared, begins at exactly these columns.
    pub(super) fn is_known_together(&self, spots: &[Spot]) -> bool {
        let Some(first) = spots.first() else { return false };
        let table = self.table((first.0, first.1));
        let names: Vec<String> = spots.iter().map(|spot| self.column(*spot).name.clone()).collect();
        let is_these = |known: &Known| {
            known.from.table.table.eq_ignore_ascii_case(&table.name.name)
                && known.from.columns.len() == names.len()
                && known.from.columns.iter().all(|name| names.iter().any(|own| own.eq_ignore_ascii_case(name)))
        };
        table.foreign_key(&names).is_some() || self.site(*first).declared.iter().any(is_these)
    }

    /// The word that stands before the names of most columns of a table: `adm_id`, `adm_ward_id`, `adm_admitted_by`.
    pub(super) fn prefix(&self, table: TableSpot) -> Option<&str> {
        self.prefixes.get(&table).map(String::as_str)
    }

    pub(super) fn agreement(&self, one: Spot, other: Spot) -> Agreement {
        let typed = |spot: Spot| Typed { column: self.column(spot), dialect: self.site(spot).catalog.dialect };
        agreement(typed(one), typed(other))
    }

    /// A column as files name it.
    pub(super) fn columns(&self, spot: Spot) -> Columns {
        let table = path_of(self.table((spot.0, spot.1)));
        Columns { table, columns: vec![self.column(spot).name.clone()] }
    }

    pub(super) fn target(&self, spot: Spot) -> ReferenceTarget {
        ReferenceTarget { branch: self.site(spot).branch.clone(), columns: self.columns(spot) }
    }

    /// The column as it is told of, with its branch where that is not the one of `from`.
    pub(super) fn told(&self, from: Spot, spot: Spot) -> String {
        if from.0 == spot.0 { self.columns(spot).to_string() } else { self.target(spot).to_string() }
    }

    /// The place of a column by its name.
    pub(super) fn find(&self, site: usize, columns: &Columns) -> Option<Spot> {
        let table = only(self.tables_called(site, columns.table.schema.as_deref(), &columns.table.table).into_iter())?;
        let [name] = columns.columns.as_slice() else { return None };
        let found = self.table(table);
        let column = found.column(name)?;
        found.columns.iter().position(|known| known.name == column.name).map(|at| (table.0, table.1, at))
    }

    /// Whether a foreign key, or a reference that is declared, begins at a column.
    pub(super) fn is_known(&self, spot: Spot) -> bool {
        let (table, column) = (self.table((spot.0, spot.1)), self.column(spot));
        let has_key = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
        let declared = self.site(spot).declared.iter().any(|known| {
            known.from.table.table.eq_ignore_ascii_case(&table.name.name)
                && known.from.columns.iter().any(|name| name.eq_ignore_ascii_case(&column.name))
        });
        has_key || declared
    }

    /// How often each table is pointed to from each site, by foreign keys, by what is declared, and by what was found.
    pub(super) fn pointed_at(&self, found: &[Found]) -> BTreeMap<(usize, TableSpot), usize> {
        let mut counts: BTreeMap<(usize, TableSpot), usize> = BTreeMap::new();
        let site_of = |target: &ReferenceTarget| self.sites.iter().position(|site| site.branch == target.branch);
        let table_of = |target: &ReferenceTarget| {
            let path = &target.columns.table;
            only(self.tables_called(site_of(target)?, path.schema.as_deref(), &path.table).into_iter())
        };
        for (at, site) in self.sites.iter().enumerate() {
            for key in
                site.catalog.tables.iter().flat_map(|table| &table.foreign_keys).filter(|key| key.to_database.is_none())
            {
                let tables = self.tables_called(at, key.to_table.schema.as_deref(), &key.to_table.name);
                for table in tables {
                    *counts.entry((at, table)).or_default() += 1;
                }
            }
            let declared = site.declared.iter().flat_map(|known| known.targets());
            let found =
                found.iter().filter(|found| found.branch == site.branch).filter_map(|found| match &found.points {
                    Points::One(target) => Some(target),
                    _ => None,
                });
            for table in declared.chain(found).filter_map(table_of) {
                *counts.entry((at, table)).or_default() += 1;
            }
        }
        counts
    }
}

impl Vocabulary for World<'_> {
    fn is_place(&self, place: &str) -> bool {
        self.places.contains_key(place)
    }

    fn is_table(&self, word: &str) -> bool {
        self.tables.contains_key(&singular(&word.to_lowercase()))
            || self.tables.contains_key(&table_words(word).join("_"))
    }
}

/// As few columns with one word before their names may have it by chance.
const FEW_COLUMNS: usize = 3;

fn prefix(table: &Table) -> Option<String> {
    let firsts = table.columns.iter().map(|column| split(&column.name)).filter(|words| words.len() > 1);
    let firsts: Vec<String> = firsts.filter_map(|words| words.into_iter().next()).collect();
    let first = firsts.iter().max_by_key(|first| (firsts.iter().filter(|other| other == first).count(), *first))?;
    let count = firsts.iter().filter(|other| *other == first).count();
    (count >= FEW_COLUMNS && count * 3 >= table.columns.len() * 2).then(|| first.clone())
}

/// The words of a table without those at its end that say nothing, where something is left.
fn shorter(words: &[String]) -> Option<String> {
    let empty = words.iter().rev().take_while(|word| EMPTY.contains(&word.as_str())).count();
    let (last, before) = words[..words.len() - empty].split_last().filter(|_| empty > 0)?;
    let words: Vec<String> = before.iter().cloned().chain([singular(last)]).collect();
    Some(words.join("_"))
}

pub(super) fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
