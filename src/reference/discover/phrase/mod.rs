//! What a comment says of where a column points: which table and column it names, in which database, and how surely.
//!
//! It reads the ways in which people write that, and decides nothing about databases: whether there is such a table is for
//! others to say. What it does not understand, it does not make anything of.

mod list;
mod place;

use super::tokens::{Token, clauses};
use super::words;

pub(super) use list::{Listed, lists};

/// A table, or a column of one, that a comment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// The parts of its name, as they are written, the last one first: `users.id` and `auth.users.id`; one part is a table.
    pub(super) parts: Vec<String>,
    /// The last part stands in parentheses: it is a column.
    pub(super) ends_in_column: bool,
    /// Where that is.
    pub(super) place: Place,
    /// It says that the column refers to it, in so many words.
    pub(super) strong: bool,
    /// It says that the value is a copy, or computed.
    pub(super) copied: bool,
    /// Several, by their ids.
    pub(super) several: bool,
}

/// Which database a comment means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    /// It does not say.
    Unsaid,
    /// The column's own.
    Own,
    /// Another one, it does not say which.
    Elsewhere,
    /// The one of this name.
    Named(String),
}

/// What is known outside of a comment.
pub(super) trait Known {
    /// Whether a database has this name, in the form that names of databases are compared in.
    fn is_place(&self, place: &str) -> bool;
    /// Whether there is a table of this name, in the singular or the plural.
    fn is_table(&self, word: &str) -> bool;
}

/// Words that say that something refers.
const STRONG: &[&str] = &[
    "reference",
    "references",
    "referencing",
    "refer",
    "refers",
    "ref",
    "refs",
    "fk",
    "fkey",
    "foreign",
    "point",
    "points",
    "pointer",
    "pointing",
    "link",
    "links",
    "linked",
    "linking",
    "belongs",
    "belong",
    "relates",
    "related",
    "relation",
    "joins",
    "maps",
    "mapped",
    "corresponds",
    "resolves",
    "associated",
    "identifies",
    "->",
];

/// Of these, those behind which a table may stand by itself, with what may stand between.
const BEFORE_TABLE: &[&str] = &[
    "references",
    "referencing",
    "refers",
    "fk",
    "fkey",
    "key",
    "points",
    "pointing",
    "links",
    "linked",
    "belongs",
    "->",
    "reference",
    "ref",
    "pointer",
    "link",
    "refer",
    "point",
];
const BETWEEN: &[&str] = &[
    "to", "at", "on", "the", "a", "an", "our", "its", "row", "record", "entry", "table", ":", "in", "of", "id", "an",
    "owning",
];

/// What may stand behind a table that stands by itself.
const BEHIND_TABLE: &[&str] = &[
    "in", "of", "from", "who", "that", "which", "whom", "whose", "on", "at", "table", "tables", "row", "rows",
    "record", "records", "entity", "id", "and", "or", "for", "with", "by", "when", "where", "as", "is", "not", "if",
    "to", "via", "without", "no", "has", "model", "this", "the", "it", "lives", "stored", "see", "because", "since",
    "kept", "set", "null", "optional", "database", "db", "service", "nullable", "across", "only", "s",
];

/// Words that say that it does not, or no longer.
const DENIALS: &[&str] = &[
    "formerly",
    "previously",
    "never",
    "unlike",
    "instead",
    "rather",
    "was",
    "were",
    "obsolete",
    "isn",
    "doesn",
    "longer",
    "not",
    "nothing",
    "unrelated",
    "independent",
    "confused",
];

/// Words that say that a value only comes from there.
const COPIES: &[&str] = &[
    "copy",
    "copied",
    "copies",
    "denormalized",
    "denormalised",
    "cached",
    "cache",
    "snapshot",
    "mirror",
    "mirrors",
    "mirrored",
    "synced",
    "computed",
    "derived",
    "calculated",
    "sum",
    "count",
    "max",
    "min",
    "total",
    "aggregated",
    "duplicated",
    "duplicates",
    "imported",
    "initial",
    "many",
    "amount",
    "whether",
    "true",
    "per",
];

/// What stands between `no` and `foreign key` where only the constraint is denied.
const OF_CONSTRAINTS: &[&str] = &[
    "a", "an", "any", "real", "hard", "db", "database", "actual", "enforced", "physical", "formal", "true", "declared",
    "sql", "native", "level", "-",
];

const FILE_ENDINGS: &[&str] = &[
    "rb", "py", "js", "ts", "tsx", "go", "rs", "java", "kt", "cs", "php", "md", "sql", "com", "org", "net", "io",
    "txt", "json", "csv", "html", "xml", "yml", "yaml", "toml", "pdf", "proto", "g", "e",
];

/// A name within a clause: its parts, and the tokens that it is made of.
struct Path {
    parts: Vec<String>,
    ends_in_column: bool,
    place: Option<String>,
    start: usize,
    end: usize,
}

