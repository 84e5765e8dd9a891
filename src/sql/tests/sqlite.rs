//! SQLite: triggers.

use super::{Case, SQLITE, holds};

#[test]
fn triggers() {
    let cases: &[Case] = &[
        (
            SQLITE,
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); DELETE FROM c; END; SELECT 1",
            &["CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); DELETE FROM c; END", "SELECT 1"],
        ),
        (
            SQLITE,
            "create temp trigger if not exists t after update of x on a for each row when new.x > 1 begin select case when 1 then 2 end; end",
            &[
                "create temp trigger if not exists t after update of x on a for each row when new.x > 1 begin select case when 1 then 2 end; end",
            ],
        ),
        (
            SQLITE,
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1 AS end; SELECT CASE 1 WHEN 1 THEN 2 END; END; SELECT 1",
            &[
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1 AS end; SELECT CASE 1 WHEN 1 THEN 2 END; END",
                "SELECT 1",
            ],
        ),
        (
            SQLITE,
            "CREATE TRIGGER begin AFTER INSERT ON a BEGIN SELECT 1; END; SELECT 1",
            &["CREATE TRIGGER begin AFTER INSERT ON a BEGIN SELECT 1; END", "SELECT 1"],
        ),
        (
            SQLITE,
            "EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END; SELECT 1",
            &["EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END", "SELECT 1"],
        ),
        (
            SQLITE,
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; -- ;\n/* ; */ END -- x\n; SELECT 1",
            &["CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; -- ;\n/* ; */ END", "SELECT 1"],
        ),
        (
            SQLITE,
            "CREATE TEMPORARY TABLE trigger_log (a); CREATE TABLE b (c); SELECT 1",
            &["CREATE TEMPORARY TABLE trigger_log (a)", "CREATE TABLE b (c)", "SELECT 1"],
        ),
        (SQLITE, "CREATE VIEW v AS SELECT 1; SELECT 2", &["CREATE VIEW v AS SELECT 1", "SELECT 2"]),
        (SQLITE, "SELECT 1 AS trigger; SELECT 2", &["SELECT 1 AS trigger", "SELECT 2"]),
        (SQLITE, "SELECT a.b, 1.5; SELECT t.*", &["SELECT a.b, 1.5", "SELECT t.*"]),
    ];
    holds(cases);
}
