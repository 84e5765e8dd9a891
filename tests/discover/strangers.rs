//! Databases as strangers leave them, each with what is true of it, written before discover was asked: the shop, the fleet
//! and the hospital before the rules were looked at, the bank and the factory afterwards, to catch what is invented.
//!
//! `truth.txt` names every reference that no foreign key declares. Behind `missed:` stands why discover does not find
//! one, behind `invented:` why it finds one that is none; what stands in no line must not be found.

use std::collections::BTreeSet;

use super::support::{Engine, TestDatabase, TestProject};
use super::{foreign, found, set};

/// What should be found, and of that what is known to be missed; with what is known to be invented.
struct Truth {
    found: BTreeSet<String>,
    missed: BTreeSet<String>,
    invented: BTreeSet<String>,
}

impl Truth {
    fn of(text: &str) -> Self {
        let marked = |mark: &str| {
            let lines = text.lines().filter_map(|line| line.split_once(mark)).map(|(line, why)| {
                assert!(!why.trim().is_empty(), "{line}: why?");
                line
            });
            set(&lines.collect::<Vec<_>>())
        };
        let plain = text.lines().filter(|line| !line.contains(" missed: ") && !line.contains(" invented: "));
        Self { found: set(&plain.collect::<Vec<_>>()), missed: marked(" missed: "), invented: marked(" invented: ") }
    }
}

#[track_caller]
fn assert_truth(project: &TestProject, text: &str) {
    let outcome = project.run_line("references discover --format json").success();
    let found: BTreeSet<String> = found(&outcome)
        .iter()
        .map(|line| line.trim_end_matches(" comment").trim_end_matches(" inferred").to_owned())
        .collect();
    let truth = Truth::of(text);
    let expected: BTreeSet<String> = truth.found.union(&truth.invented).cloned().collect();
    let lost: Vec<&String> = expected.difference(&found).collect();
    let invented: Vec<&String> = found.difference(&expected).filter(|line| !truth.missed.contains(*line)).collect();
    let gained: Vec<&String> = found.intersection(&truth.missed).collect();
    let (right, all) = (found.intersection(&truth.found).count(), truth.found.len() + truth.missed.len());
    assert!(
        lost.is_empty() && invented.is_empty() && gained.is_empty(),
        "{right} of {all} found\nmissing {lost:#?}\ninvented {invented:#?}\nno longer missed {gained:#?}\n{outcome}"
    );
}

/// A shop of three services with uuid keys, all comments in the databases.
#[test]
fn a_shop_in_three_services() {
    let [identity, catalog, orders] = [(); 3].map(|()| TestDatabase::new(Engine::Postgres));
    let project = foreign(&[
        ("identity", &identity, include_str!("strangers/shop/identity.sql")),
        ("catalog", &catalog, include_str!("strangers/shop/catalog.sql")),
        ("orders", &orders, include_str!("strangers/shop/orders.sql")),
    ]);
    assert_truth(&project, include_str!("strangers/shop/truth.txt"));
}

/// A fleet with natural keys: comments in the catalog, in the text that SQLite keeps, and in a script.
#[test]
fn a_fleet_with_natural_keys() {
    let (registry, workshop) = (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Mariadb));
    let telemetry = TestDatabase::new(Engine::Sqlite);
    let mut project = foreign(&[
        ("registry", &registry, include_str!("strangers/fleet/registry.sql")),
        ("telemetry", &telemetry, include_str!("strangers/fleet/telemetry.sql")),
    ]);
    project.branch("workshop", "");
    project.database("workshop", &workshop);
    let script = include_str!("strangers/fleet/workshop.sql");
    project.revision("workshop", "0001_tables", "parents = []\n", &[("up.sql", script)]);
    project.run_line("upgrade workshop").success();
    assert_truth(&project, include_str!("strangers/fleet/truth.txt"));
}

/// A hospital, its laboratory and its library: prefixes, camel case and snake case.
#[test]
fn a_hospital_in_three_styles() {
    let (kis, lab) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Mariadb));
    let library = TestDatabase::new(Engine::Sqlite);
    let project = foreign(&[
        ("kis", &kis, include_str!("strangers/hospital/kis.sql")),
        ("lab", &lab, include_str!("strangers/hospital/lab.sql")),
        ("library", &library, include_str!("strangers/hospital/library.sql")),
    ]);
    assert_truth(&project, include_str!("strangers/hospital/truth.txt"));
}

/// A bank whose accounts are money and no people.
#[test]
fn a_bank_whose_accounts_are_no_people() {
    let (core, crm) = (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Postgres));
    let project = foreign(&[
        ("core", &core, include_str!("strangers/bank/core.sql")),
        ("crm", &crm, include_str!("strangers/bank/crm.sql")),
    ]);
    assert_truth(&project, include_str!("strangers/bank/truth.txt"));
}

/// A factory and its sales, with numbers that count and numbers that name.
#[test]
fn a_factory_and_its_sales() {
    let (plant, sales) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Postgres));
    let project = foreign(&[
        ("plant", &plant, include_str!("strangers/works/plant.sql")),
        ("sales", &sales, include_str!("strangers/works/sales.sql")),
    ]);
    assert_truth(&project, include_str!("strangers/works/truth.txt"));
}
