//! What a statement does beyond tables and their rows that matters where it runs: to the session, to the server, to other
//! databases, to those who wait.

use super::effect::ObjectName;
use super::pattern::begins;
use super::token::{Code, TokenKind};
use super::verb::Verb;
use super::words::Words;
use crate::dialect::Dialect;

/// Something to be known of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A setting of the session is changed, and stays so.
    SetsSession(String),
    /// A setting of the session gets back what it was.
    RestoresSession(String),
    /// SET LOCAL: changed until the transaction ends.
    SetsLocal(String),
    /// A setting of the whole server is changed.
    SetsServer(String),
    /// UPDATE without WHERE, and the columns that it sets.
    UpdatesAllRows(Vec<String>),
    /// It reaches a database that is not this one, by these words.
    ReachesOut(String),
    /// It keeps others out of tables while it works.
    KeepsOut(KeepsOut),
    /// ALTER TYPE ... ADD VALUE, and the value.
    AddsEnumValue(String),
}

/// A statement that keeps others out while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepsOut {
    /// The words of it.
    pub words: &'static str,
    /// The tables, views or indexes; none where it is all of them.
    pub of: Vec<ObjectName>,
    /// Those who only read need not wait.
    pub readers_go_on: bool,
}

/// Whether a statement does nothing but set something that lasts as long as its session.
#[must_use]
pub fn sets_session(dialect: Dialect, statement: &str) -> bool {
    let Some(Ok(found)) = super::scan::Statements::new(dialect, statement).next() else { return false };
    let codes: Vec<_> = super::pattern::code(dialect, statement, found.range.clone()).collect();
    let words = Words::new(dialect, &codes);
    let of_server = |remark: &Remark| matches!(remark, Remark::SetsServer(_));
    match found.verb {
        Verb::Set => !begins(&codes, "SET PASSWORD") && !remarks(&words, found.verb).iter().any(of_server),
        Verb::Pragma | Verb::Select => {
            remarks(&words, found.verb).iter().any(|remark| matches!(remark, Remark::SetsSession(_)))
        }
        _ => false,
    }
}

/// What there is to be known of a statement.
pub(super) fn remarks(words: &Words<'_>, verb: Verb) -> Vec<Remark> {
    let mut remarks = Vec::new();
    match verb {
        Verb::Set => set(words.clone(), &mut remarks),
        Verb::Select | Verb::With => set_config(words, &mut remarks),
        Verb::Pragma => pragma(words.clone(), &mut remarks),
        Verb::Update => remarks.extend(updates_all_rows(words.clone())),
        Verb::Alter => alter_system(words.clone(), &mut remarks),
        Verb::Other => other(words.clone(), &mut remarks),
        _ => {}
    }
    remarks.extend(keeps_out(words, verb).map(Remark::KeepsOut));
    remarks.extend(adds_enum_value(words.clone()));
    remarks.extend(reaches_out(words, verb).map(Remark::ReachesOut));
    remarks
}

/// `SET name = value`, `SET SESSION name TO value`, `SET @@global.name = 1, name = 2`.
fn set(mut words: Words<'_>, remarks: &mut Vec<Remark>) {
    words.take("SET");
    // The constraints of the transaction, and the transaction itself.
    if words.clone().take_any(&["CONSTRAINTS", "TRANSACTION", "SESSION CHARACTERISTICS"]) {
        return;
    }
    if !words.is_mysql() {
        let is_local = words.take("LOCAL");
        words.take("SESSION");
        let name = match &words {
            _ if words.take("TIME ZONE") => Some("timezone".to_owned()),
            _ if words.take("AUTHORIZATION") => Some("session authorization".to_owned()),
            _ => dotted(&mut words),
        };
        let Some(name) = name else { return };
        words.take("TO");
        words.take_punctuation("=");
        remarks.push(if is_local {
            Remark::SetsLocal(name)
        } else if words.take("DEFAULT") {
            Remark::RestoresSession(name)
        } else {
            Remark::SetsSession(name)
        });
        return;
    }
    for mut item in words.items() {
        mysql_set(&mut item, remarks);
    }
}

