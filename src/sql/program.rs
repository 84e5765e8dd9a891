//! Stored programs of MySQL and MariaDB: where the body of a CREATE PROCEDURE, FUNCTION, TRIGGER or EVENT ends.
//!
//! Their blocks (BEGIN, IF, CASE, LOOP, WHILE, REPEAT, FOR) open only where a statement could begin, and the same words
//! elsewhere are functions, expressions and names. So this follows one thing: whether a statement could begin here. With
//! that, DELIMITER is not needed.

use super::token::{Code, TokenKind};

/// Follows a stored program, or a block outside of one (MariaDB).
pub(super) struct Program<'a> {
    stage: Stage,
    /// What has been opened and not closed.
    blocks: Vec<Block>,
    /// Where the outermost block began, or the word that names the object.
    began: usize,
    /// A statement could begin here.
    fresh: bool,
    /// The last token was the first word of a statement: a colon would make it a label.
    label: bool,
    handler: Handler,
    previous: Option<Code<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Up to the name and parameters of a procedure or function, ON ... FOR EACH ROW of a trigger, DO of an event.
    Header(Object, usize),
    /// After that: what the body is shows in its first word.
    BeforeBody(usize),
    /// Within blocks.
    Blocks,
    /// The body was one simple statement, or is closed.
    Rest,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Object {
    Routine,
    Trigger,
    Event,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Begin,
    If,
    /// A CASE that is a statement, closed by END CASE.
    Case,
    /// A CASE within an expression, closed by END.
    CaseExpression,
    Loop,
    Repeat,
    /// The condition that ends a REPEAT, closed by END REPEAT.
    Until,
    /// WHILE or FOR, before its DO.
    BeforeDo,
    /// WHILE or FOR, after its DO.
    AfterDo,
}

/// How far `DECLARE action HANDLER FOR condition, ... statement` has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handler {
    No,
    Declare,
    Action,
    Word,
    Condition,
    AfterCondition,
}

