//! The branches, their tables and what leads from one to another, as an inline picture.
//!
//! A column a branch, referring branches on the left. Only tables that take part are drawn, the others are a number: so hundreds of
//! tables stay a picture. Everything that came from outside is escaped; colours come from the page's style, by class.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

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

const WIDTH: usize = 230;
const GAP: usize = 150;
const ROW: usize = 30;
const HEAD: usize = 44;
const MARGIN: usize = 36;
/// Longer names are cut; their title has all of them.
const LETTERS: usize = 25;

impl Picture {
    /// The picture; empty where there is nothing to draw.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let tables = self.tables();
        if tables.is_empty() {
            return String::new();
        }
        let order = self.order(&tables);
        let places = places(&order, &tables);
        let rows = |branch: &str| tables.get(branch).map_or(0, BTreeSet::len);
        let most = order.iter().map(|branch| rows(branch)).max().unwrap_or_default();
        let width = MARGIN * 2 + order.len() * WIDTH + order.len().saturating_sub(1) * GAP;
        let height = MARGIN + HEAD + (most + 1) * ROW + MARGIN / 2;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"picture-title picture-text\">\n<title id=\"picture-title\">Tables and references</title>\n\
             <desc id=\"picture-text\">{}</desc>\n",
            escaped(&self.in_words(&order))
        );
        svg.push_str(ARROWS);
        for (number, branch) in order.iter().enumerate() {
            self.box_of(&mut svg, number, branch, &tables[*branch]);
        }
        let mut lines: Vec<&PictureLine> = self.lines.iter().collect();
        lines.sort();
        for (number, line) in lines.into_iter().enumerate() {
            draw_line(&mut svg, line, number, &places);
        }
        svg.push_str("</svg>");
        svg
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

    fn box_of(&self, svg: &mut String, number: usize, branch: &str, tables: &BTreeSet<&str>) {
        let x = MARGIN + number * (WIDTH + GAP);
        let others = self.branches.get(branch).copied().flatten().map(|all| all.saturating_sub(tables.len()));
        let height = HEAD + tables.len() * ROW + others.map_or(10, |others| if others > 0 { ROW } else { 10 });
        let _ = writeln!(
            svg,
            "<g class=\"branch\"><rect class=\"box\" x=\"{x}\" y=\"{MARGIN}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"10\"/>\
             <text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
            x + 16,
            MARGIN + 28,
            escaped(branch)
        );
        for (row, table) in tables.iter().enumerate() {
            let y = MARGIN + HEAD + row * ROW;
            let _ = writeln!(
                svg,
                "<g><title>{}</title><rect class=\"table\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"5\"/>\
                 <text x=\"{}\" y=\"{}\">{}</text></g>",
                escaped(table),
                x + 10,
                WIDTH - 20,
                ROW - 6,
                x + 20,
                y + 16,
                escaped(&cut(table))
            );
        }
        if let Some(others) = others.filter(|others| *others > 0) {
            let word = if others == 1 { "table" } else { "tables" };
            let _ = writeln!(
                svg,
                "<text class=\"more\" x=\"{}\" y=\"{}\">and {others} more {word}</text>",
                x + 20,
                MARGIN + HEAD + tables.len() * ROW + 14
            );
        }
        svg.push_str("</g>\n");
    }

    fn in_words(&self, order: &[&str]) -> String {
        let of = |kind: LineKind| self.lines.iter().filter(|line| line.kind == kind).count();
        format!(
            "Branches {}: {} declared references, {} foreign keys, {} found references. The table below lists them.",
            order.join(", "),
            of(LineKind::Declared),
            of(LineKind::ForeignKey),
            of(LineKind::Found)
        )
    }
}

/// The left edge and the middle of each table's row.
fn places<'a>(
    order: &[&'a str],
    tables: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeMap<(&'a str, &'a str), (usize, usize)> {
    let mut places = BTreeMap::new();
    for (number, branch) in order.iter().enumerate() {
        let x = MARGIN + number * (WIDTH + GAP) + 10;
        for (row, table) in tables[branch].iter().enumerate() {
            places.insert((*branch, *table), (x, MARGIN + HEAD + row * ROW + (ROW - 6) / 2));
        }
    }
    places
}

fn draw_line(svg: &mut String, line: &PictureLine, number: usize, places: &BTreeMap<(&str, &str), (usize, usize)>) {
    let place = |(branch, table): &(String, String)| places.get(&(branch.as_str(), table.as_str())).copied();
    let (Some((from_x, from_y)), Some((to_x, to_y))) = (place(&line.from), place(&line.to)) else { return };
    let class = match line.kind {
        LineKind::ForeignKey => "key",
        LineKind::Declared => "declared",
        LineKind::Found => "found",
    };
    let inner = WIDTH - 20;
    let path = if from_x == to_x {
        // Within a branch: a bow on the right side, wider where it is longer.
        let x = from_x + inner;
        let bow = x + 22 + from_y.abs_diff(to_y) / 6 + number % 3 * 5;
        format!("M {x} {from_y} C {bow} {from_y}, {bow} {to_y}, {x} {to_y}")
    } else if from_x < to_x {
        let (start, end) = (from_x + inner, to_x);
        let bend = (end - start) / 2;
        format!("M {start} {from_y} C {} {from_y}, {} {to_y}, {end} {to_y}", start + bend, end - bend)
    } else {
        let (start, end) = (from_x, to_x + inner);
        let bend = (start - end) / 2;
        format!("M {start} {from_y} C {} {from_y}, {} {to_y}, {end} {to_y}", start - bend, end + bend)
    };
    let _ = writeln!(
        svg,
        "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#to-{class})\"><title>{}</title></path>",
        escaped(&line.label)
    );
}

const ARROWS: &str = "<defs>\
    <marker id=\"to-key\" class=\"key\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0.8 L 7 4 L 0 7.2 z\"/></marker>\
    <marker id=\"to-declared\" class=\"declared\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0.8 L 7 4 L 0 7.2 z\"/></marker>\
    <marker id=\"to-found\" class=\"found\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0.8 L 7 4 L 0 7.2 z\"/></marker>\
    </defs>\n";

fn cut(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let mut cut: String = name.chars().take(LETTERS - 1).collect();
    cut.push('…');
    cut
}

/// A text between tags, or in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{LineKind, Picture, PictureLine};

    fn line(from: (&str, &str), to: (&str, &str), kind: LineKind) -> PictureLine {
        let owned = |(branch, table): (&str, &str)| (branch.to_owned(), table.to_owned());
        PictureLine { from: owned(from), to: owned(to), kind, label: "<l>".to_owned() }
    }

    #[test]
    fn only_what_takes_part_is_drawn() {
        let mut picture = Picture::default();
        assert_eq!(picture.to_svg(), "");
        picture.branches.insert("auth".to_owned(), Some(41));
        picture.branches.insert("specs".to_owned(), Some(2));
        picture.lines.push(line(("specs", "p<\"&"), ("auth", "users"), LineKind::Declared));
        picture.lines.push(line(("specs", "s"), ("specs", "p<\"&"), LineKind::ForeignKey));
        let svg = picture.to_svg();
        assert!(svg.contains("and 40 more tables"), "{svg}");
        assert!(svg.contains("p&lt;&quot;&amp;") && !svg.contains("p<\""), "{svg}");
        assert!(svg.find(">specs<").unwrap() < svg.find(">auth<").unwrap(), "who refers stands on the left");
        assert_eq!((svg.matches("class=\"declared\" d=").count(), svg.matches("class=\"key\" d=").count()), (1, 1));
    }
}