fn mysql_set(item: &mut Words<'_>, remarks: &mut Vec<Remark>) {
    if item.take_any(&["NAMES", "CHARACTER SET", "CHARSET"]) {
        let restores = item.take("DEFAULT") || is_user_variable(item);
        let name = "names".to_owned();
        remarks.push(if restores { Remark::RestoresSession(name) } else { Remark::SetsSession(name) });
        return;
    }
    // `SET STATEMENT name = value FOR ...` holds for that statement; a password and a default role are no settings.
    if item.take_any(&["STATEMENT", "PASSWORD", "DEFAULT ROLE"]) || is_user_variable(item) {
        return;
    }
    if item.take("GLOBAL TRANSACTION") {
        remarks.push(Remark::SetsServer("transaction isolation".to_owned()));
        return;
    }
    let is_system = item.take_punctuation("@") && item.take_punctuation("@");
    let of_server = item.take_any(&["GLOBAL", "PERSIST", "PERSIST_ONLY"]);
    item.take_any(&["SESSION", "LOCAL"]);
    if is_system {
        item.take_punctuation(".");
    }
    let Some(name) = dotted(item) else { return };
    item.take_punctuation(":");
    if !item.take_punctuation("=") {
        return;
    }
    let restores = item.take("DEFAULT") || is_user_variable(item);
    remarks.push(if of_server {
        Remark::SetsServer(name)
    } else if restores {
        Remark::RestoresSession(name)
    } else {
        Remark::SetsSession(name)
    });
}

/// `@name`, which is no `@@name`: dumps keep in one what a setting was.
fn is_user_variable(words: &Words<'_>) -> bool {
    let mut ahead = words.clone();
    ahead.take_punctuation("@") && !ahead.take_punctuation("@")
}

fn dotted(words: &mut Words<'_>) -> Option<String> {
    let name = words.name()?;
    Some(name.to_string().to_lowercase())
}

/// `SELECT set_config('name', 'value', false)`.
fn set_config(words: &Words<'_>, remarks: &mut Vec<Remark>) {
    for (at, code) in words.rest().iter().enumerate() {
        if !code.is_word("set_config") {
            continue;
        }
        let mut call = Words::new(words.dialect, &words.rest()[at + 1..]);
        let Some(group) = call.group() else { continue };
        let items = group.items();
        let [name, _, local] = items.as_slice() else { continue };
        let name = name.peek().map(|code| code.text.trim_matches('\'').to_lowercase()).unwrap_or_default();
        let is_local = local.peek().is_some_and(|code| code.is_word("true"));
        remarks.push(if is_local { Remark::SetsLocal(name) } else { Remark::SetsSession(name) });
    }
}

/// `PRAGMA name = value`; what SQLite keeps in the file, or only asks, changes no session.
fn pragma(mut words: Words<'_>, remarks: &mut Vec<Remark>) {
    const OF_THE_FILE: &[&str] =
        &["user_version", "application_id", "journal_mode", "auto_vacuum", "page_size", "encoding", "schema_version"];
    const ASKS: &[&str] = &[
        "foreign_key_check",
        "foreign_key_list",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "optimize",
        "wal_checkpoint",
        "incremental_vacuum",
    ];
    words.take("PRAGMA");
    let Some(name) = words.name() else { return };
    let changes = words.take_punctuation("=") || words.take_punctuation("(");
    let stays = OF_THE_FILE.iter().chain(ASKS).any(|other| name.name == **other);
    if changes && !stays {
        remarks.push(Remark::SetsSession(name.name));
    }
}

/// PostgreSQL: `ALTER SYSTEM SET name = value`, `ALTER SYSTEM RESET name`.
fn alter_system(mut words: Words<'_>, remarks: &mut Vec<Remark>) {
    if words.dialect == Dialect::Postgres && words.take("ALTER SYSTEM") && words.take_any(&["SET", "RESET"]) {
        remarks.extend(dotted(&mut words).map(Remark::SetsServer));
    }
}

/// RESET.
fn other(mut words: Words<'_>, remarks: &mut Vec<Remark>) {
    if words.take("RESET") {
        remarks.extend(dotted(&mut words).map(Remark::RestoresSession));
    }
}

