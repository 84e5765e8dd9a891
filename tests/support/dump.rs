//! A database's schema as canonical text, to be compared with what it was before: tables with columns in order, indexes,
//! constraints, comments, triggers and views; never Branchline's own tables.

use super::{Engine, TestDatabase};

/// One line a thing.
pub fn schema(database: &TestDatabase) -> Vec<String> {
    match database.engine() {
        Engine::Postgres => postgres(database),
        Engine::Mariadb => mariadb(database),
        Engine::Sqlite => sqlite(database),
    }
}

/// How many tables and foreign keys the database holds.
pub fn tables_and_foreign_keys(database: &TestDatabase) -> (usize, usize) {
    let lines = schema(database);
    let count = |kind: &str| {
        let is_of_kind = |line: &&String| line.split(": ").nth(1).is_some_and(|rest| rest.starts_with(kind));
        lines.iter().filter(is_of_kind).count()
    };
    (count("table"), count("foreign key"))
}

/// Rows of texts, joined; NULL is left out.
fn joined(database: &TestDatabase, sql: &str) -> Vec<String> {
    database.query_strings(sql).into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect()
}

fn postgres(database: &TestDatabase) -> Vec<String> {
    let in_public = "relnamespace = 'public'::regnamespace AND relname NOT LIKE 'branchline\\_%'";
    let mut lines = Vec::new();
    for sql in [
        format!(
            "SELECT relname || ': table', obj_description(oid) FROM pg_class WHERE relkind IN ('r', 'p') AND {in_public}"
        ),
        format!(
            "SELECT c.relname || ': column ' || row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname, \
             format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, \
             'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''), \
             'generated ' || nullif(a.attgenerated::text, ''), 'comment ' || col_description(c.oid, a.attnum) \
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {in_public} ORDER BY c.relname, a.attnum"
        ),
        format!(
            "SELECT t.relname || ': index', pg_get_indexdef(x.indexrelid), CASE WHEN x.indisvalid THEN 'valid' END \
             FROM pg_index x JOIN (SELECT oid, relname FROM pg_class WHERE {in_public}) t ON t.oid = x.indrelid"
        ),
        format!(
            "SELECT relname || ': ' || CASE contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' WHEN 'p' \
             THEN 'primary key' WHEN 'u' THEN 'unique' ELSE contype::text END, conname, pg_get_constraintdef(n.oid) \
             FROM pg_constraint n JOIN pg_class t ON t.oid = n.conrelid WHERE {in_public}"
        ),
        format!(
            "SELECT relname || ': trigger', pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid \
             WHERE NOT g.tgisinternal AND {in_public}"
        ),
        format!(
            "SELECT relname || ': view', pg_get_viewdef(oid) FROM pg_class WHERE relkind IN ('v', 'm') AND {in_public}"
        ),
        format!("SELECT relname || ': sequence' FROM pg_class WHERE relkind = 'S' AND {in_public}"),
        "SELECT t.typname || ': enum', string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_type t \
         JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = 'public'::regnamespace GROUP BY t.typname"
            .to_owned(),
    ] {
        lines.extend(joined(database, &sql));
    }
    lines.sort();
    lines
}

/// `SHOW CREATE TABLE` tells all there is; the order of the columns matters, that of the keys does not.
fn mariadb(database: &TestDatabase) -> Vec<String> {
    let mut lines = Vec::new();
    for row in database.query_strings(
        "SELECT CAST(TABLE_NAME AS CHAR) FROM information_schema.TABLES WHERE TABLE_SCHEMA = database() \
         AND TABLE_NAME NOT LIKE 'branchline\\_%' ORDER BY TABLE_NAME",
    ) {
        let name = row[0].clone().expect("a table has a name");
        let shown = database.query_strings(&format!("SHOW CREATE TABLE `{}`", name.replace('`', "``")));
        let definition = shown[0][1].clone().expect("a table has a definition");
        let mut position = 0;
        for line in definition.lines() {
            let line = line.trim().trim_end_matches(',');
            let thing = if line.starts_with("CREATE ") {
                "table".to_owned()
            } else if line.starts_with(')') {
                format!("options {}", without_counter(line))
            } else if line.contains(" FOREIGN KEY ") {
                format!("foreign key {line}")
            } else if line.starts_with('`') {
                position += 1;
                format!("column {position} {line}")
            } else {
                format!("key {line}")
            };
            lines.push(format!("{name}: {thing}"));
        }
    }
    lines.extend(joined(
        database,
        "SELECT CONCAT(EVENT_OBJECT_TABLE, ': trigger'), TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT \
         FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = database()",
    ));
    lines.sort();
    lines
}

