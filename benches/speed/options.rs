//! What to measure, and how often.

use crate::Error;

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    NoOp,
    Apply,
    Pair,
    Count,
    Memory,
    Plan,
    /// One script of a gigabyte; only where it is asked for.
    Long,
    /// Millions of references; only where it is asked for.
    References,
}

impl Section {
    /// Those that are measured where none is named.
    const USUAL: [Self; 6] = [Self::NoOp, Self::Apply, Self::Pair, Self::Count, Self::Memory, Self::Plan];

    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOp => "noop",
            Self::Apply => "apply",
            Self::Pair => "pair",
            Self::Count => "count",
            Self::Memory => "memory",
            Self::Plan => "plan",
            Self::Long => "long",
            Self::References => "references",
        }
    }
}

/// What to measure, and how often.
pub struct Options {
    pub rounds: usize,
    /// A tenth of everything, once: whether it works, not how fast it is.
    pub quick: bool,
    pub sections: Vec<Section>,
}

impl Options {
    pub fn read() -> Result<Self, Error> {
        let (mut rounds, mut quick, mut sections) = (None, false, Vec::new());
        if let Ok(text) = std::env::var("BENCH_ROUNDS") {
            rounds = Some(text.parse::<usize>().map_err(|_| format!("BENCH_ROUNDS is no number: {text}"))?);
        }
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // cargo says so to every benchmark.
                "--bench" => {}
                "--quick" => quick = true,
                "--rounds" => {
                    let number = arguments.next().unwrap_or_default();
                    rounds = Some(number.parse().map_err(|_| format!("--rounds takes a number, not `{number}`"))?);
                }
                name => {
                    match Section::USUAL
                        .into_iter()
                        .chain([Section::Long, Section::References])
                        .find(|section| section.name() == name)
                    {
                        Some(section) => sections.push(section),
                        None => return Err(format!("unknown argument `{name}`").into()),
                    }
                }
            }
        }
        if sections.is_empty() {
            sections = Section::USUAL.to_vec();
        }
        let rounds = rounds.unwrap_or(if quick { 1 } else { 5 }).max(1);
        Ok(Self { rounds, quick, sections })
    }

    /// As many revisions as this, or fewer in a quick run.
    pub fn revisions(&self, full: usize) -> usize {
        if self.quick { (full / 10).max(10) } else { full }
    }
}
