//! Statements that hold others, with their semicolons: which they are, and where what they hold ends.
//!
//! Each dialect's own grammar gives an exact rule, so that words inside (`AS end`, `CASE ... END`) need no guessing:
//!
//! - PostgreSQL: `BEGIN ATOMIC` in CREATE FUNCTION and PROCEDURE; every statement inside ends with `;`, therefore the one
//!   END that closes the body is the one directly after a `;` or after ATOMIC. In CREATE RULE, parentheses.
//! - SQLite: CREATE TRIGGER ends with `; END`, for the same reason.
//! - MySQL and MariaDB: see [`super::program`].

use super::error::Construct;
use super::lexicon::Bodies;
use super::program::Program;
use super::token::{Code, TokenKind};

/// Follows one statement from its first token on.
pub(super) enum Body<'a> {
    /// The first words, which tell what it is.
    Head(Head),
    /// Holds no statements.
    Plain,
    Rule(Rule),
    Until(UntilEnd),
    Program(Program<'a>),
}

/// What is known after the first words.
pub(super) struct Head {
    bodies: Bodies,
    state: HeadState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HeadState {
    Start,
    /// After BEGIN, which began here: NOT ATOMIC may follow.
    Begin(usize),
    Explain,
    Create,
    /// After `=`, `@` and `.` of `DEFINER = user@host.name`: the next token is part of a name.
    CreateName,
}

/// A rule: semicolons within parentheses.
pub(super) struct Rule {
    depth: usize,
    began: usize,
}

/// A body that ends with END where a statement could begin.
pub(super) struct UntilEnd {
    /// Whether BEGIN alone opens it, or the pair BEGIN ATOMIC.
    atomic: bool,
    state: UntilEndState,
    depth: usize,
    began: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum UntilEndState {
    Header,
    AfterBegin,
    Inside,
    /// Inside, where a statement could begin.
    Between,
    Closed,
}

impl<'a> Body<'a> {
    pub(super) const fn new(bodies: Bodies) -> Self {
        Self::Head(Head { bodies, state: HeadState::Start })
    }

    /// Takes the next code token, except the `;` that ends the statement.
    pub(super) fn step(&mut self, code: Code<'a>) {
        match self {
            Self::Plain => {}
            Self::Head(head) => {
                if let Some(body) = head.step(code) {
                    *self = body;
                }
            }
            Self::Rule(rule) => rule.step(code),
            Self::Until(body) => body.step(code),
            Self::Program(program) => program.step(code),
        }
    }

    /// Whether a `;` here belongs to the statement.
    pub(super) fn holds_semicolon(&self) -> bool {
        match self {
            Self::Head(_) | Self::Plain => false,
            Self::Rule(rule) => rule.depth > 0,
            Self::Until(body) => body.is_open(),
            Self::Program(program) => program.is_open(),
        }
    }

    /// Where something began that the end of the text leaves open.
    pub(super) fn unfinished(&self) -> Option<(usize, Construct)> {
        match self {
            Self::Rule(rule) if self.holds_semicolon() => Some((rule.began, Construct::RuleBody)),
            Self::Until(body) if self.holds_semicolon() => Some((body.began, Construct::Body)),
            Self::Program(program) if self.holds_semicolon() => Some((program.began(), Construct::Body)),
            _ => None,
        }
    }
}

impl Head {
    /// What the statement turns out to be, once that is clear.
    fn step<'a>(&mut self, code: Code<'a>) -> Option<Body<'a>> {
        match self.state {
            HeadState::Start => self.start(code),
            HeadState::Begin(began) if code.is_word("NOT") => Some(Body::Program(Program::anonymous(began, code))),
            HeadState::Begin(_) => Some(Body::Plain),
            HeadState::Explain if code.is_any_word(&["QUERY", "PLAN"]) => None,
            HeadState::Explain => self.start(code),
            HeadState::Create => self.create(code),
            HeadState::CreateName => {
                self.state = HeadState::Create;
                None
            }
        }
    }

    fn start<'a>(&mut self, code: Code<'a>) -> Option<Body<'a>> {
        let state = match self.bodies {
            _ if code.is_word("CREATE") => HeadState::Create,
            Bodies::Sqlite if code.is_word("EXPLAIN") => HeadState::Explain,
            Bodies::Mariadb if code.is_word("BEGIN") => HeadState::Begin(code.start),
            Bodies::Mariadb if Program::is_compound(&code) => return Some(Body::Program(Program::compound(code))),
            _ => return Some(Body::Plain),
        };
        self.state = state;
        None
    }

    fn create<'a>(&mut self, code: Code<'a>) -> Option<Body<'a>> {
        if code.kind == TokenKind::Word {
            return self.created(code);
        }
        if ["=", "@", "."].iter().any(|mark| code.is_punctuation(mark)) {
            self.state = HeadState::CreateName;
        }
        None
    }

    fn created<'a>(&self, code: Code<'a>) -> Option<Body<'a>> {
        if code.is_any_word(&["OR", "REPLACE", "TEMP", "TEMPORARY", "DEFINER", "AGGREGATE"]) {
            return None;
        }
        Some(match self.bodies {
            Bodies::Postgres if code.is_word("RULE") => Body::Rule(Rule { depth: 0, began: code.start }),
            Bodies::Postgres if code.is_any_word(&["FUNCTION", "PROCEDURE"]) => {
                Body::Until(UntilEnd::new(code.start, true))
            }
            Bodies::Sqlite if code.is_word("TRIGGER") => Body::Until(UntilEnd::new(code.start, false)),
            Bodies::Mysql | Bodies::Mariadb => Program::of_object(code).map_or(Body::Plain, Body::Program),
            Bodies::Postgres | Bodies::Sqlite => Body::Plain,
        })
    }
}

impl Rule {
    fn step(&mut self, code: Code<'_>) {
        if code.is_punctuation("(") {
            if self.depth == 0 {
                self.began = code.start;
            }
            self.depth += 1;
        } else if code.is_punctuation(")") {
            self.depth = self.depth.saturating_sub(1);
        }
    }
}

impl UntilEnd {
    const fn new(began: usize, atomic: bool) -> Self {
        Self { atomic, state: UntilEndState::Header, depth: 0, began }
    }

    fn is_open(&self) -> bool {
        match self.state {
            UntilEndState::Header | UntilEndState::AfterBegin => false,
            UntilEndState::Inside | UntilEndState::Between => true,
            UntilEndState::Closed => false,
        }
    }

    fn step(&mut self, code: Code<'_>) {
        self.state = match self.state {
            UntilEndState::Header | UntilEndState::AfterBegin => self.header(code),
            UntilEndState::Between if code.is_word("END") => UntilEndState::Closed,
            UntilEndState::Inside | UntilEndState::Between if code.is_punctuation(";") => UntilEndState::Between,
            UntilEndState::Inside | UntilEndState::Between => UntilEndState::Inside,
            UntilEndState::Closed => UntilEndState::Closed,
        };
    }

    fn header(&mut self, code: Code<'_>) -> UntilEndState {
        if code.is_punctuation("(") {
            self.depth += 1;
        } else if code.is_punctuation(")") {
            self.depth = self.depth.saturating_sub(1);
        } else if self.state == UntilEndState::AfterBegin && code.is_word("ATOMIC") {
            return UntilEndState::Between;
        } else if self.depth == 0 && code.is_word("BEGIN") {
            self.began = code.start;
            return if self.atomic { UntilEndState::AfterBegin } else { UntilEndState::Inside };
        }
        UntilEndState::Header
    }
}
