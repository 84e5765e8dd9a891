//! How fast orphans are found: beside what the wire takes for the same keys, and what others do who look for them.
//!
//! A million parents and five million referring rows, of which a thousand have no parent. The limit is two COPY of all keys, in
//! order, both at once, into nothing. Asked for by its name only, since it takes minutes and gigabytes of the disk;
//! `BENCH_CHILDREN` in millions measures memory with more rows.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::database::{Database, Engine, MariadbDatabase, Server};
use crate::layout::write;
use crate::process::{in_turn, is_there, median, time, time_together, wrapped};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::Tool;
use crate::{Bench, Error};

/// Keys that no parent has, where a thousand are planted.
const ORPHANS: u64 = 1_000;

/// Two databases, what makes their tables, and the project that says so.
struct World<'b> {
    bench: &'b Bench,
    folder: std::path::PathBuf,
    auth: String,
    specs: String,
}

impl<'b> World<'b> {
    fn new(
        bench: &'b Bench,
        name: &str,
        (auth, parents): (&str, &str),
        (specs, children): (&str, &str),
    ) -> Result<Self, Error> {
        let folder = bench.folder.join(name);
        for (branch, script) in [("auth", parents), ("specs", children)] {
            write(&folder.join(format!("branches/{branch}.toml")), "")?;
            write(&folder.join(format!("migrations/{branch}/1_data/up.sql")), script)?;
            let reference = match branch {
                "specs" => {
                    "depends_on = [\"auth@1\"]\n[[reference]]\nfrom = \"child.parent\"\nto = \"auth:parent.id\"\n"
                }
                _ => "",
            };
            let manifest = format!("parents = []\nirreversible = \"data for a benchmark\"\n{reference}");
            write(&folder.join(format!("migrations/{branch}/1_data/revision.toml")), &manifest)?;
        }
        let world = Self { bench, folder, auth: auth.to_owned(), specs: specs.to_owned() };
        time(&mut world.command(&["upgrade"]))?;
        Ok(world)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.bench.tools.ours();
        command.arg("--project").arg(&self.folder).args(words);
        command.env("DATABASE_URL_AUTH", &self.auth).env("DATABASE_URL_SPECS", &self.specs);
        command
    }

    /// The seconds that a check takes, what it held at most in megabytes, and its document.
    fn check(&self) -> Result<(f64, Option<f64>, serde_json::Value), Error> {
        let weighed = self.bench.folder.join("weighed.txt");
        let inner = self.command(&["references", "check", "--no-record", "--format", "json"]);
        let has_time = is_there(TIME, "--version");
        let mut command = match has_time {
            true => wrapped(TIME, &["-q", "-f", "%M", "-o", &weighed.display().to_string()], &inner),
            false => inner,
        };
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output()?;
        let seconds = started.elapsed().as_secs_f64();
        if output.status.code() != Some(3) {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
        }
        let held = has_time.then(|| std::fs::read_to_string(&weighed)).transpose()?;
        let held = held.map(|text| text.trim().parse::<f64>()).transpose()?.map(|kilobytes| kilobytes / 1024.0);
        let mut document: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        Ok((seconds, held, document["references"][0].take()))
    }

    /// The same, and that it found what was planted.
    fn check_for(&self, planted: u64) -> Result<(f64, Option<f64>, serde_json::Value), Error> {
        let (seconds, held, reference) = self.check()?;
        let found = reference["check"]["orphan_keys"].as_u64();
        if found != Some(planted) {
            return Err(format!("{planted} orphans were planted, and the check found {found:?}").into());
        }
        Ok((seconds, held, reference))
    }
}

const TIME: &str = "/usr/bin/time";

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    let Some(server) = &bench.server else {
        table.remark("references were not measured: BRANCHLINE_TEST_POSTGRES names no server".to_owned());
        return Ok(());
    };
    let scale = if bench.options.quick { 10 } else { 1 };
    many(bench, server, table, scale)?;
    nothing_but_orphans(bench, server, table, scale)?;
    few_keys(bench, server, table, scale)?;
    mixed(bench, table, scale)
}

