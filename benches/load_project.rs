//! How long it takes to load a project, with and without the checksums of its scripts.
//!
//! Lays out a project of revisions (revision.toml, up.sql, down.sql each) in a temporary folder and loads it again and again,
//! with a warm cache: `cargo bench --bench load_project -- 5000 50`, for 5,000 revisions and 50 rounds.

#![allow(clippy::print_stdout, missing_docs)]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use branchline::project::Project;
use branchline::revision::{LoadOptions, load};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let revisions = numbers.next().unwrap_or(5000);
    let rounds = numbers.next().unwrap_or(30).max(1);
    let folder = tempfile::tempdir()?;
    lay_out(folder.path(), revisions)?;
    println!("{revisions} revisions, {rounds} rounds");
    for checksums in [true, false] {
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let start = Instant::now();
            let project = Project::load(folder.path())?;
            let loaded = load(&project, LoadOptions { checksums })?;
            times.push(start.elapsed());
            assert_eq!(black_box(loaded).len(), revisions);
        }
        times.sort_unstable();
        let name = if checksums { "with checksums" } else { "without" };
        println!("{name:>15}: median {}, fastest {}", milliseconds(times[rounds / 2]), milliseconds(times[0]));
    }
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// A chain on one branch, each revision a table of six columns and two indexes.
fn lay_out(root: &Path, revisions: usize) -> std::io::Result<()> {
    fs::create_dir_all(root.join("branches"))?;
    fs::write(root.join("branches/auth.toml"), "dialects = [\"postgres\", \"sqlite\"]\n")?;
    for number in 0..revisions {
        let folder = root.join(format!("migrations/auth/{number:04}_table_{number}"));
        fs::create_dir_all(&folder)?;
        let parents = if number == 0 { String::new() } else { format!("\"{:04}\"", number - 1) };
        let manifest = format!("description = \"Table {number}\"\nparents = [{parents}]\n");
        let up = format!(
            "CREATE TABLE t{number} (\n  id integer PRIMARY KEY,\n  name varchar(255) NOT NULL,\n  a integer,\n  \
             b integer,\n  c text,\n  created_at timestamp NOT NULL\n);\n\
             CREATE INDEX ix_t{number}_a ON t{number} (a);\nCREATE INDEX ix_t{number}_b ON t{number} (b, c);\n"
        );
        fs::write(folder.join("revision.toml"), manifest)?;
        fs::write(folder.join("up.sql"), up)?;
        fs::write(folder.join("down.sql"), format!("DROP TABLE t{number};\n"))?;
    }
    Ok(())
}
