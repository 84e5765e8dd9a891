//! One script of a gigabyte: how long it takes, and how much is held. Asked for by its name only, since it takes minutes and
//! several gigabytes of the disk.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::database::{Database, Engine, MariadbDatabase};
use crate::layout::write;
use crate::process::{is_there, wrapped};
use crate::table::{Reach, Row, Table, Unit};
use crate::tool::Tool;
use crate::{Bench, Error};

const TIME: &str = "/usr/bin/time";

const GIGABYTE: u64 = 1 << 30;

/// What the script is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A row a statement.
    Inserts,
    /// One COPY.
    Copy,
    /// A few megabytes of rows a statement.
    BigInserts,
}

impl Shape {
    const fn name(self) -> &'static str {
        match self {
            Self::Inserts => "INSERTs",
            Self::Copy => "one COPY",
            Self::BigInserts => "INSERTs of 4 MB",
        }
    }

    /// A script of about so many bytes; says how many rows it has.
    fn write(self, path: &Path, bytes: u64) -> Result<u64, Error> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        writeln!(out, "CREATE TABLE seed (a integer, b integer, c varchar(200));")?;
        let (mut written, mut rows, mut of_statement) = (0, 0_u64, 0);
        if self == Self::Copy {
            writeln!(out, "COPY seed FROM STDIN;")?;
        }
        while written < bytes {
            rows += 1;
            let text = "abcdefghijklmnopqrstuvwxyz 0123456789 ".repeat(2);
            let line = match self {
                Self::Inserts => format!("INSERT INTO seed VALUES ({rows}, {}, '{text}');\n", rows % 1000),
                Self::Copy => format!("{rows}\t{}\t{text}\n", rows % 1000),
                Self::BigInserts => {
                    let before = if of_statement == 0 { "INSERT INTO seed VALUES\n" } else { ",\n" };
                    format!("{before}({rows}, {}, '{text}')", rows % 1000)
                }
            };
            out.write_all(line.as_bytes())?;
            let length = line.len() as u64;
            written += length;
            of_statement += length;
            if self == Self::BigInserts && (of_statement > 4 << 20 || written >= bytes) {
                out.write_all(b";\n")?;
                of_statement = 0;
            }
        }
        if self == Self::Copy {
            writeln!(out, "\\.")?;
        }
        out.flush()?;
        Ok(rows)
    }
}

/// Where a script runs, and how its own shell is told to run it.
struct Place {
    url: String,
    shell: Option<Command>,
    /// What the shell reads from its standard input, where it takes no file.
    input: Option<PathBuf>,
    /// Gone with the value.
    _database: Option<Database>,
}

pub fn measure(bench: &Bench, table: &mut Table) -> Result<(), Error> {
    if !is_there(TIME, "--version") {
        table.remark("GNU time is not installed: long scripts were not measured".to_owned());
        return Ok(());
    }
    let bytes = if bench.options.quick { GIGABYTE / 10 } else { GIGABYTE };
    for (engine, shape) in [
        ("PostgreSQL", Shape::Inserts),
        ("PostgreSQL", Shape::Copy),
        ("SQLite", Shape::Inserts),
        ("MariaDB", Shape::BigInserts),
    ] {
        if !is_to_be_had(bench, engine) {
            table.remark(format!("{engine} was left out: no server of it is named"));
            continue;
        }
        let folder = bench.folder.join("long");
        let script = folder.join("migrations/seed/1_seed/up.sql");
        write(&folder.join("branches/seed.toml"), "")?;
        write(&folder.join("migrations/seed/1_seed/revision.toml"), "parents = []\n")?;
        shape.write(&script, bytes)?;
        let ours = {
            let place = Place::fresh(bench, engine, &script)?;
            let mut command = bench.tools.ours();
            command.arg("--project").arg(&folder).args(["upgrade", "seed"]).env("DATABASE_URL_SEED", &place.url);
            weighed(bench, &command, None)?
        };
        let place = Place::fresh(bench, engine, &script)?;
        let limit = place.shell.as_ref().map(|shell| weighed(bench, shell, place.input.as_deref())).transpose()?;
        let what = format!("{engine}: {} MB, {}", bytes >> 20, shape.name());
        let cells = |of: fn((f64, f64)) -> f64| {
            let limit = limit.map(|limit| (Tool::Limit, of(limit)));
            [(Tool::Ours, of(ours))].into_iter().chain(limit).collect::<Vec<_>>()
        };
        let time = cells(|(seconds, _)| seconds);
        table.row(Row { what: format!("{what}: time"), unit: Unit::Time, cells: time, reach: Reach::none() });
        let reach = Reach::at_most("< 64 MB", Some(ours.1), 64.0);
        let peak = cells(|(_, megabytes)| megabytes);
        table.row(Row { what: format!("{what}: peak memory"), unit: Unit::Megabytes, cells: peak, reach });
    }
    Ok(())
}

fn is_to_be_had(bench: &Bench, engine: &str) -> bool {
    match engine {
        "PostgreSQL" => bench.server.is_some(),
        "MariaDB" => std::env::var_os("BRANCHLINE_TEST_MARIADB").is_some(),
        _ => true,
    }
}

impl Place {
    fn fresh(bench: &Bench, engine: &str, script: &Path) -> Result<Self, Error> {
        let file = script.display().to_string();
        if engine == "MariaDB" {
            return Self::on_mariadb(script);
        }
        let engine = if engine == "PostgreSQL" { Engine::Postgres } else { Engine::Sqlite };
        let database = Database::fresh(bench, engine)?;
        let shell = match (engine, &bench.server) {
            (Engine::Postgres, Some(server)) => {
                let mut psql = Command::new(&server.psql);
                psql.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &database.url, "-f", &file]);
                Some(psql)
            }
            _ => is_there("sqlite3", "--version").then(|| {
                let mut sqlite = Command::new("sqlite3");
                sqlite.arg("-bail").arg(&database.file).args(["BEGIN", &format!(".read {file}"), "COMMIT"]);
                sqlite
            }),
        };
        Ok(Self { url: database.url.clone(), shell, input: None, _database: Some(database) })
    }

    /// The one database, made anew.
    fn on_mariadb(script: &Path) -> Result<Self, Error> {
        let database = MariadbDatabase::fresh("bench_long")?.ok_or("BRANCHLINE_TEST_MARIADB is not set")?;
        Ok(Self { url: database.url, shell: Some(database.shell), input: Some(script.to_owned()), _database: None })
    }
}

/// The seconds that a command takes, and the megabytes that it held at most.
fn weighed(bench: &Bench, command: &Command, input: Option<&Path>) -> Result<(f64, f64), Error> {
    let file = bench.folder.join("weighed.txt");
    let mut command = wrapped(TIME, &["-f", "%e %M", "-o", &file.display().to_string()], command);
    let input = input.map(File::open).transpose()?;
    command.stdin(input.map_or_else(Stdio::null, Stdio::from)).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    let text = std::fs::read_to_string(&file)?;
    let (seconds, kilobytes) = text.trim().split_once(' ').ok_or("GNU time said nothing")?;
    Ok((seconds.parse()?, kilobytes.parse::<f64>()? / 1024.0))
}
