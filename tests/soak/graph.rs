//! A random graph over a few branches, the scripts of its revisions, and what commands mean on it: the model that the command is
//! held to. It is told from the design's words and not from the command's code.

use std::collections::BTreeSet;

use crate::random::Random;
use crate::support::Engine;

/// Revisions by their place in [`Graph::revisions`].
pub type Set = BTreeSet<usize>;

pub struct Revision {
    pub branch: usize,
    pub id: String,
    pub parents: Vec<usize>,
    pub depends_on: Vec<usize>,
    /// Whether its scripts are no transaction.
    pub stepwise: bool,
    /// Whether its way up needs a table that is not there until somebody makes it.
    pub gated: bool,
    /// Whether it builds an index first.
    pub index: bool,
}

pub struct Graph {
    pub engines: Vec<Engine>,
    pub revisions: Vec<Revision>,
}

pub const BRANCHES: [&str; 3] = ["auth", "core", "specs"];

impl Graph {
    pub fn new(random: &mut Random) -> Self {
        let count = 1 + random.below(3);
        let engines: Vec<Engine> = (0..count).map(|_| *random.pick(&Engine::ALL)).collect();
        let mut graph = Self { engines, revisions: Vec::new() };
        for branch in 0..count {
            graph.add(branch, Vec::new(), Vec::new(), random);
        }
        for _ in 0..count * (3 + random.below(4)) {
            let branch = random.below(count);
            let parents = graph.some_parents(branch, random);
            let others: Vec<usize> =
                (0..graph.revisions.len()).filter(|&at| graph.revisions[at].branch != branch).collect();
            let depends_on =
                if !others.is_empty() && random.chance(40) { vec![*random.pick(&others)] } else { Vec::new() };
            graph.add(branch, parents, depends_on, random);
        }
        graph
    }

    fn add(&mut self, branch: usize, parents: Vec<usize>, depends_on: Vec<usize>, random: &mut Random) {
        let (root, id) = (parents.is_empty(), format!("r{:02}", self.revisions.len()));
        self.revisions.push(Revision {
            branch,
            id,
            parents,
            depends_on,
            stepwise: random.chance(40),
            gated: !root && random.chance(15),
            index: !root && random.chance(40),
        });
    }

    /// Mostly the newest of the branch; sometimes an older one, which makes a fork, or two heads, which makes a merge.
    fn some_parents(&self, branch: usize, random: &mut Random) -> Vec<usize> {
        let of_branch: Vec<usize> =
            (0..self.revisions.len()).filter(|&at| self.revisions[at].branch == branch).collect();
        let heads: Vec<usize> = of_branch.iter().copied().filter(|&at| self.children(at).next().is_none()).collect();
        if heads.len() > 1 && random.chance(40) {
            return heads[..2].to_vec();
        }
        if random.chance(20) { vec![*random.pick(&of_branch)] } else { of_branch.last().copied().into_iter().collect() }
    }

    fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.revisions.len()).filter(move |&at| self.revisions[at].parents.contains(&of))
    }

    pub fn name(&self, at: usize) -> String {
        format!("{}@{}", BRANCHES[self.revisions[at].branch], self.revisions[at].id)
    }

    pub fn find(&self, id: &str) -> usize {
        self.revisions.iter().position(|revision| revision.id == id).expect("a revision of the graph")
    }

    pub fn of_branch(&self, set: &Set, branch: usize) -> Set {
        set.iter().copied().filter(|&at| self.revisions[at].branch == branch).collect()
    }

    /// What must be there before these are, and these.
    pub fn with_ancestors(&self, of: impl IntoIterator<Item = usize>, dependencies: bool) -> Set {
        let (mut found, mut left) = (Set::new(), Vec::from_iter(of));
        while let Some(at) = left.pop() {
            if found.insert(at) {
                let revision = &self.revisions[at];
                left.extend(&revision.parents);
                left.extend(revision.depends_on.iter().filter(|_| dependencies));
            }
        }
        found
    }

    /// What cannot be there without these, and these.
    pub fn with_descendants(&self, of: impl IntoIterator<Item = usize>) -> Set {
        let (mut found, mut left) = (Set::new(), Vec::from_iter(of));
        while let Some(at) = left.pop() {
            if found.insert(at) {
                left.extend((0..self.revisions.len()).filter(|&other| {
                    let revision = &self.revisions[other];
                    revision.parents.contains(&at) || revision.depends_on.contains(&at)
                }));
            }
        }
        found
    }

    /// The statements of a way of a revision.
    pub fn script(&self, at: usize, up: bool) -> Vec<String> {
        let revision = &self.revisions[at];
        let id = &revision.id;
        let engine = self.engines[revision.branch];
        if revision.parents.is_empty() {
            let script: &[&str] = if up {
                &[
                    "CREATE TABLE ledger (what VARCHAR(20))",
                    "CREATE TABLE tally (n INTEGER NOT NULL)",
                    "INSERT INTO tally VALUES (0)",
                ]
            } else {
                &["DROP TABLE tally", "DROP TABLE ledger"]
            };
            return script.iter().map(|&statement| statement.to_owned()).collect();
        }
        let concurrently = if engine == Engine::Postgres && revision.stepwise { "CONCURRENTLY " } else { "" };
        let on = if engine == Engine::Mariadb { " ON ledger" } else { "" };
        let mut script = Vec::new();
        if up {
            script.extend(revision.index.then(|| format!("CREATE INDEX {concurrently}ix_{id} ON ledger (what)")));
            script.push(format!("CREATE TABLE t_{id} (id INTEGER)"));
            script.push(format!("INSERT INTO ledger VALUES ('{id}')"));
            script.extend(revision.gated.then(|| format!("INSERT INTO gate_{id} VALUES (1)")));
            script.push("UPDATE tally SET n = n + 1".to_owned());
        } else {
            script.push("UPDATE tally SET n = n - 1".to_owned());
            script.push(format!("DELETE FROM ledger WHERE what = '{id}'"));
            script.push(format!("DROP TABLE t_{id}"));
            script.extend(revision.index.then(|| format!("DROP INDEX {concurrently}ix_{id}{on}")));
        }
        script
    }
}
