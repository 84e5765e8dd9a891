//! The branches, their tables and what leads from one to another, as inline pictures.
//!
//! Few branches are one picture: a column a branch, referring branches on the left. Many would be a tangle that nobody reads, so
//! each branch has a picture of its own then, with what it leads to on the right; how many lead where is the page's matrix. Only
//! tables that take part are drawn, the others are a number.

mod svg;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub(super) use svg::ARROWS;
use svg::{Boxed, svg};

/// How a line of the picture is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKind {
    /// A real foreign key.
    ForeignKey,
    /// A declared reference.
    Declared,
    /// A reference that nobody declared, and that was found.
    Found,
}

/// A line from a table to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PictureLine {
    /// The branch and table that it leaves.
    pub from: (String, String),
    /// The branch and table that it leads to.
    pub to: (String, String),
    /// How it is meant.
    pub kind: LineKind,
    /// What is said of it.
    pub label: String,
}

/// What is drawn.
#[derive(Debug, Default)]
pub struct Picture {
    /// The branches with how many tables each has, where that is known.
    pub branches: BTreeMap<String, Option<usize>>,
    /// The lines.
    pub lines: Vec<PictureLine>,
}

/// As many branches are one picture, at most.
const BRANCHES: usize = 4;
/// As many lines are one picture, at most.
const LINES: usize = 60;

/// The picture of one branch and of what it leads to.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Part {
    /// The branch.
    pub branch: String,
    /// How many lines leave its tables.
    pub lines: usize,
    /// The picture.
    pub svg: String,
}

impl Picture {
    /// Whether it is too much for one picture.
    pub(super) fn is_folded(&self) -> bool {
        self.tables().len() > BRANCHES || self.lines.len() > LINES
    }

    /// The picture of everything; empty where there is nothing to draw.
    pub(super) fn whole(&self) -> String {
        let tables = self.tables();
        if tables.is_empty() {
            return String::new();
        }
        let order = self.order(&tables);
        let columns: Vec<Vec<Boxed<'_>>> =
            order.iter().map(|branch| vec![self.boxed(branch, tables[branch].clone())]).collect();
        let lines: Vec<&PictureLine> = self.lines.iter().collect();
        svg(0, &format!("Branches {}", order.join(", ")), &columns, &lines)
    }

    /// A picture a branch from which references lead, in the order of their names.
    pub(super) fn parts(&self) -> Vec<Part> {
        let refers = |line: &&PictureLine| line.kind != LineKind::ForeignKey || line.from.0 != line.to.0;
        let branches: BTreeSet<&str> = self.lines.iter().filter(refers).map(|line| line.from.0.as_str()).collect();
        branches.into_iter().enumerate().map(|(number, branch)| self.part(number, branch)).collect()
    }

    fn part(&self, number: usize, branch: &str) -> Part {
        let is_inner_key = |line: &PictureLine| line.kind == LineKind::ForeignKey && line.to.0 == branch;
        let (keys, mut lines): (Vec<&PictureLine>, Vec<&PictureLine>) =
            self.lines.iter().filter(|line| line.from.0 == branch).partition(|line| is_inner_key(line));
        let mut own = BTreeSet::new();
        let mut others: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for line in &lines {
            own.insert(line.from.1.as_str());
            if line.to.0 == branch {
                own.insert(line.to.1.as_str());
            } else {
                others.entry(&line.to.0).or_default().insert(&line.to.1);
            }
        }
        let is_drawn = |(_, table): &(String, String)| own.contains(table.as_str());
        lines.extend(keys.into_iter().filter(|key| is_drawn(&key.from) && is_drawn(&key.to)));
        let right = others.into_iter().map(|(branch, tables)| Boxed { branch, tables, others: None }).collect();
        let columns = [vec![self.boxed(branch, own)], right];
        let svg = svg(number + 1, &format!("Branch {branch} and what it leads to"), &columns, &lines);
        Part { branch: branch.to_owned(), lines: lines.len(), svg }
    }