/// `AUTO_INCREMENT=5` counts rows, and is no part of the schema.
fn without_counter(options: &str) -> String {
    options.split(' ').filter(|option| !option.starts_with("AUTO_INCREMENT=")).collect::<Vec<_>>().join(" ")
}

/// From the pragmas, not from the text of CREATE TABLE: a rebuilt table is the same in other words. Only checks are read
/// from the text, since no pragma tells them.
fn sqlite(database: &TestDatabase) -> Vec<String> {
    let mut lines = Vec::new();
    for row in database.query_strings(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND tbl_name NOT LIKE 'branchline\\_%' ESCAPE '\\' ORDER BY type, name",
    ) {
        let [kind, name, table, sql] = row.as_slice() else { panic!("four columns") };
        let (kind, name, table) = (kind.as_deref().unwrap(), name.as_deref().unwrap(), table.as_deref().unwrap());
        let sql = sql.as_deref().unwrap_or_default();
        match kind {
            "table" => lines.extend(sqlite_table(database, name, sql)),
            "index" => {
                let predicate =
                    sql.to_uppercase().rfind(" WHERE ").map(|place| spaced(&sql[place..])).unwrap_or_default();
                lines.push(format!("{table}: index {name} predicate {predicate}"));
            }
            _ => lines.push(format!("{table}: {kind} {name} {}", spaced(sql))),
        }
    }
    lines.sort();
    lines
}

fn sqlite_table(database: &TestDatabase, name: &str, sql: &str) -> Vec<String> {
    let literal = format!("'{}'", name.replace('\'', "''"));
    let options: String = sql.rsplit(')').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let autoincrement = if sql.to_uppercase().contains("AUTOINCREMENT") { " autoincrement" } else { "" };
    let mut lines = vec![format!("{name}: table {options}{autoincrement}")];
    let mut add = |kind: &str, sql: String| {
        lines.extend(joined(database, &sql).into_iter().map(|line| format!("{name}: {kind} {line}")));
    };
    add(
        "column",
        format!(
            "SELECT cid, name, type, iif(\"notnull\", 'not null', 'null'), 'default ' || dflt_value, \
             iif(pk, 'key ' || pk, NULL), iif(hidden, 'hidden ' || hidden, NULL) FROM pragma_table_xinfo({literal})"
        ),
    );
    // The names of the indexes that SQLite makes for constraints carry a number which depends on the order of the text.
    add(
        "index columns",
        format!(
            "SELECT iif(l.origin = 'c', l.name, 'constraint ' || l.origin), iif(l.\"unique\", 'unique', 'plain'), \
             iif(l.partial, 'partial', NULL), (SELECT group_concat(coalesce(x.name, 'expression') || ' ' || x.coll || \
             iif(x.\"desc\", ' desc', ''), ', ') FROM pragma_index_xinfo(l.name) x WHERE x.key) \
             FROM pragma_index_list({literal}) l"
        ),
    );
    add(
        "foreign key",
        format!(
            "SELECT group_concat(\"from\", ', '), 'to', \"table\", group_concat(\"to\", ', '), on_delete, on_update, match \
             FROM pragma_foreign_key_list({literal}) GROUP BY id"
        ),
    );
    lines.extend(checks(sql).into_iter().map(|check| format!("{name}: check {check}")));
    lines
}

/// The expressions of CHECK (...) in a CREATE TABLE.
fn checks(sql: &str) -> Vec<String> {
    let upper = sql.to_ascii_uppercase();
    let mut found = Vec::new();
    for (place, _) in upper.match_indices("CHECK") {
        let Some(open) = sql[place..].find('(').map(|offset| place + offset) else { continue };
        if !sql[place + "CHECK".len()..open].trim().is_empty() {
            continue;
        }
        let mut depth = 0;
        let mut quoted = false;
        for (offset, character) in sql[open..].char_indices() {
            match character {
                '\'' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                found.push(spaced(&sql[open..=open + offset]));
                break;
            }
        }
    }
    found
}

fn spaced(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
