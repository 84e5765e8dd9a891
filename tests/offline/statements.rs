//! `statements`: how a script falls into statements.

use serde_json::json;

use crate::project;
use crate::support::{Outcome, TestProject, branchline};

const DUMP: &str = "\\restrict aB1\n\nSET client_encoding = 'UTF8';\nCREATE TABLE t (\n    a integer\n);\n\
                    COPY t (a) FROM stdin;\n1\n2\n\\.\n\n\\unrestrict aB1\n";

#[test]
fn statements_with_lines_and_data() {
    let project = TestProject::new();
    project.write("dump.sql", DUMP);
    assert_printed!(project, project.run_line("statements dump.sql --dialect postgres").success(), @r"
    exit code: 0
    ----- stdout -----
    LINE  STATEMENT
    3     SET client_encoding = 'UTF8'
    4     CREATE TABLE t ( a integer )
    7     COPY t (a) FROM stdin (2 lines of data)
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("statements dump.sql --dialect postgres --format json").success(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "statements",
      "ok": true,
      "dialect": "postgres",
      "statements": [
        {
          "line": 3,
          "column": 1,
          "sql": "SET client_encoding = 'UTF8'"
        },
        {
          "line": 4,
          "column": 1,
          "sql": "CREATE TABLE t (\n    a integer\n)"
        },
        {
          "line": 7,
          "column": 1,
          "sql": "COPY t (a) FROM stdin",
          "data": "1\n2\n"
        }
      ]
    }
    ----- stderr -----
    "#);
    let mut command = branchline(&project);
    command.args(["statements", "-", "--dialect", "mariadb", "--format", "json"]);
    command.write_stdin("DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\n");
    let document = Outcome::of(command).success().json();
    let procedure = json!([{ "line": 2, "column": 1, "sql": "CREATE PROCEDURE p() BEGIN SELECT 1; END" }]);
    assert_eq!(document["statements"], procedure);
    project.write("empty.sql", "-- nothing;\n");
    assert_eq!(project.run_line("statements empty.sql --dialect sqlite").success().stdout, "no statements\n");
}

/// The dialect is what the file's name says, or what its branch has.
#[test]
fn the_dialect_is_known_where_it_can_be() {
    let project = project();
    project.branch("shop", "dialects = [\"mariadb\"]\n");
    for (file, dialect) in [
        ("migrations/auth/0003_sessions/up.postgres.sql", "postgres"),
        ("migrations/auth/0003_sessions/up.sqlite.sql", "sqlite"),
        ("migrations/specs/0002_no_old/down.sql", "sqlite"),
        ("migrations/shop/0001_x/up.mysql.sql", "mariadb"),
        ("migrations/shop/0001_x/up.sql", "mariadb"),
        ("dump.mysql.sql", "mysql"),
    ] {
        if !project.path().join(file).exists() {
            project.write(file, "SELECT 1;\n");
        }
        let document = project.run(["statements", file, "--format", "json"]).success().json();
        assert_eq!(document["dialect"], dialect, "{file}");
    }
    let unknown = project.run_line("statements migrations/auth/0001_table/up.sql --format json").expect(2).json();
    assert_eq!(unknown["error"]["kind"], "usage");
    assert_eq!(unknown["error"]["hint"], "say so with --dialect: postgres, sqlite");
    project.write("any.sql", "SELECT 1;\n");
    let unknown = project.run_line("statements any.sql --format json").expect(2).json();
    assert_eq!(unknown["error"]["hint"], "say so with --dialect: postgres, mysql, mariadb, sqlite");
}

#[test]
fn what_cannot_be_divided_is_refused_where_it_began() {
    let project = TestProject::new();
    project.write("open.sql", "SELECT 1;\n  SELECT 'a;\n");
    assert_printed!(project, project.run_line("statements open.sql --dialect sqlite").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a string begins here and does not end
     --> open.sql:2:10
      |
    2 |   SELECT 'a;
      |          ^
      help: a quote inside a string is written twice: ''
    ");
    project.write("client.sql", "SELECT 1;\n\\connect other\n");
    let refused = project.run_line("statements client.sql --dialect postgres --format json").expect(2).json();
    assert_eq!(refused["error"]["kind"], "invalid_script");
    assert_eq!(refused["error"]["file"], "client.sql");
    assert_eq!((refused["error"]["line"].as_u64(), refused["error"]["column"].as_u64()), (Some(2), Some(1)));
    project.write("latin1.sql", b"SELECT 1;\nSELECT '\xe9';\n");
    let refused = project.run_line("statements latin1.sql --dialect postgres --format json").expect(2).json();
    assert_eq!((refused["error"]["line"].as_u64(), refused["error"]["column"].as_u64()), (Some(2), Some(9)));
    project.run_line("statements nowhere.sql --dialect postgres").expect(2);
    project.run_line("statements open.sql --dialect oracle").expect(2);
}