/// What a comment says, the surest first.
pub(super) fn mentions(comment: &str, known: &impl Known) -> Vec<Mention> {
    let mut found = Vec::new();
    for clause in clauses(comment) {
        let reading = Reading { tokens: &clause, known };
        reading.read(&mut found);
    }
    found.sort_by_key(|mention| (!mention.strong, mention.copied, mention.parts.len() < 2));
    found
}

/// Whether a comment says that a column refers to nothing, or no longer does.
pub(super) fn denies(comment: &str, known: &impl Known) -> bool {
    clauses(comment).iter().any(|clause| {
        let reading = Reading { tokens: clause, known };
        let refers = |token: &Token| token.is_any(STRONG) && !token.is_any(&["foreign", "fk", "fkey"]);
        let named = reading.paths().first().map(|path| path.start);
        let end = named.or_else(|| clause.iter().position(refers).map(|at| at + 1));
        end.is_some_and(|end| reading.is_denied(&clause[..end]))
    })
}

struct Reading<'a, K> {
    tokens: &'a [Token],
    known: &'a K,
}

impl<K: Known> Reading<'_, K> {
    fn read(&self, found: &mut Vec<Mention>) {
        let mut paths = self.paths();
        if paths.is_empty() {
            paths.extend(self.table_by_itself());
        }
        for path in paths {
            let before = &self.tokens[..path.start];
            if self.is_denied(before) {
                continue;
            }
            let behind = &self.tokens[path.end..];
            let strong =
                self.tokens[..path.start].iter().chain(behind.iter().take(8)).any(|token| token.is_any(STRONG));
            let place = match &path.place {
                Some(place) => Place::Named(place.clone()),
                None => self.place(&path),
            };
            found.push(Mention {
                strong,
                copied: self.is_copied(before),
                several: before.iter().any(|token| token.is_any(&["ids", "uuids", "list", "array", "keys"])),
                place,
                parts: path.parts,
                ends_in_column: path.ends_in_column,
            });
        }
    }

    /// Whether what stands before a name says that a value only comes from there. `the number of` counts, `case number of`
    /// does not.
    fn is_copied(&self, before: &[Token]) -> bool {
        let counts = |at: usize| {
            let begins = at.checked_sub(1).is_none_or(|at| before[at].is("the"));
            begins && before[at].is("number") && before.get(at + 1).is_none_or(|next| next.is("of"))
        };
        before.iter().any(|token| token.is_any(COPIES)) || (0..before.len()).any(counts)
    }

    fn word(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).filter(|token| token.is_word)
    }

    fn mark(&self, at: usize, marks: &[&str]) -> bool {
        self.tokens.get(at).is_some_and(|token| !token.is_word && token.is_any(marks))
    }

    fn glued(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.glued)
    }

    /// Names with dots, and `table(column)`.
    fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            match self.path(at) {
                Some(path) => {
                    at = path.end;
                    paths.push(path);
                }
                None => at += 1,
            }
        }
        paths
    }

    fn path(&self, start: usize) -> Option<Path> {
        let (mut parts, place, mut end) = self.name_with_dots(start)?;
        let mut ends_in_column = false;
        if self.mark(end, &["("]) && self.mark(end + 2, &[")"]) {
            let inside = self.word(end + 1)?;
            let is_key = inside.is_any(&["id", "uuid", "guid", "pk"]) || inside.folded.ends_with("_id");
            if self.glued(end) || is_key {
                parts.push(inside.text.clone());
                ends_in_column = true;
                end += 3;
            }
        }
        let last = parts.last()?.to_lowercase();
        let is_name = |part: &String| part.chars().next().is_some_and(|first| !first.is_ascii_digit());
        let is_path =
            parts.len() > 1 && parts.iter().all(is_name) && (ends_in_column || !FILE_ENDINGS.contains(&last.as_str()));
        parts.reverse();
        (is_path && parts.len() <= 4).then_some(Path { parts, ends_in_column, place, start, end })
    }

    /// A name's parts, the first one first, the database that stands before it, and where it ends.
    fn name_with_dots(&self, start: usize) -> Option<(Vec<String>, Option<String>, usize)> {
        let first = self.word(start)?;
        let mut parts = vec![first.text.clone()];
        let mut end = start + 1;
        let mut place = None;
        // `auth:users.id`, `auth/users.id`: a database stands before it.
        if self.mark(end, &[":", "/"])
            && self.glued(end)
            && self.glued(end + 1)
            && !first.is_any(STRONG)
            && !first.is("see")
        {
            let next = self.word(end + 1)?;
            if self.known.is_place(&words::place(&first.text)) {
                place = Some(first.text.clone());
                parts = vec![next.text.clone()];
                end += 2;
            } else {
                return None;
            }
        }
        while (self.mark(end, &[".", "#"]) || self.mark(end, &[":"]) && self.mark(end + 1, &[":"])) && self.glued(end) {
            let next = if self.mark(end, &[":"]) { end + 2 } else { end + 1 };
            let Some(word) = self.word(next).filter(|_| self.glued(next)) else { break };
            parts.push(word.text.clone());
            end = next + 1;
        }
        Some((parts, place, end))
    }

    /// `FK to users`, `references the user in auth`, `id of the user`, `user id from auth`.
    fn table_by_itself(&self) -> Option<Path> {
        let is_table =
            |at: usize| self.word(at).is_some_and(|word| !word.is_any(STRONG) && self.known.is_table(&word.text));
        let is_id = |token: &Token| {
            token.is_any(&["id", "ids", "uuid", "uuids", "key", "pk", "identifier", "identifiers", "guid"])
        };
        for at in 0..self.tokens.len() {
            let token = &self.tokens[at];
            let is_reference = token.is_any(BEFORE_TABLE)
                && (!token.is("key") || self.tokens[..at].last().is_some_and(|before| before.is("foreign")));
            let takes_to = token.is_any(&["reference", "pointer", "link", "refer", "point"]);
            let is_id_of = is_id(token) && self.tokens.get(at + 1).is_some_and(|next| next.is_any(&["of", "from"]));
            // What is to be looked at may be anything, unless it is said where.
            let is_seen = token.is("see");
            if is_reference || is_id_of || is_seen {
                let mut next = at + 1;
                if takes_to && !self.tokens.get(next).is_some_and(|next| next.is_any(&["to", "at", ":"])) {
                    continue;
                }
                while self.tokens.get(next).is_some_and(|token| token.is_any(BETWEEN)) {
                    next += 1;
                }
                // A word may stand before it that says which: the owning user, the auth user.
                for table in [next, next + 1, next + 2] {
                    if is_table(table) && self.ends_name(table + 1) && (!is_seen || self.place_noun_behind(table)) {
                        let column = if is_id_of { Some(token.text.clone()) } else { None };
                        return Some(self.single(table, column));
                    }
                    if self.word(table).is_none_or(|word| word.is_any(&["in", "from", "that", "which", "who", "of"])) {
                        break;
                    }
                }
                // A table that nobody knows, in a place that is named.
                if is_reference && self.word(next).is_some() && self.place_noun_behind(next) {
                    return Some(self.single(next, None));
                }
            }
            // `user id from the auth database`, `user ID (auth service)`.
            if is_table(at) && self.tokens.get(at + 1).is_some_and(is_id) {
                let path = Path { end: at + 2, ..self.single(at, None) };
                if !matches!(self.place(&path), Place::Unsaid | Place::Own) {
                    return Some(path);
                }
            }
        }
        None
    }

    /// Whether a name may end before this: `the user who` is about a user, `the user manual` is not.
    fn ends_name(&self, at: usize) -> bool {
        self.word(at).is_none_or(|next| next.is_any(BEHIND_TABLE))
    }

    fn single(&self, at: usize, column: Option<String>) -> Path {
        let table = self.tokens[at].text.clone();
        // The column only where it is said to be one of this name: an id may be called otherwise.
        let parts = match column.filter(|column| column.eq_ignore_ascii_case("key")) {
            Some(column) => vec![column, table],
            None => vec![table],
        };
        Path { parts, ends_in_column: false, place: None, start: at, end: at + 1 }
    }

    fn place_noun_behind(&self, at: usize) -> bool {
        let path = Path { parts: Vec::new(), ends_in_column: false, place: None, start: at, end: at + 1 };
        matches!(self.place(&path), Place::Named(_))
    }

    /// Whether what stands before a name says that nothing refers to it. That there is no constraint denies nothing.
    fn is_denied(&self, before: &[Token]) -> bool {
        let mut at = 0;
        while at < before.len() {
            let token = &before[at];
            let is_negation = token.is_any(&["no", "not", "without", "non", "missing", "lacks"]);
            if is_negation {
                let rest = &before[at + 1..];
                let adjectives = rest.iter().take_while(|token| token.is_any(OF_CONSTRAINTS)).count();
                let is_constraint = rest
                    .get(adjectives)
                    .is_some_and(|token| token.is_any(&["fk", "fkey", "foreign", "constraint", "constrained"]));
                let is_article_only = adjectives == 1 && rest[0].is_any(&["a", "an"]);
                let is_enforced = rest
                    .first()
                    .is_some_and(|token| token.is_any(&["enforced", "enforceable", "null", "only", "constrained"]));
                if is_enforced || is_constraint && !(token.is("not") && (is_article_only || adjectives == 0)) {
                    at += adjectives + 2;
                    continue;
                }
                if token.is("no")
                    && !rest.first().is_some_and(|next| next.is_any(&["longer", "reference", "relation", "link"]))
                {
                    at += 1;
                    continue;
                }
                if !token.is_any(&["without", "missing", "lacks", "non"]) {
                    return true;
                }
            } else if token.is_any(DENIALS) || token.is("used") && before.get(at + 1).is_some_and(|next| next.is("to"))
            {
                return true;
            }
            at += 1;
        }
        false
    }
}