fn uuid_of(number: &str) -> String {
    format!("md5(({number})::text)::uuid")
}

/// Children of which each has one of so many parents, but for those that are planted.
fn children(rows: u64, parents: u64) -> String {
    let every = rows / ORPHANS;
    let key = uuid_of(&format!("1 + (n * 7919) % {parents}"));
    format!(
        "CREATE TABLE child (id bigint NOT NULL, parent uuid);\n\
         INSERT INTO child SELECT n, CASE WHEN n % {every} = 0 THEN {} ELSE {key} END FROM generate_series(1::bigint, {rows}) n;\n\
         ALTER TABLE child ADD PRIMARY KEY (id);\nCREATE INDEX child_parent ON child (parent);\n",
        uuid_of("-n")
    )
}

fn parents(rows: u64) -> String {
    format!(
        "CREATE TABLE parent (id uuid NOT NULL);\n\
         INSERT INTO parent SELECT {} FROM generate_series(1, {rows}) n;\nALTER TABLE parent ADD PRIMARY KEY (id);\n",
        uuid_of("n")
    )
}

fn many(bench: &Bench, server: &Server, table: &mut Table, scale: u64) -> Result<(), Error> {
    let millions = std::env::var("BENCH_CHILDREN").ok().and_then(|millions| millions.parse::<u64>().ok()).unwrap_or(5);
    let (parent_rows, child_rows) = (1_000_000 / scale, millions * 1_000_000 / scale);
    let (auth, specs) = (Database::fresh(bench, Engine::Postgres)?, Database::fresh(bench, Engine::Postgres)?);
    let world = World::new(
        bench,
        "references",
        (&auth.url, &parents(parent_rows)),
        (&specs.url, &children(child_rows, parent_rows)),
    )?;
    for (database, name) in [(&auth, "parent"), (&specs, "child")] {
        time(&mut server.psql(&database.url, &format!("VACUUM ANALYZE {name}")))?;
    }
    let copy = |database: &Database, column: &str, name: &str| {
        let keys = format!("SELECT {column} FROM {name} WHERE {column} IS NOT NULL ORDER BY {column}");
        server.psql(&database.url, &format!("COPY ({keys}) TO STDOUT (FORMAT binary)"))
    };
    let (mut ours, mut wire, mut held) = (Vec::new(), Vec::new(), 0.0_f64);
    for round in 0..bench.options.rounds {
        for is_ours in in_turn(&[true, false], round) {
            if is_ours {
                let (seconds, megabytes, _) = world.check_for(ORPHANS)?;
                ours.push(seconds);
                held = held.max(megabytes.unwrap_or_default());
            } else {
                let mut both = [copy(&auth, "id", "parent"), copy(&specs, "parent", "child")];
                wire.push(time_together(&mut both)?.as_secs_f64());
            }
        }
    }
    let (ours, wire) = (median(ours), median(wire));
    let what = format!("check: {} million keys, {} million rows", parent_rows as f64 / 1e6, child_rows as f64 / 1e6);
    let mut row = beside(&format!("{what}: both COPY into nothing"), ours, wire);
    row.reach = Reach::at_most("ratio <= 1.15", row.ratio(Tool::Limit), 1.15);
    table.row(row);
    table.row(memory(&what, held));
    if millions == 5 {
        others(bench, server, table, &what, ours, (&auth, &specs))?;
    }
    Ok(())
}

