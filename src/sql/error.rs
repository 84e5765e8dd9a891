//! What is wrong with a script, where, and what to do about it. The file's name is the caller's to add.

use super::position::line_and_column;

/// A script that cannot be taken, and the place where that shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The byte offset into the text that was given.
    pub offset: usize,
    /// What is wrong.
    pub kind: ScriptErrorKind,
}

/// What can be wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptErrorKind {
    /// Something begins here and never ends.
    #[error("{0} begins here and does not end")]
    Unterminated(Construct),
    /// A NUL character, where SQLite would silently stop reading.
    #[error("a NUL character in the script")]
    NulCharacter,
    /// A command of psql or of the mysql client, which no server understands.
    #[error("`{0}` is a command of the database's own client, not SQL")]
    ClientCommand(String),
    /// One of the two lines that pg_dump puts around a dump for psql.
    #[error("`{0}` is a line that pg_dump wrote for psql, not SQL")]
    DumpRestriction(String),
    /// A command of the sqlite3 shell.
    #[error("`{0}` is a command of the sqlite3 shell, not SQL")]
    DotCommand(String),
    /// The mysql client's DELIMITER, where it means nothing.
    #[error("DELIMITER is a command of the mysql client, not SQL")]
    Delimiter,
    /// A DELIMITER that says nothing, or too much.
    #[error("DELIMITER {0}")]
    BadDelimiter(&'static str),
    /// Something stands between COPY ... FROM STDIN and its data.
    #[error("the data of COPY ... FROM STDIN begins on the line after its `;`, where more SQL stands in between")]
    BeforeCopyData,
    /// COPY ... TO STDOUT.
    #[error("COPY ... TO STDOUT has nobody to write to")]
    CopyToStdout,
    /// A statement that opens, ends or divides a transaction.
    #[error("`{0}` controls the transaction")]
    TransactionControl(&'static str),
    /// A statement that fails, or does nothing, inside a transaction.
    #[error("{0} inside a transaction")]
    OutsideTransactionOnly(&'static str),
    /// A statement that makes another database the current one.
    #[error("`{0}` would leave the branch's database")]
    LeavesDatabase(&'static str),
}

/// What can be left without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Construct {
    /// `'...'`
    #[error("a string")]
    String,
    /// `"..."`, `` `...` `` or `[...]`
    #[error("a quoted name")]
    QuotedIdentifier,
    /// `$tag$ ... $tag$`
    #[error("a dollar-quoted string")]
    DollarQuote,
    /// `/* ... */`
    #[error("a comment")]
    Comment,
    /// `/* ... /* ...`, where comments nest.
    #[error("a comment")]
    NestedComment,
    /// `BEGIN ... END`
    #[error("a body of statements")]
    Body,
    /// The parentheses around the statements of a rule.
    #[error("the parenthesis around a rule's statements")]
    RuleBody,
    /// What follows COPY ... FROM STDIN.
    #[error("a COPY with its data")]
    CopyData,
}

impl ScriptError {
    pub(super) fn at(text: &str, offset: usize, kind: ScriptErrorKind) -> Self {
        let (line, column) = line_and_column(text, offset);
        Self { line, column, offset, kind }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.kind.hint().map(str::to_owned)
    }
}

impl ScriptErrorKind {
    /// A stable name for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unterminated(_) => "unterminated",
            Self::NulCharacter => "nul_character",
            Self::ClientCommand(_) | Self::DumpRestriction(_) => "psql_meta_command",
            Self::DotCommand(_) => "dot_command",
            Self::Delimiter | Self::BadDelimiter(_) => "delimiter",
            Self::BeforeCopyData | Self::CopyToStdout => "copy_data",
            Self::TransactionControl(_) => "transaction_control",
            Self::OutsideTransactionOnly(_) => "outside_transaction_only",
            Self::LeavesDatabase(_) => "leaves_database",
        }
    }

    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unterminated(construct) => return construct.hint(),
            Self::NulCharacter => "remove it; if the file is UTF-16, save it as UTF-8",
            Self::ClientCommand(command) => client_command_hint(command),
            Self::DumpRestriction(_) => {
                "give it a line of its own between two statements, with nothing but its key, or delete it"
            }
            Self::DotCommand(_) => "write it as SQL (a PRAGMA, for settings), or leave it out",
            Self::Delimiter => "leave it out, and end each statement with `;`",
            Self::BadDelimiter(_) => "write it as in `DELIMITER //`, on a line of its own",
            Self::BeforeCopyData => "put it on a line of its own behind the data's end, which is the line \\.",
            Self::CopyToStdout => "leave it out, or write to a file of the server's",
            Self::TransactionControl("LOCK TABLES" | "UNLOCK TABLES") => {
                "leave it out: the branch is locked for the run already; mysqldump does without it by --skip-add-locks"
            }
            Self::TransactionControl(_) => "leave it out: branchline opens and commits the transaction itself",
            Self::OutsideTransactionOnly(_) => {
                "write `transaction = false` in revision.toml; each statement then commits by itself"
            }
            Self::LeavesDatabase(_) => "leave it out: a script runs in the database of its branch and in no other",
        })
    }
}

impl Construct {
    const fn hint(self) -> Option<&'static str> {
        match self {
            Self::String => Some("a quote inside a string is written twice: ''"),
            Self::QuotedIdentifier | Self::RuleBody => None,
            Self::DollarQuote => Some("it ends with the tag it began with, in the same letters"),
            Self::Comment => Some("close it with */"),
            Self::NestedComment => Some("comments nest here: each /* needs a */ of its own"),
            Self::Body => Some("close it with END, after the `;` of its last statement"),
            Self::CopyData => {
                Some("its data begins on the line after its `;`, and ends with a line that holds only \\.")
            }
        }
    }
}

fn client_command_hint(command: &str) -> &'static str {
    match command {
        "\\g" | "\\G" | "\\gx" => "end the statement with `;`",
        "\\gexec" => "build and run statements in a DO block with EXECUTE",
        "\\c" | "\\connect" | "\\u" => "leave it out: a script runs in the database of its branch and in no other",
        "\\i" | "\\ir" | "\\include" | "\\include_relative" | "\\." => "put the SQL of that file into the script",
        "\\copy" => "use INSERT, or COPY from a file that the server can read",
        _ => "only SQL reaches the database: leave the command out, or write it as SQL",
    }
}
