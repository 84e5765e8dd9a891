//! Where in a step the thing stands that a problem speaks of.
//!
//! A problem is found long after the text was read, in operations that know no places; but it names what it is about, in the
//! words of the file. So the step is read again, and looked through for those words: first what is quoted, then the rest. It
//! decides nothing but the place, and falls back on the key that names the operation.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The byte offset of what `said` is about, in the step with this index whose operation has this key.
pub(super) fn of(text: &str, index: usize, operation: &str, said: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let step = document.get_ref().get("step")?.get_ref().as_array()?.get(index)?;
    let nodes = nodes(step);
    let named = nodes.iter().find(|node| node.is_key && node.depth == 1 && node.text == operation)?;
    // What comes behind is advice.
    let said = said.split("; ").next().unwrap_or(said);
    let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    // The table that the whole step is about is named in many a message that is about something else.
    let own = nodes.iter().find(|node| !node.is_key && node.begin > named.begin && node.depth == 1);
    let others = || nodes.iter().filter(|node| own.is_none_or(|own| own.begin != node.begin));
    let part = quoted.iter().find_map(|word| others().find(|node| node.names_its_part && node.text == *word));
    let inside = || others().filter(|node| part.is_none_or(|part| part.part.contains(&node.begin)));
    let depth = part.map_or(1, |part| part.depth);
    let quoted = || quoted.iter().copied().filter(|word| part.is_none_or(|part| part.text != *word));
    let plain = || said.split(|end: char| !(end.is_alphanumeric() || end == '_')).filter(|word| word.len() > 3);
    let found = quoted()
        .find_map(|word| inside().find(|node| node.is_key_or_value(word)))
        .or_else(|| quoted().find_map(|word| others().find(|node| node.is_key_or_value(word))))
        .or_else(|| {
            plain().find_map(|word| inside().find(|node| node.is_key && node.depth == depth && node.text == word))
        })
        .or_else(|| plain().find_map(|word| inside().find(|node| node.is_value(word))))
        .or(part)
        .or_else(|| own.filter(|own| quoted().any(|word| own.text == word)));
    Some(found.unwrap_or(named).begin)
}

/// A key, or a text that is a value.
struct Node {
    begin: usize,
    text: String,
    is_key: bool,
    /// Whether it is what a part of the step is called: a column, an index.
    names_its_part: bool,
    /// The part of the step that it stands in.
    part: Range<usize>,
    /// How many tables it stands in.
    depth: usize,
}

impl Node {
    /// A value may be called by its beginning (`string(255)`), or by what stands in its parentheses (`enum(mood)`).
    fn is_value(&self, word: &str) -> bool {
        let (head, inside) = self.text.split_once('(').unwrap_or((&self.text, ""));
        !self.is_key && (self.text == word || head == word || inside.strip_suffix(')') == Some(word))
    }

    fn is_key_or_value(&self, word: &str) -> bool {
        (self.is_key && self.text == word) || self.is_value(word)
    }
}

/// Everything in a step, in the order of the file.
fn nodes(step: &Spanned<DeValue<'_>>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut left = vec![(step, step.span(), 0, false)];
    while let Some((value, part, depth, names_its_part)) = left.pop() {
        match value.get_ref() {
            DeValue::String(text) => {
                let (begin, text) = (value.span().start, text.to_string());
                nodes.push(Node { begin, text, is_key: false, names_its_part, part, depth });
            }
            DeValue::Array(items) => left.extend(items.iter().map(|item| (item, part.clone(), depth, false))),
            DeValue::Table(table) => {
                for (key, inner) in table {
                    let (begin, text, part) = (key.span().start, key.get_ref().to_string(), value.span());
                    let is_name = depth > 0 && text == "name";
                    nodes.push(Node {
                        begin,
                        text,
                        is_key: true,
                        names_its_part: false,
                        part: part.clone(),
                        depth: depth + 1,
                    });
                    // A comment may hold any word, and nothing is ever wrong with it.
                    if key.get_ref() != "comment" {
                        left.push((inner, part, depth + 1, is_name));
                    }
                }
            }
            _ => {}
        }
    }
    nodes.sort_by_key(|node| node.begin);
    nodes
}