/// The columns that an UPDATE without WHERE sets.
fn updates_all_rows(words: Words<'_>) -> Option<Remark> {
    if words.clone().take_past(&["WHERE"]) || words.clone().take_past(&["LIMIT"]) {
        return None;
    }
    let mut set = words;
    if !set.take_past(&["SET"]) {
        return None;
    }
    let columns = set.items().into_iter().filter_map(|mut item| {
        let name = item.name()?;
        item.peek().is_some_and(|code| code.is_punctuation("=")).then_some(name.name)
    });
    Some(Remark::UpdatesAllRows(columns.collect()))
}

fn keeps_out(words: &Words<'_>, verb: Verb) -> Option<KeepsOut> {
    if words.dialect != Dialect::Postgres {
        return None;
    }
    let mut words = words.clone();
    words.next();
    match verb {
        Verb::Cluster => cluster(words),
        Verb::Vacuum => vacuum(words),
        Verb::Reindex => reindex(words),
        Verb::Lock => lock(words),
        Verb::Refresh => refresh(words),
        _ => None,
    }
}

fn kept_out(words: &'static str, of: Vec<ObjectName>) -> Option<KeepsOut> {
    Some(KeepsOut { words, of, readers_go_on: false })
}

/// Whether one of the options in parentheses is said, and not switched off.
fn has_option(options: &Words<'_>, name: &str) -> bool {
    options.items().into_iter().any(|mut option| {
        option.take(name) && !option.peek().is_some_and(|value| ["false", "off", "0"].iter().any(|off| value.is(off)))
    })
}

/// `CLUSTER t USING i`, `CLUSTER (VERBOSE) t`, `CLUSTER i ON t`; without a name, all tables that were clustered before.
fn cluster(mut words: Words<'_>) -> Option<KeepsOut> {
    words.group();
    words.take("VERBOSE");
    let first = words.name();
    let table = if words.take("ON") { words.name() } else { first };
    kept_out("CLUSTER", table.into_iter().collect())
}

/// `VACUUM FULL t`, `VACUUM (FULL, ANALYZE) t`.
fn vacuum(mut words: Words<'_>) -> Option<KeepsOut> {
    let full = match words.group() {
        Some(options) => has_option(&options, "FULL"),
        None => words.take("FULL"),
    };
    while words.take_any(&["FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"]) {}
    let tables = words.items().into_iter().filter_map(|mut item| item.name()).collect();
    if full { kept_out("VACUUM FULL", tables) } else { None }
}

/// `REINDEX (VERBOSE) TABLE t`. Writers of the table wait for its lock, and readers for the one of the index.
fn reindex(mut words: Words<'_>) -> Option<KeepsOut> {
    let options = words.group();
    words.take_any(&["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"]);
    let concurrently = words.take("CONCURRENTLY") || options.is_some_and(|all| has_option(&all, "CONCURRENTLY"));
    if concurrently { None } else { kept_out("REINDEX", words.name().into_iter().collect()) }
}

/// `LOCK TABLE a, b IN SHARE MODE NOWAIT`.
fn lock(mut words: Words<'_>) -> Option<KeepsOut> {
    words.take("TABLE");
    let mut of = Vec::new();
    loop {
        words.take("ONLY");
        of.push(words.name()?);
        words.take_punctuation("*");
        if !words.take_punctuation(",") {
            break;
        }
    }
    let readers_go_on = words.take("IN") && !words.take("ACCESS EXCLUSIVE");
    if readers_go_on && !words.take_any(&["EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE MODE"]) {
        return None;
    }
    Some(KeepsOut { words: "LOCK TABLE", of, readers_go_on })
}

/// `REFRESH MATERIALIZED VIEW v`; without data there is nothing to wait for.
fn refresh(mut words: Words<'_>) -> Option<KeepsOut> {
    if !words.take("MATERIALIZED VIEW") || words.take("CONCURRENTLY") {
        return None;
    }
    let view = words.name()?;
    if words.take("WITH NO DATA") { None } else { kept_out("REFRESH MATERIALIZED VIEW", vec![view]) }
}

fn adds_enum_value(mut words: Words<'_>) -> Option<Remark> {
    if words.dialect != Dialect::Postgres || !words.take("ALTER TYPE") {
        return None;
    }
    words.name()?;
    if !words.take("ADD VALUE") {
        return None;
    }
    words.take("IF NOT EXISTS");
    let value = words.peek().filter(|code| code.kind == TokenKind::String)?;
    Some(Remark::AddsEnumValue(value.text.to_owned()))
}