/// What others do who look for the same.
fn others(
    bench: &Bench,
    server: &Server,
    table: &mut Table,
    what: &str,
    ours: f64,
    (auth, specs): (&Database, &Database),
) -> Result<(), Error> {
    let run = |sql: &str| time(&mut server.psql(&specs.url, sql)).map(|time| time.as_secs_f64());
    let (host, port, user, password) = server.login()?;
    run("CREATE EXTENSION postgres_fdw")?;
    run(&format!(
        "CREATE SERVER auth FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', dbname '{}', fetch_size \
         '50000', use_remote_estimate 'true')",
        auth.name
    ))?;
    run(&format!("CREATE USER MAPPING FOR CURRENT_USER SERVER auth OPTIONS (user '{user}', password '{password}')"))?;
    run("CREATE FOREIGN TABLE parent_there (id uuid NOT NULL) SERVER auth OPTIONS (table_name 'parent')")?;
    let fdw = run(
        "SELECT count(*) FROM child c WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM parent_there p WHERE p.id \
                   = c.parent)",
    )?;
    table.row(beside(&format!("{what}: postgres_fdw"), ours, fdw));
    run(
        "CREATE TABLE parent_here AS SELECT id FROM parent_there UNION SELECT parent FROM child WHERE parent IS NOT NULL",
    )?;
    run("ALTER TABLE parent_here ADD PRIMARY KEY (id)")?;
    run("ANALYZE parent_here")?;
    run("ALTER TABLE child ADD CONSTRAINT child_fk FOREIGN KEY (parent) REFERENCES parent_here (id) NOT VALID")?;
    let validate = run("ALTER TABLE child VALIDATE CONSTRAINT child_fk")?;
    let mut row = beside(&format!("{what}: VALIDATE CONSTRAINT in one database"), ours, validate);
    row.reach = Reach::at_most("ratio < 1", row.ratio(Tool::Limit), 1.0);
    table.row(row);
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/python/bin/python3");
    if !python.exists() {
        table.remark(
            "psycopg is not installed (make bench-peers): no script that subtracts sets was measured".to_owned(),
        );
        return Ok(());
    }
    let script = bench.folder.join("subtract.py");
    write(&script, SUBTRACT)?;
    let mut command = Command::new(python);
    let took = time(command.arg(&script).args([&auth.url, &specs.url]))?.as_secs_f64();
    let mut row = beside(&format!("{what}: psycopg, sets subtracted"), ours, took);
    row.reach = Reach::at_most("ratio <= 0.1", row.ratio(Tool::Limit), 0.1);
    table.row(row);
    Ok(())
}

/// What one writes who has an hour.
const SUBTRACT: &str = "\
import sys, psycopg
def keys(url, sql):
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(sql)}
parents = keys(sys.argv[1], 'SELECT id FROM parent')
children = keys(sys.argv[2], 'SELECT parent FROM child WHERE parent IS NOT NULL')
print(len(children - parents))
";

/// A database that was restored empty, or the wrong one: every key is proved.
fn nothing_but_orphans(bench: &Bench, server: &Server, table: &mut Table, scale: u64) -> Result<(), Error> {
    let rows = 1_000_000 / scale;
    let (auth, specs) = (Database::fresh(bench, Engine::Postgres)?, Database::fresh(bench, Engine::Postgres)?);
    let world = World::new(bench, "orphans", (&auth.url, &parents(1)), (&specs.url, &children(rows, rows)))?;
    time(&mut server.psql(&specs.url, "VACUUM ANALYZE child"))?;
    let (took, held, _) = world.check_for(rows)?;
    let what = format!("check: {} million rows, and no parent", rows as f64 / 1e6);
    table.row(Row { what: what.clone(), unit: Unit::Time, cells: vec![(Tool::Ours, took)], reach: Reach::none() });
    table.row(memory(&what, held.unwrap_or_default()));
    Ok(())
}

