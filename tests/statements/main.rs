//! The engines as judges of the scanner: on every case of the corpus, and on scripts made at random, the servers see the
//! statements that it sees.

use branchline::dialect::Dialect;

#[allow(dead_code, reason = "messages are compared beside the scanner")]
#[path = "../support/corpus.rs"]
mod corpus;
mod generated;
mod judge;
#[path = "../support/mod.rs"]
mod support;

use corpus::{Case, Expected, Flag};
use judge::Judge;
use support::Engine;

/// What an engine makes of a case other than the corpus says.
fn complaints(judge: &mut Judge, case: &Case) -> Vec<String> {
    let Expected::Statements(expected) = &case.expected else {
        let whole = judge.whole(&case.script);
        return if whole.outcome.is_ok() { vec!["it is taken as a whole".to_owned()] } else { Vec::new() };
    };
    let mut complaints = Vec::new();
    if case.flag == Flag::Run {
        let whole = judge.whole(&case.script);
        if whole.statements != expected.len() || whole.outcome.is_err() {
            complaints.push(format!("as a whole it is {} statements: {}", whole.statements, whole.shown()));
        }
    }
    let part = |range: &std::ops::Range<usize>| &case.script[range.clone()];
    let parts: Vec<_> = expected.iter().map(|(range, data)| (part(range), data.as_ref().map(part))).collect();
    for (alone, (sql, _)) in judge.each(&parts).iter().zip(&parts) {
        if alone.statements != 1 || alone.outcome.is_err() {
            complaints.push(format!("{sql:?} is {} statements: {}", alone.statements, alone.shown()));
        }
    }
    complaints
}

fn corpus_on(engine: Engine) {
    let mut judge = Judge::new(engine);
    let (mut asked, mut wrong) = (0, Vec::new());
    for case in corpus::cases() {
        if case.flag == Flag::Offline || !case.dialects.iter().any(|dialect| dialect.name() == engine.name()) {
            continue;
        }
        asked += 1;
        for complaint in complaints(&mut judge, &case) {
            wrong.push(format!("{}: {complaint}\n    {:?}", case.place, case.script));
        }
    }
    assert!(wrong.is_empty(), "{engine}, {} of {asked} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= 60, "{asked}");
}

#[test]
fn postgres_sees_the_corpus_so() {
    corpus_on(Engine::Postgres);
}

#[test]
fn mariadb_sees_the_corpus_so() {
    corpus_on(Engine::Mariadb);
}

#[test]
fn sqlite_sees_the_corpus_so() {
    corpus_on(Engine::Sqlite);
}
