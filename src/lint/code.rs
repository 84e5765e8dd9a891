//! The codes of findings: stable names, what each is about, and how much it matters where nobody says otherwise.

use std::fmt;
use std::str::FromStr;

use crate::redact::value;
use crate::suggest::did_you_mean;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The script cannot run, or not as it is meant.
    Run,
    /// Data is lost.
    Loss,
    /// Others wait while it runs.
    Locks,
    /// Another database is involved.
    Databases,
    /// Revisions that do not fit together.
    Revisions,
    /// Rules of the house.
    House,
    /// What lint itself is told.
    Lint,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It stops an upgrade before the first statement.
    Error,
    /// It is shown.
    Warning,
}

impl Severity {
    /// The word for it, in texts and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What happens to findings of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// They are errors, and no file can make them less: the script would fail.
    Fixed,
    /// They are errors.
    Deny,
    /// They are warnings.
    Warn,
    /// They are not looked for.
    Allow,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $group:ident, $level:ident, $summary:literal;)*) => {
        /// The code of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $name,)*
        }

        impl Code {
            /// All of them, by group.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it is about.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* }
            }

            /// What happens to its findings where no file says otherwise.
            #[must_use]
            pub const fn default_level(self) -> Level {
                match self { $(Self::$name => Level::$level,)* }
            }

            /// What it finds, in a line.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary,)* }
            }
        }
    };
}

