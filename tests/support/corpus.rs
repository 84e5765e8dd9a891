//! The corpus of scripts in tests/fixtures/statements: how each falls into statements, or where and why it is refused.
//!
//! A case begins with a line `%% DIALECTS FLAGS`, `all` standing for all dialects, and goes on to the next such line:
//!
//! | in a case | stands for |
//! | --- | --- |
//! | `⟦...⟧` | a statement |
//! | `⟪...⟫` | the data of the statement before it |
//! | `▸` | where the script is refused; its header ends with `refused: MESSAGE` |
//! | `␍ ␉ ␋ ␌ ␀ ␢` | carriage return, tab, vertical tab, form feed, NUL, byte order mark |
//!
//! The flags say what the engines are asked: `alone`, each statement by itself only, since the whole is for a client to divide;
//! `offline`, nothing, since the engine knows no such statement. Otherwise both the whole and each statement are run.

use std::ops::Range;

use super::Dialect;

/// A script and what is to be found in it.
pub struct Case {
    /// The file and the line of its header.
    pub place: String,
    pub dialects: Vec<Dialect>,
    pub flag: Flag,
    pub script: String,
    pub expected: Expected,
}

/// What the engines are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    Run,
    Alone,
    Offline,
}

pub enum Expected {
    /// The statements with their data.
    Statements(Vec<(Range<usize>, Option<Range<usize>>)>),
    /// The offset and the message.
    Refused(usize, String),
}

const FILES: [(&str, &str); 5] = [
    ("common.txt", include_str!("../fixtures/statements/common.txt")),
    ("postgres.txt", include_str!("../fixtures/statements/postgres.txt")),
    ("mysql.txt", include_str!("../fixtures/statements/mysql.txt")),
    ("sqlite.txt", include_str!("../fixtures/statements/sqlite.txt")),
    ("refused.txt", include_str!("../fixtures/statements/refused.txt")),
];

const CHARACTERS: [(char, char); 6] =
    [('␍', '\r'), ('␉', '\t'), ('␋', '\u{b}'), ('␌', '\u{c}'), ('␀', '\0'), ('␢', '\u{feff}')];

/// All cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (file, text) in FILES {
        let mut lines = text.lines().enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let header = line.strip_prefix("%% ").unwrap_or_else(|| panic!("{file}:{}: no header", number + 1));
            let mut body = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("%% ")) {
                body.push(line);
            }
            cases.push(Case::of(format!("{file}:{}", number + 1), header, &body.join("\n")));
        }
    }
    cases
}

impl Case {
    fn of(place: String, header: &str, body: &str) -> Self {
        let (words, message) = header.split_once(" refused: ").map_or((header, None), |(w, m)| (w, Some(m)));
        let (mut dialects, mut flag) = (Vec::new(), Flag::Run);
        for word in words.split_whitespace() {
            match word {
                "all" => dialects.extend(Dialect::ALL),
                "alone" => flag = Flag::Alone,
                "offline" => flag = Flag::Offline,
                name => dialects.push(name.parse().unwrap_or_else(|error| panic!("{place}: {error}"))),
            }
        }
        let (script, marks) = unmarked(body);
        let at = |wanted: char| marks.iter().filter(move |(mark, _)| *mark == wanted).map(|(_, offset)| *offset);
        let expected = match message {
            Some(message) => Expected::Refused(at('▸').next().expect("a place"), message.to_owned()),
            None => {
                let data: Vec<Range<usize>> = at('⟪').zip(at('⟫')).map(|(start, end)| start..end).collect();
                let statements: Vec<Range<usize>> = at('⟦').zip(at('⟧')).map(|(start, end)| start..end).collect();
                let next = |index: usize| statements.get(index + 1).map_or(usize::MAX, |next| next.start);
                let of = |(index, statement): (usize, &Range<usize>)| {
                    let own = |data: &&Range<usize>| (statement.end..next(index)).contains(&data.start);
                    (statement.clone(), data.iter().find(own).cloned())
                };
                Expected::Statements(statements.iter().enumerate().map(of).collect())
            }
        };
        Self { place, dialects, flag, script, expected }
    }
}

/// The script, and the marks with their places in it.
fn unmarked(body: &str) -> (String, Vec<(char, usize)>) {
    let (mut script, mut marks) = (String::new(), Vec::new());
    for character in body.chars() {
        match CHARACTERS.iter().find(|(shown, _)| *shown == character) {
            Some((_, meant)) => script.push(*meant),
            None if "⟦⟧⟪⟫▸".contains(character) => marks.push((character, script.len())),
            None => script.push(character),
        }
    }
    (script, marks)
}
