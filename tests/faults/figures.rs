//! How many faults were tried, and how many of them did no harm.

use std::fmt::Display;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// The faults of one kind on one engine.
pub struct Tally {
    engine: String,
    kind: String,
    tried: usize,
    failed: Vec<String>,
}

impl Tally {
    pub fn new(engine: impl Display, kind: &str) -> Self {
        Self { engine: engine.to_string(), kind: kind.to_owned(), tried: 0, failed: Vec::new() }
    }

    /// Tries a fault: it survives, which is what this gives, where nothing panics.
    pub fn fault(&mut self, place: impl Display, work: impl FnOnce()) -> bool {
        self.tried += 1;
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(()) => true,
            Err(panic) => {
                let said = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
                self.failed.push(format!("{}, {}, {place}: {said}", self.engine, self.kind));
                false
            }
        }
    }

    /// Writes the figures down, and panics where a fault did harm.
    #[track_caller]
    pub fn finish(self) {
        let Self { engine, kind, tried, failed } = self;
        let survived = tried - failed.len();
        let folder = std::env::var_os("BRANCHLINE_TEST_FIGURES")
            .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figures"), PathBuf::from);
        std::fs::create_dir_all(&folder).unwrap();
        let name = format!("{engine}-{kind}").replace(|letter: char| !letter.is_alphanumeric(), "-");
        let mut file = std::fs::File::create(folder.join(name)).unwrap();
        writeln!(file, "{engine}\t{kind}\t{tried}\t{survived}").unwrap();
        assert!(tried > 0, "{engine}, {kind}: nothing was tried");
        assert!(failed.is_empty(), "{} of {tried} faults did harm:\n{}", failed.len(), failed.join("\n\n"));
    }
}
