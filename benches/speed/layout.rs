//! The same revisions as each tool wants to find them: a table of six columns and two indexes each, in one line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::database::Engine;

/// A folder with one tool's files each, and how many revisions they hold.
pub struct Layout {
    pub root: PathBuf,
    pub revisions: usize,
    /// The branches of our own project; the peers know only one.
    pub branches: Vec<&'static str>,
}

/// The statements that apply a revision, the same for both engines and all tools.
fn up(name: &str) -> [String; 3] {
    [
        format!(
            "CREATE TABLE {name} (\n  id integer PRIMARY KEY,\n  name varchar(255) NOT NULL,\n  owner integer,\n  \
             size integer,\n  note text,\n  created_at timestamp NOT NULL\n)"
        ),
        format!("CREATE INDEX ix_{name}_owner ON {name} (owner)"),
        format!("CREATE INDEX ix_{name}_size ON {name} (size, note)"),
    ]
}

fn script(name: &str) -> String {
    up(name).map(|statement| statement + ";\n").concat()
}

fn table(number: usize) -> String {
    format!("t{number}")
}

impl Layout {
    /// Every tool's files.
    pub fn write(root: PathBuf, revisions: usize) -> Result<Self, Error> {
        let layout = Self { root, revisions, branches: vec!["auth"] };
        layout.ours()?;
        layout.limit()?;
        layout.sqlx()?;
        layout.refinery()?;
        layout.alembic()?;
        Ok(layout)
    }

    /// Our own project with several branches, and the limit.
    pub fn write_pair(root: PathBuf, revisions: usize) -> Result<Self, Error> {
        let layout = Self { root, revisions, branches: vec!["auth", "specs"] };
        layout.ours()?;
        layout.limit()?;
        Ok(layout)
    }

    pub fn project(&self) -> PathBuf {
        self.root.join("branchline")
    }

    fn ours(&self) -> Result<(), Error> {
        for branch in &self.branches {
            write(&self.project().join(format!("branches/{branch}.toml")), "dialects = [\"postgres\", \"sqlite\"]\n")?;
            for number in 1..=self.revisions {
                let parents = if number == 1 { String::new() } else { format!("\"{:05}\"", number - 1) };
                let manifest = format!("description = \"Table {number}\"\nparents = [{parents}]\n");
                write_revision(&self.project(), branch, number, &manifest, &table(number))?;
            }
        }
        Ok(())
    }

    /// A file for the database's own shell: a transaction and a version row a revision.
    fn limit(&self) -> Result<(), Error> {
        for engine in [Engine::Postgres, Engine::Sqlite] {
            let now = match engine {
                Engine::Postgres => "now()",
                Engine::Sqlite => "datetime('now')",
            };
            let mut up =
                "CREATE TABLE version (id varchar(64) PRIMARY KEY, checksum varchar(64), at timestamp);\n".to_owned();
            let mut down = String::new();
            for number in 1..=self.revisions {
                let name = table(number);
                let checksum = format!("{number:064x}");
                write!(up, "BEGIN;\n{}", script(&name))?;
                write!(up, "INSERT INTO version VALUES ('{number:05}', '{checksum}', {now});\nCOMMIT;\n")?;
            }
            for number in (1..=self.revisions).rev() {
                let name = table(number);
                write!(down, "BEGIN;\nDROP TABLE {name};\nDELETE FROM version WHERE id = '{number:05}';\nCOMMIT;\n")?;
            }
            let limit = self.root.join("limit");
            write(&limit.join(format!("up.{}.sql", engine.word())), &up)?;
            write(&limit.join(format!("down.{}.sql", engine.word())), &down)?;
            write(
                &limit.join(format!("noop.{}.sql", engine.word())),
                "SELECT id, checksum FROM version ORDER BY id;\n",
            )?;
        }
        Ok(())
    }

    fn sqlx(&self) -> Result<(), Error> {
        for number in 1..=self.revisions {
            let name = table(number);
            let path = |way: &str| self.root.join(format!("sqlx/{number:05}_{name}.{way}.sql"));
            write(&path("up"), &script(&name))?;
            write(&path("down"), &format!("DROP TABLE {name};\n"))?;
        }
        Ok(())
    }

    fn refinery(&self) -> Result<(), Error> {
        for number in 1..=self.revisions {
            let name = table(number);
            write(&self.root.join(format!("refinery/V{number}__{name}.sql")), &script(&name))?;
        }
        Ok(())
    }

    fn alembic(&self) -> Result<(), Error> {
        let root = self.root.join("alembic");
        write(&root.join("alembic.ini"), "[alembic]\nscript_location = %(here)s\n")?;
        write(&root.join("script.py.mako"), "")?;
        write(&root.join("env.py"), ALEMBIC_ENVIRONMENT)?;
        for number in 1..=self.revisions {
            let name = table(number);
            let parent = if number == 1 { "None".to_owned() } else { format!("'{:05}'", number - 1) };
            let mut text = format!("from alembic import op\n\nrevision = '{number:05}'\ndown_revision = {parent}\n");
            text.push_str("\n\ndef upgrade():\n");
            for statement in up(&name) {
                writeln!(text, "    op.execute(\"\"\"{statement}\"\"\")")?;
            }
            write!(text, "\n\ndef downgrade():\n    op.execute('DROP TABLE {name}')\n")?;
            write(&root.join(format!("versions/{number:05}_{name}.py")), &text)?;
        }
        Ok(())
    }
}

const ALEMBIC_ENVIRONMENT: &str = "import os
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ['DATABASE_URL'], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
";

/// A revision folder of our own.
pub fn write_revision(project: &Path, branch: &str, number: usize, manifest: &str, table: &str) -> Result<(), Error> {
    let folder = project.join(format!("migrations/{branch}/{number:05}_{table}"));
    write(&folder.join("revision.toml"), manifest)?;
    write(&folder.join("up.sql"), &script(table))?;
    write(&folder.join("down.sql"), &format!("DROP TABLE {table};\n"))
}

pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}