const COMPOUND: [&str; 7] = ["BEGIN", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR"];

/// Statements that can be the whole body.
const SIMPLE: [&str; 20] = [
    "RETURN", "SET", "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "CALL", "DO", "WITH", "TRUNCATE", "CREATE",
    "DROP", "ALTER", "SIGNAL", "ANALYZE", "OPTIMIZE", "RENAME", "EXECUTE", "VALUES",
];

/// Words after which END is a name or a value, not the end of a CASE.
const BEFORE_OPERAND: [&str; 12] =
    ["AS", "CASE", "UNTIL", "WHEN", "THEN", "ELSE", "AND", "OR", "NOT", "BETWEEN", "LIKE", "IN"];

impl<'a> Program<'a> {
    const fn new(stage: Stage, began: usize) -> Self {
        Self { stage, blocks: Vec::new(), began, fresh: false, label: false, handler: Handler::No, previous: None }
    }

    /// The program that CREATE and this word begin.
    pub(super) fn of_object(code: Code<'a>) -> Option<Self> {
        let object = match code {
            _ if code.is_any_word(&["PROCEDURE", "FUNCTION"]) => Object::Routine,
            _ if code.is_word("TRIGGER") => Object::Trigger,
            _ if code.is_word("EVENT") => Object::Event,
            _ => return None,
        };
        Some(Self { previous: Some(code), ..Self::new(Stage::Header(object, 0), code.start) })
    }

    /// A block outside of stored programs, after `BEGIN NOT`.
    pub(super) fn anonymous(began: usize, not: Code<'a>) -> Self {
        let blocks = vec![Block::Begin];
        Self { blocks, previous: Some(not), ..Self::new(Stage::Blocks, began) }
    }

    /// Whether a statement that begins so is a block.
    pub(super) fn is_compound(code: &Code<'_>) -> bool {
        code.is_any_word(&COMPOUND)
    }

    /// A block outside of stored programs that begins with this word.
    pub(super) fn compound(code: Code<'a>) -> Self {
        let mut program = Self { fresh: true, ..Self::new(Stage::Blocks, code.start) };
        program.step(code);
        program
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Blocks
    }

    pub(super) const fn began(&self) -> usize {
        self.began
    }

    pub(super) fn step(&mut self, code: Code<'a>) {
        match self.stage {
            Stage::Rest => return,
            Stage::Header(object, depth) => self.stage = self.header(object, depth, &code),
            Stage::BeforeBody(depth) => self.before_body(depth, &code),
            Stage::Blocks => self.within_blocks(&code),
        }
        self.previous = Some(code);
    }

    fn header(&self, object: Object, depth: usize, code: &Code<'_>) -> Stage {
        let inner = depth_after(depth, code);
        let over = inner == 0
            && match object {
                Object::Routine => code.is_punctuation(")"),
                Object::Trigger => code.is_word("ROW") && self.after("EACH"),
                Object::Event => code.is_word("DO"),
            };
        if over { Stage::BeforeBody(0) } else { Stage::Header(object, inner) }
    }

    /// Passes types and characteristics, a trigger's order and labels.
    fn before_body(&mut self, depth: usize, code: &Code<'_>) {
        self.stage = Stage::BeforeBody(depth_after(depth, code));
        if depth > 0 || ["FOLLOWS", "PRECEDES", "COLLATE", "CHARSET"].iter().any(|word| self.after(word)) {
            return;
        }
        if Self::is_compound(code) {
            self.stage = Stage::Blocks;
            self.began = code.start;
            self.begin_statement(code);
        } else if code.is_any_word(&SIMPLE) && !self.is_part_of_type(code) {
            self.stage = Stage::Rest;
        }
    }

    /// `RETURNS SET(...)`, `CHARACTER SET`, `CHAR SET`.
    fn is_part_of_type(&self, code: &Code<'_>) -> bool {
        code.is_word("SET") && ["RETURNS", "CHARACTER", "CHAR"].iter().any(|word| self.after(word))
    }

    fn within_blocks(&mut self, code: &Code<'_>) {
        let fresh = std::mem::take(&mut self.fresh);
        let label = std::mem::take(&mut self.label);
        if code.is_punctuation(";") {
            self.fresh = true;
            self.handler = Handler::No;
        } else if label && code.is_punctuation(":") {
            self.fresh = true;
        } else if self.handler_statement_begins(code) || fresh {
            self.begin_statement(code);
        } else if code.kind == TokenKind::Word && !self.after_mark(".") && !self.after_mark("@") {
            self.go_on(code);
        }
    }

    /// Takes a token with which a statement begins.
    fn begin_statement(&mut self, code: &Code<'_>) {
        self.label = matches!(code.kind, TokenKind::Word | TokenKind::QuotedIdentifier);
        let (block, fresh) = match code {
            _ if code.is_word("END") => return self.close(),
            _ if code.is_word("DECLARE") => {
                self.handler = Handler::Declare;
                return;
            }
            _ if code.is_word("ELSE") => {
                self.fresh = true;
                return;
            }
            _ if code.is_word("BEGIN") => (Block::Begin, true),
            _ if code.is_word("LOOP") => (Block::Loop, true),
            _ if code.is_word("REPEAT") => (Block::Repeat, true),
            _ if code.is_word("UNTIL") && self.blocks.last() == Some(&Block::Repeat) => {
                self.blocks.pop();
                (Block::Until, false)
            }
            _ if code.is_word("IF") => (Block::If, false),
            _ if code.is_word("CASE") => (Block::Case, false),
            _ if code.is_any_word(&["WHILE", "FOR"]) => (Block::BeforeDo, false),
            _ => return,
        };
        self.blocks.push(block);
        self.fresh = fresh;
    }

    /// Takes a word within a statement.
    fn go_on(&mut self, code: &Code<'_>) {
        let innermost = self.blocks.last().copied();
        match innermost {
            Some(Block::CaseExpression | Block::Until) if code.is_word("END") && !self.operand_expected() => {
                self.close()
            }
            Some(Block::If | Block::Case) if code.is_any_word(&["THEN", "ELSE"]) => self.fresh = true,
            Some(Block::BeforeDo) if code.is_word("DO") => {
                self.blocks.pop();
                self.blocks.push(Block::AfterDo);
                self.fresh = true;
            }
            _ if code.is_word("CASE") && !self.after("END") => self.blocks.push(Block::CaseExpression),
            _ if code.is_word("ATOMIC") && self.after("NOT") => self.fresh = true,
            _ => {}
        }
    }

    fn close(&mut self) {
        self.label = false;
        self.blocks.pop();
        if self.blocks.is_empty() {
            self.stage = Stage::Rest;
        }
    }

    /// Follows DECLARE ... HANDLER; true when this token begins the handler's statement.
    fn handler_statement_begins(&mut self, code: &Code<'_>) -> bool {
        self.handler = match self.handler {
            Handler::No => return false,
            Handler::Declare => Handler::Action,
            Handler::Action if code.is_word("HANDLER") => Handler::Word,
            Handler::Word if code.is_word("FOR") => Handler::Condition,
            Handler::Condition if code.is_any_word(&["SQLSTATE", "VALUE", "NOT"]) => Handler::Condition,
            Handler::Condition => Handler::AfterCondition,
            Handler::AfterCondition if code.is_punctuation(",") => Handler::Condition,
            Handler::AfterCondition => {
                self.handler = Handler::No;
                return true;
            }
            Handler::Action | Handler::Word => Handler::No,
        };
        false
    }

    fn after(&self, word: &str) -> bool {
        self.previous.is_some_and(|previous| previous.is_word(word))
    }

    fn after_mark(&self, mark: &str) -> bool {
        self.previous.is_some_and(|previous| previous.is_punctuation(mark))
    }

    fn operand_expected(&self) -> bool {
        self.previous.is_some_and(|previous| match previous.kind {
            TokenKind::Punctuation => previous.text != ")",
            _ => previous.is_any_word(&BEFORE_OPERAND),
        })
    }
}

fn depth_after(depth: usize, code: &Code<'_>) -> usize {
    match code {
        _ if code.is_punctuation("(") => depth + 1,
        _ if code.is_punctuation(")") => depth.saturating_sub(1),
        _ => depth,
    }
}
