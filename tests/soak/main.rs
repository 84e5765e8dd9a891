//! Random graphs, random commands and random damage, for as long as asked: `make soak`. After each command the databases are
//! held to a model in memory of what must be applied, or may be where something was killed.
//!
//! A world lives for a few commands and has a seed of its own, which is printed where something is wrong:
//! `SOAK_SEED=... make soak` goes through that world first. Runs that meet each other do so by chance even then.

#[path = "../support/mod.rs"]
mod support;

mod act;
mod graph;
mod random;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use act::Acts;
use random::Random;
use world::World;

/// How many commands a world lives for.
const COMMANDS: usize = 25;

#[test]
#[ignore = "it takes as long as it is told to: make soak"]
#[allow(clippy::print_stdout)]
fn soak() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let limit = Duration::from_secs(number("SOAK_SECONDS").unwrap_or(600));
    let first = number("SOAK_SEED").unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    println!("soak: {} s, SOAK_SEED={first}", limit.as_secs());
    let started = Instant::now();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut worlds = 0;
    while started.elapsed() < limit {
        let seed = first + worlds;
        let mut random = Random(seed);
        let mut acts = Acts::new(World::new(&mut random));
        let lived = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..COMMANDS {
                let kind = acts.act(&mut random);
                *counts.entry(kind).or_default() += 1;
            }
        }));
        if lived.is_err() {
            panic!("SOAK_SEED={seed} goes through this world first. Its commands were:\n{}", acts.log.join("\n"));
        }
        worlds += 1;
    }
    println!("soak: {worlds} worlds, {} s, SOAK_SEED={first}", started.elapsed().as_secs());
    for (kind, count) in counts {
        println!("soak: {count:6} {kind}");
    }
}
