//! MySQL and MariaDB: code in comments, backslashes, stored programs without DELIMITER.

use super::{BOTH_MYSQL, Case, MARIADB, MYSQL, holds};
use crate::dialect::Dialect;
use crate::sql::statements;

#[test]
fn code_in_comments() {
    let cases: &[Case] = &[
        (
            BOTH_MYSQL,
            "/*!40101 SET NAMES utf8 */; SELECT /*! 1, */ 2",
            &["/*!40101 SET NAMES utf8 */", "SELECT /*! 1, */ 2"],
        ),
        (BOTH_MYSQL, "SELECT /*!40000 ';' */; SELECT 2", &["SELECT /*!40000 ';' */", "SELECT 2"]),
        (BOTH_MYSQL, "/*! SELECT '*/' */; SELECT 2", &["/*! SELECT '*/' */", "SELECT 2"]),
        (BOTH_MYSQL, "/*! SELECT 1 /* x; */ , 2 */; SELECT 2", &["/*! SELECT 1 /* x; */ , 2 */", "SELECT 2"]),
        (BOTH_MYSQL, "/*! SELECT 1; SELECT 2 */; SELECT 3", &["/*! SELECT 1; SELECT 2 */", "SELECT 3"]),
        (BOTH_MYSQL, "/*!40000 */; /*!*/ ; SELECT 3", &["SELECT 3"]),
        (BOTH_MYSQL, "SELECT 1 /*! -- x */\n + 1 */; SELECT 3", &["SELECT 1 /*! -- x */\n + 1 */", "SELECT 3"]),
        (MYSQL, "/*M! it's; */ SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (MARIADB, "/*M!100401 SELECT ';' */; SELECT 2", &["/*M!100401 SELECT ';' */", "SELECT 2"]),
        // MariaDB leaves out what is for MySQL 5.7 and later.
        (MARIADB, "/*!50708 it's; */ SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (MARIADB, "/*!80000 a /* it's */ ; */ SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (MYSQL, "/*!80000 SELECT 1 */; SELECT 2", &["/*!80000 SELECT 1 */", "SELECT 2"]),
        (BOTH_MYSQL, "/*M!999999\\- enable the sandbox mode */ \nSELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
        (MARIADB, "/*!101100 SELECT 1 */; SELECT 2", &["/*!101100 SELECT 1 */", "SELECT 2"]),
    ];
    holds(cases);
}

#[test]
fn strings_and_names() {
    let cases: &[Case] = &[
        (BOTH_MYSQL, r#"SELECT "\"; "; SELECT 2"#, &[r#"SELECT "\"; ""#, "SELECT 2"]),
        (BOTH_MYSQL, r"SELECT `\`; SELECT 2", &[r"SELECT `\`", "SELECT 2"]),
        (BOTH_MYSQL, r"SELECT '\\'; SELECT 2", &[r"SELECT '\\'", "SELECT 2"]),
        (
            BOTH_MYSQL,
            r"SELECT _utf8mb4'\';', N'\'', n';'; SELECT 2",
            &[r"SELECT _utf8mb4'\';', N'\'', n';'", "SELECT 2"],
        ),
        (BOTH_MYSQL, r"INSERT INTO t VALUES (\N); SELECT 2", &[r"INSERT INTO t VALUES (\N)", "SELECT 2"]),
        (BOTH_MYSQL, "SELECT $$; SELECT a$b$; SELECT 2", &["SELECT $$", "SELECT a$b$", "SELECT 2"]),
        (BOTH_MYSQL, "SELECT 1st FROM 2nd; SELECT @a := 1", &["SELECT 1st FROM 2nd", "SELECT @a := 1"]),
        (BOTH_MYSQL, "SELECT @'a;b', @`c;d`; SELECT 2", &["SELECT @'a;b', @`c;d`", "SELECT 2"]),
    ];
    holds(cases);
}

/// Each is one statement; another one is put behind it.
const PROGRAMS: &[&str] = &[
    "CREATE PROCEDURE p() SELECT 1",
    "CREATE PROCEDURE p() BEGIN END",
    "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
    "CREATE PROCEDURE IF NOT EXISTS p() BEGIN SELECT 1; END",
    "CREATE OR REPLACE PROCEDURE p(IN a INT, OUT b VARCHAR(10)) COMMENT 'x; y' DETERMINISTIC BEGIN SELECT 1; END",
    "CREATE DEFINER=`root`@`localhost` PROCEDURE p() SQL SECURITY INVOKER BEGIN SELECT 1; END",
    "CREATE DEFINER=event@localhost PROCEDURE p() BEGIN SELECT 1; END",
    "CREATE DEFINER = CURRENT_USER() FUNCTION f() RETURNS SET('a','b') READS SQL DATA BEGIN RETURN 'a'; END",
    "CREATE FUNCTION f(a INT) RETURNS INT RETURN CASE a WHEN 1 THEN 2 ELSE 3 END",
    "CREATE FUNCTION f(a INT) RETURNS INT RETURN IF(a, 1, 2)",
    "CREATE FUNCTION f(a INT) RETURNS CHAR(5) CHARACTER SET utf8 COLLATE utf8_bin BEGIN RETURN 'a'; END",
    "CREATE FUNCTION f(a CHAR(1) CHARACTER SET utf8) RETURNS INT DETERMINISTIC RETURN 1",
    "CREATE AGGREGATE FUNCTION f RETURNS STRING SONAME 'udf.so'",
    "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT 3; END IF; END",
    "CREATE PROCEDURE p() BEGIN IF a THEN IF b THEN SELECT 1; END IF; ELSE IF c THEN SELECT 2; END IF; END IF; END",
    "CREATE PROCEDURE p() BEGIN IF CASE WHEN a THEN b ELSE c END THEN SELECT 1; END IF; END",
    "CREATE PROCEDURE p() BEGIN SET x = IF(a, b, c); SELECT IF(a, 1, 2); END",
    "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; WHEN 2 THEN BEGIN END; ELSE SELECT 3; END CASE; END",
    "CREATE PROCEDURE p() BEGIN CASE WHEN a = CASE b WHEN 1 THEN 2 END THEN SELECT 1; END CASE; END",
    "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN a THEN b END AS c; SELECT CASE a WHEN CASE 1 WHEN 1 THEN 1 END THEN 2 END; END",
    "CREATE PROCEDURE p() BEGIN SELECT 1 AS end; SELECT t.end FROM t; SELECT t.case FROM t; END",
    "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN end THEN end END; SELECT 2; END",
    "CREATE PROCEDURE p() BEGIN WHILE a DO SET a = a - 1; END WHILE; END",
    "CREATE PROCEDURE p() BEGIN WHILE a DO DO SLEEP(1); DO IF(a, 1, 2); END WHILE; END",
    "CREATE PROCEDURE p() BEGIN REPEAT SET a = REPEAT('x', 2); UNTIL a END REPEAT; END",
    "CREATE PROCEDURE p() REPEAT SELECT 1; UNTIL CASE WHEN a THEN b END END REPEAT",
    "CREATE PROCEDURE p() BEGIN REPEAT REPEAT SELECT 1; UNTIL end END REPEAT; UNTIL b END REPEAT; SELECT 2; END",
    "CREATE PROCEDURE p() BEGIN x: LOOP LEAVE x; END LOOP x; END",
    "CREATE PROCEDURE p() x: BEGIN y: LOOP ITERATE y; z: WHILE a DO LEAVE z; END WHILE z; END LOOP; END x",
    "CREATE PROCEDURE p() BEGIN `x`: LOOP IF a THEN LEAVE `x`; END IF; END LOOP `x`; END",
    "CREATE PROCEDURE p() LOOP SELECT 1; END LOOP",
    "CREATE PROCEDURE p() IF a THEN SELECT 1; END IF",
    "CREATE PROCEDURE p() BEGIN BEGIN SELECT 1; END; BEGIN BEGIN END; END; END",
    "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; SELECT 1; END",
    "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = IF(a, 1, 2); SELECT 1; END",
    "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR SQLSTATE VALUE '23000', 1062, nope IF a THEN SELECT 1; END IF; END",
    "CREATE PROCEDURE p() BEGIN DECLARE c CURSOR FOR SELECT CASE WHEN a THEN b END FROM t; OPEN c; END",
    "CREATE PROCEDURE p() BEGIN DECLARE x INT DEFAULT CASE WHEN 1 THEN 2 END; DECLARE y CONDITION FOR SQLSTATE '45000'; END",
    "CREATE PROCEDURE p() BEGIN DROP TABLE IF EXISTS t; CREATE TABLE IF NOT EXISTS t (a INT); END",
    "CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO t VALUES ('; END'); COMMIT; END",
    "CREATE PROCEDURE p() BEGIN -- ; END;\n SELECT 1; # END;\n /* END; */ END",
    "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = IF(NEW.c, 1, 2)",
    "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; END",
    "CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW FOLLOWS begin BEGIN SET @x = 1; SET @y = 2; END",
    "CREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW IF OLD.b THEN SET @x = 1; SET @y = 2; END IF",
    "CREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW INSERT INTO l VALUES (CASE OLD.b WHEN 1 THEN 2 END)",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01' DO DELETE FROM t WHERE a = IF(b, 1, 2)",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE DO BEGIN SELECT 1; SELECT 2; END",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; SET @y = 2; END */",
    "CREATE TABLE begin (a INT, `if` INT, loop_ INT)",
    "CREATE VIEW v AS SELECT CASE WHEN a THEN b END FROM t",
    "CREATE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW v AS SELECT 1",
    "CREATE TABLE event (a INT)",
    "DROP PROCEDURE IF EXISTS p",
];

const MARIADB_PROGRAMS: &[&str] = &[
    "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
    "BEGIN NOT ATOMIC BEGIN NOT ATOMIC IF a THEN SELECT 1; END IF; END; END",
    "BEGIN NOT ATOMIC DECLARE x INT DEFAULT 1; BEGIN SELECT x; END; END",
    "IF (SELECT 1) THEN SELECT 1; ELSE SELECT 2; END IF",
    "FOR i IN 1..10 DO SELECT i; END FOR",
    "WHILE @a < 10 DO SET @a = @a + 1; END WHILE",
    "CREATE PROCEDURE p() BEGIN FOR r IN (SELECT a FROM t) DO SELECT r.a; SELECT 1; END FOR; END",
];

fn stands_alone(dialect: Dialect, program: &str) {
    let script = format!("{program};\nSELECT 99;");
    let found = statements(dialect, &script).unwrap_or_else(|error| panic!("{program}: {error}"));
    let found: Vec<&str> = found.iter().map(|statement| statement.text(&script)).collect();
    assert_eq!(found, [program, "SELECT 99"], "{dialect}");
    let alone = statements(dialect, program).unwrap_or_else(|error| panic!("{program}: {error}"));
    assert_eq!(alone.len(), 1, "{program}");
}

#[test]
fn stored_programs() {
    for program in PROGRAMS {
        stands_alone(Dialect::Mysql, program);
        stands_alone(Dialect::Mariadb, program);
    }
}

#[test]
fn mariadb_programs() {
    for program in MARIADB_PROGRAMS {
        stands_alone(Dialect::Mariadb, program);
    }
}

#[test]
fn delimiters() {
    let cases: &[Case] = &[
        (
            BOTH_MYSQL,
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END//\nDELIMITER ;\nSELECT 3;",
            &["CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END", "SELECT 3"],
        ),
        (
            BOTH_MYSQL,
            "delimiter $$\r\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\r\ndelimiter ;\r\nSELECT 3",
            &["CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT 3"],
        ),
        (
            BOTH_MYSQL,
            "DELIMITER ;;\n/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; END */;;\nDELIMITER ;\n",
            &["/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; END */"],
        ),
        (
            BOTH_MYSQL,
            "DELIMITER |\nCREATE PROCEDURE p() BEGIN SELECT 1; END; |\nSELECT 1 |\nSELECT '|', \"|\", `|` /* | */ -- |\n|",
            &["CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT 1", "SELECT '|', \"|\", `|`"],
        ),
        (BOTH_MYSQL, "DELIMITER GO\nSELECT 1 GO\nSELECT 2GOSELECT 3\nGO", &["SELECT 1", "SELECT 2", "SELECT 3"]),
        (BOTH_MYSQL, "DELIMITER //\nSELECT 1; SELECT 2//\n;//;\nSELECT 3", &["SELECT 1", "SELECT 2", "SELECT 3"]),
        (BOTH_MYSQL, "DELIMITER // -- until the end\nSELECT 1//", &["SELECT 1"]),
        (BOTH_MYSQL, "DELIMITER //\nDELIMITER ;\nSELECT 1;\n-- DELIMITER $$\nSELECT 2;", &["SELECT 1", "SELECT 2"]),
        (BOTH_MYSQL, "/*!40000 */ DELIMITER //\nSELECT 1//", &["SELECT 1"]),
        (BOTH_MYSQL, "DELIMITER ü\nSELECT 'ü', aüSELECT 2ü", &["SELECT 'ü', a", "SELECT 2"]),
        (BOTH_MYSQL, "SELECT 1 AS delimiter; SELECT 2", &["SELECT 1 AS delimiter", "SELECT 2"]),
    ];
    holds(cases);
}