    fn boxed<'a>(&self, branch: &'a str, tables: BTreeSet<&'a str>) -> Boxed<'a> {
        let all = self.branches.get(branch).copied().flatten();
        Boxed { branch, others: all.map(|all| all.saturating_sub(tables.len())), tables }
    }

    /// The tables of each branch that take part.
    fn tables(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (branch, table) in self.lines.iter().flat_map(|line| [&line.from, &line.to]) {
            tables.entry(branch).or_default().insert(table);
        }
        tables
    }

    /// Those that refer most to others stand on the left.
    fn order<'a>(&'a self, tables: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<&'a str> {
        let balance = |branch: &str| {
            let crossing = self.lines.iter().filter(|line| line.from.0 != line.to.0);
            let (mut out, mut into) = (0_i64, 0_i64);
            for line in crossing {
                out += i64::from(line.from.0 == branch);
                into += i64::from(line.to.0 == branch);
            }
            into - out
        };
        let mut order: Vec<&str> = tables.keys().copied().collect();
        order.sort_by_key(|branch| (balance(branch), *branch));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::{BRANCHES, LineKind, Picture, PictureLine};

    fn line(from: (&str, &str), to: (&str, &str), kind: LineKind) -> PictureLine {
        let owned = |(branch, table): (&str, &str)| (branch.to_owned(), table.to_owned());
        PictureLine { from: owned(from), to: owned(to), kind, label: "<l>".to_owned() }
    }

    #[test]
    fn only_what_takes_part_is_drawn() {
        let mut picture = Picture::default();
        assert_eq!(picture.whole(), "");
        picture.branches.insert("auth".to_owned(), Some(41));
        picture.branches.insert("specs".to_owned(), Some(2));
        picture.lines.push(line(("specs", "p<\"&"), ("auth", "users"), LineKind::Declared));
        picture.lines.push(line(("specs", "s"), ("specs", "p<\"&"), LineKind::ForeignKey));
        let svg = picture.whole();
        assert!(svg.contains("and 40 more tables"), "{svg}");
        assert!(svg.contains("p&lt;&quot;&amp;") && !svg.contains("p<\""), "{svg}");
        assert!(svg.find(">specs<").unwrap() < svg.find(">auth<").unwrap(), "who refers stands on the left");
        assert_eq!((svg.matches("class=\"declared\" d=").count(), svg.matches("class=\"key\" d=").count()), (1, 1));
    }

    #[test]
    fn many_branches_are_a_picture_each() {
        let mut picture = Picture::default();
        for number in 0..BRANCHES + 1 {
            let (from, to) = (format!("b{number}"), format!("b{}", number + 1));
            picture.lines.push(line((&from, "t"), (&to, "t"), LineKind::Declared));
            assert_eq!(picture.is_folded(), number + 2 > BRANCHES, "{number}");
        }
        picture.lines.push(line(("b9", "t"), ("b9", "s"), LineKind::ForeignKey));
        let parts = picture.parts();
        let names: Vec<&str> = parts.iter().map(|part| part.branch.as_str()).collect();
        assert_eq!(names, ["b0", "b1", "b2", "b3", "b4"], "what only has foreign keys of its own refers to nobody");
        assert!(parts[1].svg.contains(">b2<") && !parts[1].svg.contains(">b0<"), "{}", parts[1].svg);
        assert!(parts[1].svg.contains("id=\"picture-2-title\""), "{}", parts[1].svg);
    }

    #[test]
    fn lines_between_the_same_tables_are_one() {
        let mut picture = Picture::default();
        for label in ["one", "two"] {
            let label = label.to_owned();
            picture.lines.push(PictureLine { label, ..line(("a", "t"), ("b", "t"), LineKind::Declared) });
        }
        let svg = picture.whole();
        assert_eq!(svg.matches("class=\"declared\" d=").count(), 1, "{svg}");
        assert!(svg.contains("<title>one\ntwo</title>"), "{svg}");
    }
}