codes! {
    InvalidScript = "invalid_script", Run, Fixed, "a script that is not there, cannot be read or makes no sense";
    Unterminated = "unterminated", Run, Fixed, "a string, comment, name or body that does not end";
    NulCharacter = "nul_character", Run, Fixed, "a NUL character in a script";
    PsqlMetaCommand = "psql_meta_command", Run, Fixed, "a command of psql or of the mysql client";
    DotCommand = "dot_command", Run, Fixed, "a command of the sqlite3 shell";
    Delimiter = "delimiter", Run, Fixed, "a DELIMITER where it means nothing, or says nothing";
    CopyData = "copy_data", Run, Fixed, "a COPY whose data is not where it should be, or that writes to nobody";
    TransactionControl = "transaction_control", Run, Fixed, "a statement that opens, ends or divides the transaction";
    OutsideTransactionOnly = "outside_transaction_only", Run, Fixed,
        "a statement that fails, or does nothing, inside a transaction";
    LeavesDatabase = "leaves_database", Run, Fixed, "a statement that makes another database the current one";
    SessionState = "session_state", Run, Warn, "a setting of the session that is changed and not changed back";
    ServerState = "server_state", Run, Warn, "a setting of the whole server that is changed";
    LocalSetting = "local_setting", Run, Warn, "SET LOCAL where no transaction is open: it does nothing";
    NotNullWithoutDefault = "not_null_without_default", Run, Warn,
        "a column that must hold something, added without saying what: it fails where there are rows";
    NewEnumValueUsed = "new_enum_value_used", Run, Warn, "an enum value that is used in the transaction that adds it";

    DropTable = "drop_table", Loss, Warn, "a table that is dropped";
    DropColumn = "drop_column", Loss, Warn, "a column that is dropped";
    DropSchema = "drop_schema", Loss, Warn, "a schema or database, or all that a role owns, that is dropped";
    DropTypeCascade = "drop_type_cascade", Loss, Warn, "a type that is dropped with the columns that have it";
    DropPartition = "drop_partition", Loss, Warn, "the rows of a partition that are dropped";
    ReplaceTable = "replace_table", Loss, Warn, "a table that is replaced with its rows";
    Truncate = "truncate", Loss, Warn, "a table that is emptied";
    DeleteWithoutWhere = "delete_without_where", Loss, Warn, "DELETE without WHERE";
    UpdateWithoutWhere = "update_without_where", Loss, Warn, "UPDATE without WHERE of columns that were there before";
    DownDoesNotRestore = "down_does_not_restore", Loss, Warn,
        "a way down that leaves what the way up made, or does not bring back what it took away";

    IndexNotConcurrent = "index_not_concurrent", Locks, Warn, "an index that is built while writers wait";
    DropIndexNotConcurrent = "drop_index_not_concurrent", Locks, Warn, "an index that is dropped while all others wait";
    ConstraintNotValid = "constraint_not_valid", Locks, Warn, "a foreign key or check that reads all rows under a lock";
    UniqueBuildsIndex = "unique_builds_index", Locks, Warn, "a key that builds its index while all others wait";
    SetNotNull = "set_not_null", Locks, Warn, "SET NOT NULL, which reads all rows while all others wait";
    ColumnTypeChange = "column_type_change", Locks, Warn, "a type change that writes the table anew while all others wait";
    VolatileDefault = "volatile_default", Locks, Warn, "a new column whose default differs from row to row";
    StoredColumn = "stored_column", Locks, Warn, "a new computed column that is stored in every row";
    TableRewrite = "table_rewrite", Locks, Warn, "a change that writes the whole table anew";
    ExclusiveLock = "exclusive_lock", Locks, Warn, "a statement that keeps all others out while it works";
    BackfillUnderLock = "backfill_under_lock", Locks, Warn,
        "all rows of a table written in the transaction that has altered it";
    CopyingAlter = "copying_alter", Locks, Warn, "an ALTER TABLE that copies the table while writers wait";
    RenameTable = "rename_table", Locks, Warn, "a table that is renamed under running clients";
    RenameColumn = "rename_column", Locks, Warn, "a column that is renamed under running clients";

    ReferencesOtherBranch = "references_other_branch", Databases, Deny, "a foreign key to a table of another branch";
    OtherDatabase = "other_database", Databases, Deny, "a name in another database of the server";
    RemoteAccess = "remote_access", Databases, Deny, "a door to another database: dblink, foreign servers, ATTACH";
    WrongBranch = "wrong_branch", Databases, Warn, "a table that another branch has, or is said to have";
    ReferenceColumn = "reference_column", Databases, Warn, "a declared reference from or to a column that no revision makes";
    EndsNoReference = "ends_no_reference", Databases, Warn, "an `[[end_reference]]` of a reference that does not live there";
    ReferenceTypes = "reference_types", Databases, Warn, "a declared reference whose ends differ in type";
    ReferenceIndex = "reference_index", Databases, Warn, "a declared reference whose referring column has no index";

    MadeTwice = "made_twice", Revisions, Warn, "a thing that two revisions make";
    GoneTwice = "gone_twice", Revisions, Warn, "a thing that two revisions drop or rename";
    NeverDropped = "never_dropped", Revisions, Warn, "a thing that no way down drops";
    Irreversible = "irreversible", Revisions, Warn, "a portable step that has no way down";

    MixedKeyTypes = "mixed_key_types", House, Warn, "a primary key of another type than those of the branch's other tables";
    TimestampWithoutTimeZone = "timestamp_without_time_zone", House, Warn, "a point in time without a time zone";
    VectorDimensions = "vector_dimensions", House, Warn,
        "a vector column whose dimensions differ from its index, its check or its neighbours";
    NotIdempotent = "not_idempotent", House, Allow, "a statement that fails where it has run before";

    UnknownCode = "unknown_code", Lint, Warn, "a comment that allows a code which there is not";
    UnusedAllowance = "unused_allowance", Lint, Warn, "a comment that allows what is not found there";
}

impl Code {
    /// Whether a file may say that its findings are no errors.
    #[must_use]
    pub fn can_be_allowed(self) -> bool {
        self.default_level() != Level::Fixed
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no finding called `{}`", value(text))]
pub struct NoSuchCode {
    /// The text.
    pub text: String,
    /// The nearest codes.
    pub hint: Option<String>,
}

impl FromStr for Code {
    type Err = NoSuchCode;

    fn from_str(text: &str) -> Result<Self, NoSuchCode> {
        Self::ALL.iter().copied().find(|code| code.name() == text).ok_or_else(|| NoSuchCode {
            text: text.to_owned(),
            hint: did_you_mean(text, Self::ALL.iter().map(|code| code.name())),
        })
    }
}