fn few_keys(bench: &Bench, server: &Server, table: &mut Table, scale: u64) -> Result<(), Error> {
    let rows = 2_000_000 / scale;
    let (auth, specs) = (Database::fresh(bench, Engine::Postgres)?, Database::fresh(bench, Engine::Postgres)?);
    let key = uuid_of("n % 500");
    let child = format!(
        "CREATE TABLE child (id bigint PRIMARY KEY, parent uuid);\n\
         INSERT INTO child SELECT n, {key} FROM generate_series(1, {rows}) n;\nCREATE INDEX child_parent ON child (parent);\n"
    );
    // One of the 500 has no parent: number 0.
    let world = World::new(bench, "few_keys", (&auth.url, &parents(500)), (&specs.url, &child))?;
    for (database, name) in [(&auth, "parent"), (&specs, "child")] {
        time(&mut server.psql(&database.url, &format!("VACUUM ANALYZE {name}")))?;
    }
    let (mut ours, mut distinct) = (Vec::new(), Vec::new());
    let millis = |millis: Option<f64>| millis.map(|millis| millis / 1000.0).ok_or("no time was told");
    for _ in 0..bench.options.rounds {
        let reference = world.check_for(1)?.2;
        let keys = reference["legs"][0]["keys_ms"].as_f64();
        ours.push(millis(keys)?);
        let mut command =
            server.psql(&specs.url, "EXPLAIN (ANALYZE, TIMING off, SUMMARY on) SELECT DISTINCT parent FROM child");
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let took =
            text.lines().find_map(|line| line.trim().strip_prefix("Execution Time: ")?.split(' ').next()?.parse().ok());
        distinct.push(millis(took)?);
    }
    let what = format!("keys of {} million rows over 500: SELECT DISTINCT", rows as f64 / 1e6);
    let mut row = beside(&what, median(ours), median(distinct));
    row.reach = Reach::at_most("ratio <= 0.05", row.ratio(Tool::Limit), 0.05);
    table.row(row);
    Ok(())
}

/// A million referring rows, and their parents in a database of another make.
fn mixed(bench: &Bench, table: &mut Table, scale: u64) -> Result<(), Error> {
    let rows = 1_000_000 / scale;
    let parent_rows = rows / 2;
    let numbers =
        |rows: u64| format!("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})");
    let postgres = Database::fresh(bench, Engine::Postgres)?;
    if let Some(mariadb) = MariadbDatabase::fresh("bench_references")? {
        let parents = format!(
            "CREATE TABLE parent (id binary(16) NOT NULL PRIMARY KEY);\n\
             INSERT INTO parent SELECT unhex(md5(seq)) FROM seq_1_to_{parent_rows};\n"
        );
        let world = World::new(
            bench,
            "postgres_mariadb",
            (&mariadb.url, &parents),
            (&postgres.url, &children(rows, parent_rows)),
        )?;
        table.row(seconds(format!("check: {rows} rows, PostgreSQL to MariaDB"), world.check_for(ORPHANS)?.0));
    } else {
        table.remark("MariaDB was left out: no server of it is named".to_owned());
    }
    let sqlite = Database::fresh(bench, Engine::Sqlite)?;
    let postgres = Database::fresh(bench, Engine::Postgres)?;
    let child = format!(
        "CREATE TABLE child (id integer PRIMARY KEY, parent integer);\n{} INSERT INTO child SELECT n, CASE WHEN n % {} = 0 THEN -n \
         ELSE 1 + n % {parent_rows} END FROM s;\nCREATE INDEX child_parent ON child (parent);\n",
        numbers(rows),
        rows / ORPHANS
    );
    let parents = format!(
        "CREATE TABLE parent (id bigint PRIMARY KEY);\nINSERT INTO parent SELECT generate_series(1, {parent_rows});\n"
    );
    let world = World::new(bench, "sqlite_postgres", (&postgres.url, &parents), (&sqlite.url, &child))?;
    table.row(seconds(format!("check: {rows} rows, SQLite to PostgreSQL"), world.check_for(ORPHANS)?.0));
    Ok(())
}

fn memory(what: &str, held: f64) -> Row {
    let reach = Reach::at_most("< 64 MB", Some(held), 64.0);
    Row { what: format!("{what}: peak memory"), unit: Unit::Megabytes, cells: vec![(Tool::Ours, held)], reach }
}

fn seconds(what: String, seconds: f64) -> Row {
    let reach = Reach::at_most("< 10 s", Some(seconds), 10.0);
    Row { what, unit: Unit::Time, cells: vec![(Tool::Ours, seconds)], reach }
}

fn beside(what: &str, ours: f64, other: f64) -> Row {
    Row {
        what: what.to_owned(),
        unit: Unit::Time,
        cells: vec![(Tool::Ours, ours), (Tool::Limit, other)],
        reach: Reach::none(),
    }
}
