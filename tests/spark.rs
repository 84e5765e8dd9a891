//! The job that is exported to Spark, on a local cluster with two workers: what it finds among PostgreSQL, MariaDB and SQLite is
//! what is not there. `make spark` brings what it needs.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use support::{Engine, TestDatabase, TestProject};

/// How many rows each table has.
const ROWS: u32 = 3_000;

struct World {
    project: TestProject,
    databases: [(&'static str, TestDatabase); 3],
}

/// Each database holds parents of the next, and rows that refer to the one before.
fn world() -> World {
    let mut project = TestProject::new();
    let databases =
        [("users", Engine::Postgres), ("orders", Engine::Mariadb), ("logs", Engine::Sqlite)].map(|(branch, engine)| {
            let database = TestDatabase::new(engine);
            project.database(branch, &database);
            (branch, database)
        });
    let reference = |from: &str, to: &str| format!("[[reference]]\nfrom = {from}\nto = {to}\n");
    let revision = |branch: &str, id: &str, parents: &str, references: &str, up: &str| {
        project.revision(branch, id, &format!("parents = [{parents}]\n{references}"), &[("up.sql", up)]);
    };
    revision("users", "0001", "", "", "CREATE TABLE users (id uuid PRIMARY KEY);\n");
    let to_users = reference("\"orders.user_id\"", "\"users:users.id\"");
    revision("orders", "0001", "", &to_users, "CREATE TABLE orders (id int PRIMARY KEY, user_id binary(16));\n");
    let to_orders = reference("\"logs.order_id\"", "\"orders:orders.id\"");
    let logs = "CREATE TABLE logs (id integer PRIMARY KEY, code text, order_id text);\n";
    revision("logs", "0001", "", &to_orders, logs);
    let to_logs = reference("[\"lines.log_id\", \"lines.code\"]", "[\"logs:logs.id\", \"logs:logs.code\"]");
    revision("orders", "0002", "\"0001\"", &to_logs, "CREATE TABLE `lines` (log_id int, code varchar(20));\n");
    let to_logs = reference("\"notes.log_id\"", "\"logs:logs.id\"");
    revision("users", "0002", "\"0001\"", &to_logs, "CREATE TABLE notes (log_id bigint);\n");
    project.run_line("upgrade").success();
    World { project, databases }
}

fn uuid(number: u32) -> String {
    format!("0190a5c2-7d3e-7c11-8a55-{number:012x}")
}

impl World {
    fn insert(&self, branch: &str, table: &str, rows: impl Iterator<Item = String>) {
        let database = &self.databases.iter().find(|(name, _)| *name == branch).unwrap().1;
        let rows: Vec<String> = rows.collect();
        for rows in rows.chunks(1_000) {
            database.execute(&format!("INSERT INTO {table} VALUES {}", rows.join(", ")));
        }
    }

    /// Rows, and for each reference a few that have no parent.
    fn fill(&self) -> BTreeSet<String> {
        let hex = |number: u32| format!("x'{}'", uuid(number).replace('-', ""));
        self.insert("users", "users", (1..=ROWS).map(|number| format!("('{}')", uuid(number))));
        self.insert("orders", "orders", (1..=ROWS).map(|number| format!("({number}, {})", hex(number + 2))));
        self.insert("orders", "`lines`", (1..=ROWS).map(|number| format!("({number}, 'c{}')", number % 7)));
        self.insert("orders", "`lines`", ["(1, 'C1')", "(1, NULL)"].into_iter().map(str::to_owned));
        self.insert(
            "logs",
            "logs",
            (1..=ROWS).map(|number| format!("({number}, 'c{}', '{}')", number % 7, number + 1)),
        );
        self.insert("users", "notes", (-1..=i64::from(ROWS)).map(|number| format!("({number})")));
        self.insert("users", "notes", ["(NULL)".to_owned()].into_iter());
        [
            format!("users:notes.log_id {}", -1),
            format!("users:notes.log_id {}", 0),
            format!("orders:orders.user_id {}", uuid(ROWS + 1).replace('-', "")),
            format!("orders:orders.user_id {}", uuid(ROWS + 2).replace('-', "")),
            r#"orders:lines.(log_id, code) ["1","C1"]"#.to_owned(),
            format!("logs:logs.order_id {}", ROWS + 1),
        ]
        .into()
    }

    /// Runs the job, and gives the candidates by the columns of the references.
    fn candidates(&self) -> BTreeSet<String> {
        let variable = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make spark`"));
        let spark = variable("BRANCHLINE_TEST_SPARK");
        self.project.run_line("references export --engine spark --out job.py").success();
        let mut command = Command::new(Path::new(&spark).join("bin/spark-submit"));
        command
            .args(["--master", "local-cluster[2,1,1024]", "--driver-memory", "512m"])
            .args(["--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1"])
            .args(["--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4"])
            .args(["--jars", &variable("BRANCHLINE_TEST_SPARK_JARS"), "job.py", "candidates.csv"])
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .env("PYSPARK_PYTHON", Path::new(&spark).join("bin/python3"))
            .env("PARTS", "3")
            .current_dir(self.project.path());
        for (branch, database) in &self.databases {
            if let Some((user, rest)) = database.url().split_once("://").unwrap().1.split_once(':')
                && let Some((password, _)) = rest.split_once('@')
            {
                let name = branch.to_uppercase();
                command.env(format!("JDBC_USER_{name}"), user).env(format!("JDBC_PASSWORD_{name}"), password);
                assert!(!self.project.read("job.py").contains(password), "no password stands in it");
            }
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let csv = self.project.read("candidates.csv");
        let status = self.project.run_line("references sweep --status --format json").success().json();
        let mut lines = csv.lines();
        assert_eq!(lines.next(), Some("reference,key"), "{csv}");
        lines
            .map(|line| {
                let (id, key) = line.split_once(',').unwrap();
                let key = key.trim_matches('"').replace("\"\"", "\"").replace(", ", ",");
                let references = status["references"].as_array().unwrap();
                let from = &references.iter().find(|reference| reference["id"] == id).unwrap()["from"];
                let columns: Vec<&str> =
                    from["columns"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
                let columns =
                    if columns.len() == 1 { columns[0].to_owned() } else { format!("({})", columns.join(", ")) };
                format!("{}:{}.{columns} {key}", from["branch"].as_str().unwrap(), from["table"].as_str().unwrap())
            })
            .collect()
    }
}

#[test]
#[ignore = "needs PySpark and the JDBC drivers: make spark"]
fn spark_finds_what_is_not_there() {
    let world = world();
    let planted = world.fill();
    assert_eq!(world.candidates(), planted);
    let checked = world.project.run_line("references check --candidates candidates.csv --format json").expect(3).json();
    let references = checked["references"].as_array().unwrap();
    let proved: u64 = references.iter().filter_map(|reference| reference["check"]["orphan_keys"].as_u64()).sum();
    assert_eq!(proved as usize, planted.len(), "{checked:#}");
}
