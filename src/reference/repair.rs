//! The SQL that would repair orphans, by policy, as text for people: nothing here runs it.
//!
//! Which keys are orphans only a check knows, which has seen both databases; so they go into a temporary table first. All names are
//! quoted, and no value stands in the text.

use super::known::Known;
use crate::dialect::Dialect;
use crate::revision::{OnDelete, ReferenceTo, TablePath};

/// The SQL for one reference, with comments that say what to do first.
#[must_use]
pub fn repair(known: &Known, dialect: Dialect) -> String {
    let quoted = |name: &str| dialect.quoted(name);
    let TablePath { schema, table } = &known.from.table;
    let name = quoted(table);
    let path = schema.as_ref().map_or_else(|| name.clone(), |schema| format!("{}.{name}", quoted(schema)));
    let mut columns: Vec<String> = known.from.columns.iter().map(|column| quoted(column)).collect();
    let nulled: Vec<String> = columns.iter().map(|column| format!("{column} = NULL")).collect();
    if let ReferenceTo::Polymorphic { by, .. } = &known.to {
        columns.extend(by.columns.iter().map(|column| quoted(column)));
    }
    let same: Vec<String> = columns.iter().map(|column| format!("orphan.{column} = {name}.{column}")).collect();
    let mut condition = format!("EXISTS (SELECT 1 FROM branchline_orphans AS orphan WHERE {})", same.join(" AND "));
    if let Some(when) = &known.when {
        condition = format!("({when}) AND {condition}");
    }
    let listed = format!(
        "-- Keys: `branchline references check {} --orphans orphans.csv` writes them, in the column key.\n\
         CREATE TEMPORARY TABLE branchline_orphans AS SELECT {} FROM {path} WHERE 1 = 0;\n\
         -- INSERT INTO branchline_orphans VALUES (...); a row an orphaned key\n",
        one_line(&known.from.to_string()),
        columns.join(", ")
    );
    match known.on_delete {
        OnDelete::Ignore => "-- on_delete = \"ignore\": orphans are meant to stay.".to_owned(),
        OnDelete::Restrict => format!(
            "{listed}-- on_delete = \"restrict\": no parent should have gone. Look at the rows, and restore the parents or decide \
             for each.\nSELECT * FROM {path} WHERE {condition};"
        ),
        OnDelete::Cascade => format!("{listed}DELETE FROM {path} WHERE {condition};"),
        OnDelete::SetNull => format!("{listed}UPDATE {path} SET {} WHERE {condition};", nulled.join(", ")),
    }
}

/// A name in a comment must not end it.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::repair;
    use crate::dialect::Dialect;
    use crate::reference::{Known, RecordedReference};

    fn said(dialect: Dialect, from: &str, declared: &str, on_delete: &str) -> String {
        let row = RecordedReference {
            id: crate::revision::Checksum::of(from),
            from: from.to_owned(),
            since: "1".parse().unwrap(),
            declared: declared.to_owned(),
            on_delete: on_delete.to_owned(),
            checked_at: None,
            check_result: None,
        };
        let repaired = repair(&Known::recorded(&"specs".parse().unwrap(), &row).unwrap(), dialect);
        repaired.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn by_policy_and_dialect() {
        let one = r#"{"to":"auth:users.id","when":"kind = 'u'"}"#;
        insta::assert_snapshot!(said(Dialect::Postgres, "app.pro\"jects.user_id", one, "cascade"), @r#"
        CREATE TEMPORARY TABLE branchline_orphans AS SELECT "user_id" FROM "app"."pro""jects" WHERE 1 = 0;
        DELETE FROM "app"."pro""jects" WHERE (kind = 'u') AND EXISTS (SELECT 1 FROM branchline_orphans AS orphan WHERE orphan."user_id" = "pro""jects"."user_id");
        "#);
        let several = r#"{"by":"logs.kind","to":{"user":"auth:users.id"}}"#;
        insta::assert_snapshot!(said(Dialect::Mariadb, "logs.id", several, "set_null"), @r"
        CREATE TEMPORARY TABLE branchline_orphans AS SELECT `id`, `kind` FROM `logs` WHERE 1 = 0;
        UPDATE `logs` SET `id` = NULL WHERE EXISTS (SELECT 1 FROM branchline_orphans AS orphan WHERE orphan.`id` = `logs`.`id` AND orphan.`kind` = `logs`.`kind`);
        ");
        assert_eq!(said(Dialect::Sqlite, "a.b", r#"{"to":"auth:users.id"}"#, "ignore"), "");
        assert!(said(Dialect::Sqlite, "a.b", r#"{"to":"auth:users.id"}"#, "restrict").contains("SELECT * FROM \"a\""));
    }
}
