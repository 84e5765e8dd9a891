//! The text of a CREATE TABLE as a database gives it back, in pieces that can be exchanged one by one.
//!
//! It is cut, not parsed: into columns and constraints at the outermost commas, and a column into its name, its type and
//! what follows. What is not understood stays as it is, comments included. SQLite's `sqlite_master` and the SHOW CREATE
//! TABLE of MySQL and MariaDB are what it reads.

use std::ops::Range;

use crate::dialect::Dialect;
use crate::sql::TokenKind;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a bare name or a number.
    Word,
    /// A name in quotes.
    Quoted,
    /// A text in quotes.
    Text,
    /// Anything else, one character.
    Symbol(char),
}

/// A token and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
    /// How many parentheses are open around it.
    pub depth: usize,
}

impl Token {
    pub(super) fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == Kind::Word && text[self.range.clone()].eq_ignore_ascii_case(word)
    }

    /// The name that it stands for: without quotes, those within it single.
    pub(super) fn name(&self, text: &str) -> String {
        let raw = &text[self.range.clone()];
        let Some(first) = raw.chars().next().filter(|_| matches!(self.kind, Kind::Quoted | Kind::Text)) else {
            return raw.to_owned();
        };
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        if first == '[' { inner.to_owned() } else { inner.replace(&format!("{first}{first}"), &first.to_string()) }
    }

    fn may_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }
}

/// The tokens of a text, without space and comments; a comment of MySQL's that is code is one word.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<Token>, String> {
    let mut found: Vec<Token> = Vec::new();
    let mut depth = 0_usize;
    let mut code_comment = None;
    for token in crate::sql::tokens(dialect, text) {
        let token = token.map_err(|error| error.to_string())?;
        let range = token.range.clone();
        let kind = match token.kind {
            TokenKind::CodeCommentStart => {
                code_comment = Some(range.start);
                continue;
            }
            TokenKind::CodeCommentEnd => {
                let start = code_comment.take().unwrap_or(range.start);
                found.push(Token { kind: Kind::Word, range: start..range.end, depth });
                continue;
            }
            _ if code_comment.is_some() => continue,
            TokenKind::Comment | TokenKind::DumpLine | TokenKind::Delimiter => continue,
            TokenKind::Word | TokenKind::Number => Kind::Word,
            TokenKind::QuotedIdentifier => Kind::Quoted,
            TokenKind::String => Kind::Text,
            TokenKind::Punctuation => Kind::Symbol(token.text(text).chars().next().unwrap_or(' ')),
        };
        if kind == Kind::Symbol(')') {
            depth = depth.checked_sub(1).ok_or("a parenthesis is closed that was not opened")?;
        }
        found.push(Token { kind, range, depth });
        if kind == Kind::Symbol('(') {
            depth += 1;
        }
    }
    if depth == 0 { Ok(found) } else { Err("a parenthesis is not closed".to_owned()) }
}

/// A CREATE TABLE, cut at its outermost commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableText {
    /// What stands between the parentheses.
    pub items: Vec<Item>,
    /// What stands behind them.
    pub tail: String,
}

/// A column or a constraint, or on MySQL an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub text: String,
    pub kind: ItemKind,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// A column of this name.
    Column(String),
    /// A constraint, by its first keyword behind its name: PRIMARY, UNIQUE, FOREIGN or CHECK.
    Constraint { name: Option<String>, keyword: &'static str, columns: Vec<String> },
    /// An index of MySQL's.
    Index { name: String, columns: Vec<String> },
    /// What is of no interest here.
    Other,
}

const CONSTRAINTS: [&str; 4] = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"];

impl TableText {
    /// Cuts a CREATE TABLE.
    pub(super) fn cut(text: &str, dialect: Dialect) -> Result<Self, String> {
        let tokens = tokens(text, dialect)?;
        let open = tokens.iter().find(|token| token.kind == Kind::Symbol('(')).ok_or("it has no columns")?;
        let close = tokens
            .iter()
            .find(|token| token.kind == Kind::Symbol(')') && token.depth == 0)
            .ok_or("its columns do not end")?;
        if tokens
            .iter()
            .take_while(|token| token.range.start < open.range.start)
            .any(|token| token.is_word(text, "VIRTUAL"))
        {
            return Err("it is a virtual table".to_owned());
        }
        let commas = tokens.iter().filter(|token| {
            token.kind == Kind::Symbol(',') && token.depth == 1 && token.range.start < close.range.start
        });
        let mut items = Vec::new();
        let mut start = open.range.end;
        for end in commas.map(|comma| comma.range.start).chain([close.range.start]) {
            items.push(Item::new(text[start..end].to_owned(), dialect)?);
            start = end + 1;
        }
        Ok(Self { items, tail: text[close.range.end..].to_owned() })
    }

    /// The CREATE TABLE, for a table of this name, which is quoted already.
    pub(super) fn create(&self, name: &str) -> String {
        let items: Vec<&str> = self.items.iter().map(|item| item.text.as_str()).collect();
        format!("CREATE TABLE {name} ({}){}", items.join(","), self.tail)
    }

