//! The tools that are compared, and how each is told what to do.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::database::{Database, Engine, Server};
use crate::layout::Layout;
use crate::process::{first_line, is_there};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// The command that this is about.
    Ours,
    /// The database's own shell.
    Limit,
    Sqlx,
    Refinery,
    Alembic,
}

impl Tool {
    pub const PEERS: [Self; 3] = [Self::Sqlx, Self::Refinery, Self::Alembic];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "branchline",
            Self::Limit => "limit",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
            Self::Alembic => "Alembic",
        }
    }
}

/// What a tool is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Bring everything up.
    Apply,
    /// The same where everything is up.
    NoOp,
    /// Take everything down.
    Revert,
}

/// Where the tools are; those that are not installed are left out.
pub struct Tools {
    ours: PathBuf,
    psql: Option<PathBuf>,
    sqlite3: bool,
    peers: PathBuf,
}

impl Tools {
    pub fn find(server: Option<&Server>) -> Self {
        Self {
            ours: env!("CARGO_BIN_EXE_branchline").into(),
            psql: server.map(|server| server.psql.clone()),
            sqlite3: is_there("sqlite3", "--version"),
            peers: Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"),
        }
    }

    fn program(&self, tool: Tool, engine: Engine) -> Option<PathBuf> {
        let program = match (tool, engine) {
            (Tool::Ours, _) => return Some(self.ours.clone()),
            (Tool::Limit, Engine::Postgres) => return self.psql.clone(),
            (Tool::Limit, Engine::Sqlite) => return self.sqlite3.then(|| "sqlite3".into()),
            (Tool::Sqlx, _) => self.peers.join("bin/sqlx"),
            (Tool::Refinery, _) => self.peers.join("bin/refinery"),
            (Tool::Alembic, _) => self.peers.join("python/bin/alembic"),
        };
        program.exists().then_some(program)
    }

    /// The tools that are here, in the order of the table's columns.
    pub fn on(&self, engine: Engine) -> Vec<Tool> {
        [Tool::Ours, Tool::Limit]
            .into_iter()
            .chain(Tool::PEERS)
            .filter(|&tool| self.program(tool, engine).is_some())
            .collect()
    }

    pub fn missing(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.sqlite3 {
            remarks.push("sqlite3 is not installed: SQLite has no limit to compare with".to_owned());
        }
        let peers: Vec<&str> = Tool::PEERS
            .into_iter()
            .filter(|&peer| self.program(peer, Engine::Sqlite).is_none())
            .map(Tool::name)
            .collect();
        if !peers.is_empty() {
            remarks
                .push(format!("not installed, and left out: {} (`make bench-peers` installs them)", peers.join(", ")));
        }
        remarks
    }

    /// Which versions were compared.
    pub fn versions(&self) -> String {
        let mut versions = Vec::new();
        let mut add = |name: &str, program: PathBuf| {
            if let Ok(line) = first_line(Command::new(program).arg("--version")) {
                let version =
                    line.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
                versions.push(format!("{name} {}", version.unwrap_or(&line)));
            }
        };
        if let Some(psql) = &self.psql {
            add("psql", psql.clone());
        }
        add("sqlite3", "sqlite3".into());
        for peer in Tool::PEERS {
            if let Some(program) = self.program(peer, Engine::Sqlite) {
                add(peer.name(), program);
            }
        }
        versions.join(", ")
    }

    /// The command, or none where the tool is not here or knows no such verb (refinery has no way down).
    pub fn command(&self, tool: Tool, verb: Verb, layout: &Layout, database: &Database) -> Option<Command> {
        let mut command = Command::new(self.program(tool, database.engine)?);
        match tool {
            Tool::Ours => {
                ours(&mut command, verb, layout, "auth");
                command.env("DATABASE_URL_AUTH", &database.url);
            }
            Tool::Limit => limit(&mut command, verb, layout, database),
            Tool::Sqlx => {
                match verb {
                    Verb::Apply | Verb::NoOp => command.args(["migrate", "run"]),
                    Verb::Revert => command.args(["migrate", "revert", "--target-version", "0"]),
                };
                let create = if database.engine == Engine::Sqlite { "?mode=rwc" } else { "" };
                command.arg("--source").arg(layout.root.join("sqlx"));
                command.args(["--database-url", &format!("{}{create}", database.url)]);
            }
            Tool::Refinery => {
                if verb == Verb::Revert {
                    return None;
                }
                // With what it can verify: changed and missing files.
                command.args(["migrate", "-d", "-m", "-e", "DATABASE_URL", "-p"]).arg(layout.root.join("refinery"));
                command.env("DATABASE_URL", &database.url);
            }
            Tool::Alembic => {
                command.args(match verb {
                    Verb::Apply | Verb::NoOp => ["upgrade", "head"],
                    Verb::Revert => ["downgrade", "base"],
                });
                command.current_dir(layout.root.join("alembic"));
                command.env("DATABASE_URL", alembic_url(database));
            }
        }
        Some(command)
    }

    /// Our own command for one branch of a project with several, or for all of them; the URLs are the caller's.
    pub fn ours_on(&self, verb: Verb, layout: &Layout, target: &str) -> Command {
        let mut command = Command::new(&self.ours);
        ours(&mut command, verb, layout, target);
        command
    }

    pub fn ours(&self) -> Command {
        Command::new(&self.ours)
    }
}

fn ours(command: &mut Command, verb: Verb, layout: &Layout, target: &str) {
    command.arg("--project").arg(layout.project());
    match verb {
        Verb::Apply | Verb::NoOp => command.args(["upgrade", target]),
        Verb::Revert => command.args(["downgrade", &format!("{target}@base"), "--yes"]),
    };
}

fn limit(command: &mut Command, verb: Verb, layout: &Layout, database: &Database) {
    let word = match verb {
        Verb::Apply => "up",
        Verb::NoOp => "noop",
        Verb::Revert => "down",
    };
    let file = layout.root.join(format!("limit/{word}.{}.sql", database.engine.word()));
    match database.engine {
        Engine::Postgres => {
            command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &database.url, "-f"]).arg(file);
        }
        Engine::Sqlite => {
            command.arg("-bail").arg(&database.file).arg(format!(".read {}", file.display()));
        }
    }
}

fn alembic_url(database: &Database) -> String {
    match database.engine {
        Engine::Postgres => database.url.replacen("postgres://", "postgresql+psycopg://", 1),
        Engine::Sqlite => format!("sqlite:///{}", database.file.display()),
    }
}