/// Functions that ask another database.
const REMOTE_CALLS: &[&str] = &[
    "dblink",
    "dblink_exec",
    "dblink_connect",
    "dblink_connect_u",
    "dblink_open",
    "dblink_send_query",
    "postgres_fdw_get_connections",
];

/// Ways to begin a statement that makes a door to another database.
const DOORS: &[(&str, &str)] = &[
    ("CREATE OR? REPLACE? SERVER", "CREATE SERVER"),
    ("ALTER SERVER", "ALTER SERVER"),
    ("CREATE FOREIGN TABLE", "CREATE FOREIGN TABLE"),
    ("CREATE USER MAPPING", "CREATE USER MAPPING"),
    ("CREATE SUBSCRIPTION", "CREATE SUBSCRIPTION"),
    ("IMPORT FOREIGN SCHEMA", "IMPORT FOREIGN SCHEMA"),
    ("ATTACH", "ATTACH"),
];

/// Storage engines whose rows are kept elsewhere.
const REMOTE_ENGINES: &[&str] = &["FEDERATED", "FEDERATEDX", "SPIDER"];

/// Kinds of tables of MariaDB's engine CONNECT that are another database's; the others are files.
const REMOTE_CONNECTIONS: &[&str] = &["MYSQL", "ODBC", "JDBC", "MONGO"];

fn reaches_out(words: &Words<'_>, verb: Verb) -> Option<String> {
    let codes = words.rest();
    if let Some((_, says)) = DOORS.iter().find(|(pattern, _)| begins(codes, pattern)) {
        // A partition is attached by ALTER TABLE; that is another verb.
        let stays = codes.iter().any(|code| code.is_word("file_fdw"))
            || codes.iter().any(|code| matches!(code.text, "':memory:'" | "''"));
        return (!stays).then(|| (*says).to_owned());
    }
    if words.is_mysql() {
        return remote_engine(words);
    }
    // What is only named or defined here is run by others.
    let runs = match verb {
        Verb::Create => {
            begins(codes, "CREATE OR? REPLACE? TEMP|TEMPORARY? RECURSIVE? MATERIALIZED? VIEW")
                || begins(codes, "CREATE GLOBAL|LOCAL? TEMP|TEMPORARY|UNLOGGED? TABLE")
        }
        Verb::Copy => codes.get(1).is_some_and(|code| code.is_punctuation("(")),
        verb => matches!(
            verb,
            Verb::Select | Verb::With | Verb::Insert | Verb::Update | Verb::Delete | Verb::Merge | Verb::Explain
        ),
    };
    let call = (0..codes.len()).find(|&at| is_remote_call(codes, at));
    let call = call.filter(|_| runs && words.dialect == Dialect::Postgres)?;
    Some(format!("{}()", codes[call].text))
}

fn remote_engine(words: &Words<'_>) -> Option<String> {
    if !begins(words.rest(), "CREATE OR? REPLACE? TEMPORARY? TABLE") {
        return None;
    }
    let option = |name: &str| {
        let mut option = words.clone();
        let is_there = option.take_past(&[name]);
        option.take_punctuation("=");
        let value = option.peek().filter(|_| is_there)?;
        Some(value.text.trim_matches(['\'', '"', '`']).to_uppercase())
    };
    let engine = option("ENGINE")?;
    let connects =
        engine == "CONNECT" && option("TABLE_TYPE").is_some_and(|kind| REMOTE_CONNECTIONS.contains(&kind.as_str()));
    (connects || REMOTE_ENGINES.contains(&engine.as_str())).then(|| format!("ENGINE = {engine}"))
}

/// Whether a function that asks another database is called here: a table may have the same name, and columns behind it.
fn is_remote_call(codes: &[Code<'_>], at: usize) -> bool {
    if !codes[at].is_any_word(REMOTE_CALLS) || !codes.get(at + 1).is_some_and(|next| next.is_punctuation("(")) {
        return false;
    }
    let is_qualified = at >= 2 && codes[at - 1].is_punctuation(".");
    let before = if is_qualified { at.checked_sub(3) } else { at.checked_sub(1) };
    !before.is_some_and(|before| codes[before].is_any_word(&["TABLE", "EXISTS", "INTO", "VIEW", "REFERENCES", "ON"]))
}