    /// Where a column is.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.items.iter().position(|item| matches!(&item.kind, ItemKind::Column(column) if same(column, name)))
    }

    /// Puts a column behind the others.
    pub(super) fn add_column(&mut self, text: &str, dialect: Dialect) -> Result<(), String> {
        let last = self.items.iter().rposition(|item| matches!(item.kind, ItemKind::Column(_)));
        self.insert(last.map_or(0, |last| last + 1), text, dialect)
    }

    /// Puts a constraint behind everything.
    pub(super) fn add_constraint(&mut self, text: &str, dialect: Dialect) -> Result<(), String> {
        self.insert(self.items.len(), text, dialect)
    }

    fn insert(&mut self, place: usize, text: &str, dialect: Dialect) -> Result<(), String> {
        let before = self.items.get(place.saturating_sub(1));
        let leading = before.map_or("", |item| leading_space(&item.text)).to_owned();
        let mut text = format!("{leading}{text}");
        if place == self.items.len()
            && let Some(last) = self.items.last_mut()
        {
            // The line break before the closing parenthesis stays before it.
            let kept = last.text.trim_end().len();
            let trailing = last.text.split_off(kept);
            text.push_str(&trailing);
            if last.text.contains("--") {
                last.text.push('\n');
            }
        }
        self.items.insert(place, Item::new(text, dialect)?);
        Ok(())
    }

    /// Takes an item away.
    pub(super) fn remove(&mut self, place: usize) {
        let removed = self.items.remove(place);
        if place == self.items.len()
            && let Some(last) = self.items.last_mut()
        {
            last.text.push_str(&removed.text[removed.text.trim_end().len()..]);
        }
    }
}

fn leading_space(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

/// Names are the same whatever their case, in SQLite and for MySQL's columns and indexes.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl Item {
    pub(super) fn new(text: String, dialect: Dialect) -> Result<Self, String> {
        let tokens = tokens(&text, dialect)?;
        let kind = classify(&text, &tokens, dialect);
        Ok(Self { text, kind })
    }

    /// Whether it reads a column.
    pub(super) fn reads(&self, column: &str, dialect: Dialect) -> bool {
        reads(&self.text, column, dialect)
    }
}

/// Whether a name stands in a piece of SQL, anywhere.
pub(super) fn mentions(text: &str, name: &str, dialect: Dialect) -> bool {
    tokens(text, dialect)
        .is_ok_and(|tokens| tokens.iter().any(|token| token.may_name() && same(&token.name(text), name)))
}

/// Whether a piece of a table's own SQL reads a column: what stands before a parenthesis there is a function.
pub(super) fn reads(text: &str, column: &str, dialect: Dialect) -> bool {
    let Ok(tokens) = tokens(text, dialect) else { return false };
    let calls = |at: usize| {
        tokens[at].kind == Kind::Word && tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Symbol('('))
    };
    let named = |token: &Token| token.may_name() && same(&token.name(text), column);
    tokens.iter().enumerate().any(|(at, token)| named(token) && !calls(at))
}

fn classify(text: &str, tokens: &[Token], dialect: Dialect) -> ItemKind {
    let Some(first) = tokens.first() else { return ItemKind::Other };
    let (name, rest) = if first.is_word(text, "CONSTRAINT") {
        let named = tokens.get(1).filter(|token| !CONSTRAINTS.iter().any(|word| token.is_word(text, word)));
        (named.map(|token| token.name(text)), &tokens[if named.is_some() { 2 } else { 1 }..])
    } else {
        (None, tokens)
    };
    let keyword = rest.first().and_then(|token| CONSTRAINTS.into_iter().find(|word| token.is_word(text, word)));
    let index = rest.iter().take(2).any(|token| token.is_word(text, "KEY") || token.is_word(text, "INDEX"));
    let mysql_index = dialect != Dialect::Sqlite && index && keyword.is_none_or(|keyword| keyword == "UNIQUE");
    if mysql_index && first.kind == Kind::Word {
        let named = rest.iter().take_while(|token| token.depth == 0).find(|token| token.kind == Kind::Quoted);
        return named
            .map_or(ItemKind::Other, |name| ItemKind::Index { name: name.name(text), columns: listed(text, rest) });
    }
    match keyword {
        Some(keyword) => ItemKind::Constraint { name, keyword, columns: listed(text, rest) },
        None if dialect == Dialect::Sqlite || first.kind == Kind::Quoted => ItemKind::Column(first.name(text)),
        None => ItemKind::Other,
    }
}

/// The names at the beginning of each entry of the first list in parentheses.
fn listed(text: &str, tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    let inside = tokens
        .iter()
        .skip_while(|token| token.kind != Kind::Symbol('('))
        .take_while(|token| !(token.kind == Kind::Symbol(')') && token.depth == 0));
    let mut begins = false;
    for token in inside {
        match token.kind {
            Kind::Symbol('(') if token.depth == 0 => begins = true,
            Kind::Symbol(',') if token.depth == 1 => begins = true,
            _ if begins => {
                begins = false;
                if token.may_name() {
                    names.push(token.name(text));
                }
            }
            _ => {}
        }
    }
    names
}

