//! What a statement is about, from its first word.

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        /// The word that a statement begins with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = concat!("`", $word, "`")] $name,)*
            /// Anything else.
            Other,
        }

        impl Verb {
            /// The verb of a statement's first word.
            #[must_use]
            pub fn of_word(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($word) { return Self::$name; })*
                Self::Other
            }
        }
    };
}

verbs! {
    Insert = "INSERT",
    Create = "CREATE",
    Alter = "ALTER",
    Drop = "DROP",
    Update = "UPDATE",
    Delete = "DELETE",
    Select = "SELECT",
    With = "WITH",
    Set = "SET",
    Comment = "COMMENT",
    Truncate = "TRUNCATE",
    Rename = "RENAME",
    Grant = "GRANT",
    Revoke = "REVOKE",
    Merge = "MERGE",
    Replace = "REPLACE",
    Copy = "COPY",
    Call = "CALL",
    Do = "DO",
    Pragma = "PRAGMA",
    Use = "USE",
    Begin = "BEGIN",
    Start = "START",
    Commit = "COMMIT",
    End = "END",
    Rollback = "ROLLBACK",
    Abort = "ABORT",
    Savepoint = "SAVEPOINT",
    Release = "RELEASE",
    Vacuum = "VACUUM",
    Analyze = "ANALYZE",
    Reindex = "REINDEX",
    Refresh = "REFRESH",
    Cluster = "CLUSTER",
    Lock = "LOCK",
    Attach = "ATTACH",
    Detach = "DETACH",
    Explain = "EXPLAIN",
}
