//! Boxes in columns, and lines between their rows, as SVG.
//!
//! Everything that came from outside is escaped; colours come from the page's style, by class. Lines lie between the boxes and the
//! tables in them, so that none runs across a name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::super::markup::escaped;
use super::{LineKind, PictureLine};

/// A branch with those of its tables that are drawn.
pub(super) struct Boxed<'a> {
    pub branch: &'a str,
    pub tables: BTreeSet<&'a str>,
    /// How many tables it has besides, where that is known.
    pub others: Option<usize>,
}

const WIDTH: usize = 230;
const GAP: usize = 150;
const ROW: usize = 30;
const HEAD: usize = 44;
const MARGIN: usize = 36;
/// Between two boxes of a column.
const BETWEEN: usize = 18;
/// How far a line within a branch may bow out of its box, on the right.
const BOW: usize = 90;
/// Longer names are cut; their title has all of them.
const LETTERS: usize = 25;

/// The left edge and the middle of each table's row.
type Places<'a> = BTreeMap<(&'a str, &'a str), (usize, usize)>;

/// The picture. Its number tells it from the others of the page.
pub(super) fn svg(number: usize, of: &str, columns: &[Vec<Boxed<'_>>], lines: &[&PictureLine]) -> String {
    let height = columns.iter().map(|boxes| boxes.iter().map(|one| one.height() + BETWEEN).sum::<usize>()).max();
    let height = MARGIN + height.unwrap_or_default();
    let width = MARGIN + columns.len() * WIDTH + columns.len().saturating_sub(1) * GAP + BOW;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-labelledby=\"picture-{number}-title picture-{number}-text\">\n<title id=\"picture-{number}-title\">Tables and \
         references</title>\n<desc id=\"picture-{number}-text\">{}</desc>\n",
        escaped(&in_words(of, lines))
    );
    let (mut behind, mut before, mut places) = (String::new(), String::new(), Places::new());
    for (column, boxes) in columns.iter().enumerate() {
        let (x, mut y) = (MARGIN / 2 + column * (WIDTH + GAP), MARGIN / 2);
        for one in boxes {
            one.draw(&mut behind, &mut before, x, y);
            places.extend(one.places(x, y));
            y += one.height() + BETWEEN;
        }
    }
    svg.push_str(&behind);
    let mut together: BTreeMap<(LineKind, _, _), Vec<&str>> = BTreeMap::new();
    for line in lines {
        together.entry((line.kind, &line.from, &line.to)).or_default().push(&line.label);
    }
    for (number, ((kind, from, to), mut labels)) in together.into_iter().enumerate() {
        let place = |(branch, table): &(String, String)| places.get(&(branch.as_str(), table.as_str())).copied();
        if let (Some(from), Some(to)) = (place(from), place(to)) {
            labels.sort_unstable();
            draw_line(&mut svg, kind, &labels, number, from, to);
        }
    }
    svg.push_str(&before);
    svg.push_str("</svg>");
    svg
}

fn in_words(of: &str, lines: &[&PictureLine]) -> String {
    let number = |kind: LineKind| lines.iter().filter(|line| line.kind == kind).count();
    format!(
        "{of}: {} declared references, {} foreign keys, {} found references. The table below lists them.",
        number(LineKind::Declared),
        number(LineKind::ForeignKey),
        number(LineKind::Found)
    )
}

impl<'a> Boxed<'a> {
    fn height(&self) -> usize {
        HEAD + self.tables.len() * ROW + if self.others.is_some_and(|others| others > 0) { ROW } else { 10 }
    }

    /// The box goes behind the lines, and what stands in it before them.
    fn draw(&self, behind: &mut String, before: &mut String, x: usize, y: usize) {
        let _ = writeln!(
            behind,
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{}\" rx=\"10\"/>",
            self.height()
        );
        let _ = writeln!(
            before,
            "<g class=\"branch\"><text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
            x + 16,
            y + 28,
            escaped(&cut(self.branch))
        );
        for (row, table) in self.tables.iter().enumerate() {
            let y = y + HEAD + row * ROW;
            let _ = writeln!(
                before,
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
        if let Some(others) = self.others.filter(|others| *others > 0) {
            let word = if others == 1 { "table" } else { "tables" };
            let y = y + HEAD + self.tables.len() * ROW + 14;
            let _ = writeln!(before, "<text class=\"more\" x=\"{}\" y=\"{y}\">and {others} more {word}</text>", x + 20);
        }
        before.push_str("</g>\n");
    }

    fn places(&self, x: usize, y: usize) -> impl Iterator<Item = ((&'a str, &'a str), (usize, usize))> {
        let middle = move |row: usize| y + HEAD + row * ROW + (ROW - 6) / 2;
        self.tables.iter().enumerate().map(move |(row, table)| ((self.branch, *table), (x + 10, middle(row))))
    }
}

fn draw_line(
    svg: &mut String,
    kind: LineKind,
    labels: &[&str],
    number: usize,
    (from_x, from_y): (usize, usize),
    (to_x, to_y): (usize, usize),
) {
    let class = match kind {
        LineKind::ForeignKey => "key",
        LineKind::Declared => "declared",
        LineKind::Found => "found",
    };
    let inner = WIDTH - 20;
    let path = if from_x == to_x {
        // Within a branch: a bow on the right side, wider where it is longer.
        let x = from_x + inner;
        let bow = x + 22 + (from_y.abs_diff(to_y) / 6).min(BOW - 22) + number % 3 * 5;
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
    let label = labels.iter().map(|label| escaped(label)).collect::<Vec<_>>().join("\n");
    let _ = writeln!(
        svg,
        "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#to-{class})\"><title>{label}</title></path>"
    );
}

/// The heads of the arrows, once a page: pictures that are folded away must not take them along.
pub(in super::super) const ARROWS: &str = "<svg class=\"arrows\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\
    <marker id=\"to-key\" class=\"key\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0.8 L 7 4 L 0 7.2 z\"/></marker>\
    <marker id=\"to-declared\" class=\"declared\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0.8 L 7 4 L 0 7.2 z\"/></marker>\
    <marker id=\"to-found\" class=\"found\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0.8 L 7 4 L 0 7.2 z\"/></marker>\
    </defs></svg>";

fn cut(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let mut cut: String = name.chars().take(LETTERS - 1).collect();
    cut.push('…');
    cut
}