/// A column's definition in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnText {
    leading: String,
    name: String,
    pub r#type: String,
    pub attributes: Vec<Attribute>,
    trailing: String,
}

/// Something behind a column's type: NOT NULL, DEFAULT and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Its first keyword, in capitals, behind its name.
    pub keyword: String,
    /// Its name, where CONSTRAINT gives it one.
    pub name: Option<String>,
    /// All of it.
    pub text: String,
}

impl Attribute {
    pub(super) fn new(keyword: &str, text: impl Into<String>) -> Self {
        Self { keyword: keyword.to_owned(), name: None, text: text.into() }
    }
}

const SQLITE_ATTRIBUTES: &[&str] =
    &["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"];
const MYSQL_ATTRIBUTES: &[&str] = &[
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "CHARACTER",
    "ON",
    "AUTO_INCREMENT",
    "COMMENT",
    "INVISIBLE",
    "COLUMN_FORMAT",
    "STORAGE",
    "WITHOUT",
    "WITH",
    "SRID",
    "REF_SYSTEM_ID",
    "COMPRESSED",
];

impl ColumnText {
    /// Cuts a column's definition.
    pub(super) fn cut(text: &str, dialect: Dialect) -> Result<Self, String> {
        let tokens = tokens(text, dialect)?;
        let [name, rest @ ..] = tokens.as_slice() else { return Err("a column has no name".to_owned()) };
        let starts = attribute_starts(text, rest, dialect);
        let end = tokens.last().map_or(text.len(), |last| last.range.end);
        let type_end = starts.first().map_or(end, |first| rest[*first].range.start);
        let mut attributes = Vec::new();
        for (place, start) in starts.iter().enumerate() {
            let until = starts.get(place + 1).map_or(end, |next| rest[*next].range.start);
            attributes.push(attribute(text, &rest[*start..], rest[*start].range.start..until));
        }
        Ok(Self {
            leading: text[..name.range.start].to_owned(),
            name: text[name.range.clone()].to_owned(),
            r#type: text[name.range.end..type_end].trim().to_owned(),
            attributes,
            trailing: text[end..].to_owned(),
        })
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.keyword == keyword)
    }

    pub(super) fn remove(&mut self, keyword: &str) {
        self.attributes.retain(|attribute| attribute.keyword != keyword);
    }

    /// Name, type and attributes, without what stands around them.
    pub(super) fn bare(&self) -> String {
        let mut text = self.name.clone();
        let parts = std::iter::once(&self.r#type).chain(self.attributes.iter().map(|attribute| &attribute.text));
        for part in parts.filter(|part| !part.is_empty()) {
            // A line comment ends with its line.
            text.push(if text.contains("--") { '\n' } else { ' ' });
            text.push_str(part);
        }
        text
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}{}", self.leading, self.bare(), self.trailing)
    }
}

/// Where attributes begin, among the tokens behind the name.
fn attribute_starts(text: &str, tokens: &[Token], dialect: Dialect) -> Vec<usize> {
    let known = if dialect == Dialect::Sqlite { SQLITE_ATTRIBUTES } else { MYSQL_ATTRIBUTES };
    let mut starts = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let word = |offset: usize, word: &str| tokens.get(at + offset).is_some_and(|token| token.is_word(text, word));
        let conditional = token.kind == Kind::Word && text[token.range.clone()].starts_with("/*!");
        let begins = token.depth == 0 && (conditional || known.iter().any(|known| token.is_word(text, known)));
        if !begins {
            // ON DELETE SET NULL belongs to REFERENCES, ON CONFLICT to what it follows.
            let action = word(0, "ON") || word(0, "SET");
            at += if action { 2 } else { 1 };
            continue;
        }
        if word(0, "NOT") && word(1, "DEFERRABLE") {
            at += 2;
            continue;
        }
        starts.push(at);
        at += match () {
            () if word(0, "CONSTRAINT") => {
                // The keyword behind the name is its own.
                let named = !known.iter().any(|known| word(1, known));
                let keyword = if named { 2 } else { 1 };
                keyword + if word(keyword, "NOT") || word(keyword, "DEFAULT") { 2 } else { 1 }
            }
            () if word(0, "GENERATED") => 3,
            () if word(0, "NOT") || word(0, "DEFAULT") || word(0, "ON") || word(0, "COLLATE") => 2,
            () if word(0, "CHARACTER") || word(0, "COMMENT") => 2,
            () => 1,
        };
    }
    starts
}

fn attribute(text: &str, tokens: &[Token], range: Range<usize>) -> Attribute {
    let named = tokens.first().is_some_and(|token| token.is_word(text, "CONSTRAINT"));
    let keyword = |place: usize| {
        tokens.get(place).map_or_else(String::new, |token| text[token.range.clone()].to_ascii_uppercase())
    };
    let (name, keyword) =
        if named { (tokens.get(1).map(|token| token.name(text)), keyword(2)) } else { (None, keyword(0)) };
    Attribute { keyword, name, text: text[range].trim_end().to_owned() }
}
