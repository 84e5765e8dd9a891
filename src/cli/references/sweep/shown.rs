//! What a sweep, or its captures, came to: for people and for machines.

use std::collections::BTreeMap;

use branchline::error::{Exit, Failure, Failures};
use branchline::listing::{listed, number};
use branchline::run::{CaptureChange, CaptureReport, Live, Problem, RunError, Waiting, Way, WayReport};
use serde_json::{Value, json};

use crate::cli::answer::Answer;
use crate::cli::table::Table;

/// A signal ended it.
pub fn interrupted() -> Failure {
    Failure::new(
        "interrupted",
        Exit::Interrupted,
        "interrupted; what was swept is marked, and the rest waits for the next sweep",
    )
}

/// What a problem is to whoever looks at exit codes.
pub fn failures(problem: &Problem) -> Vec<Failure> {
    match problem {
        Problem::Database(branch, error) => vec![Failure::from(error).about(Some(branch), None)],
        Problem::Run(error) => Failures::from(RunError::clone(error)).as_slice().to_vec(),
        Problem::Refused { branch, kind, message, hint } => {
            vec![Failure::new(kind, Exit::Refused, message.clone()).with_hint(hint.clone()).about(Some(branch), None)]
        }
    }
}

/// What stopped these ways, each cause once with the references that it concerns; before them what nobody could ask.
pub fn by_cause<'w>(
    stopped: impl Iterator<Item = (&'w Way, &'w Problem)>,
    unread: Vec<Failure>,
) -> impl Iterator<Item = Failure> {
    let mut causes: Vec<(Failure, Vec<String>)> = unread.into_iter().map(|failure| (failure, Vec::new())).collect();
    for (way, problem) in stopped {
        for failure in failures(problem) {
            let is_same = |known: &Failure| {
                (known.kind, &known.message, &known.branch) == (failure.kind, &failure.message, &failure.branch)
            };
            let place = way.reference.place();
            match causes.iter_mut().find(|(known, _)| is_same(known)) {
                Some((_, places)) if places.contains(&place) => {}
                Some((_, places)) => places.push(place),
                None => causes.push((failure, vec![place])),
            }
        }
    }
    causes.into_iter().map(|(mut failure, places)| {
        if !places.is_empty() {
            failure.message = format!("{}; it concerns {}", failure.message, listed(places));
        }
        failure
    })
}

/// The branches that could not be asked for their references.
pub fn unread(live: &Live) -> Vec<Failure> {
    live.unread.iter().map(|(branch, error)| Failure::from(error).about(Some(branch), None)).collect()
}

/// The captures that were installed or taken away.
pub fn changes(changes: &[CaptureChange]) -> Answer {
    let mut lines = Vec::new();
    for change in changes {
        let (did, columns) = (if change.installed { "installed" } else { "uninstalled" }, change.columns.join(", "));
        lines.push(format!("{did}  {}:{} ({columns})", change.branch, change.table));
        if !change.forgotten.is_empty() {
            lines.push(format!("  forgotten: {}", waiting(&change.forgotten)));
        }
        if change.installed {
            lines.extend(change.gaps.iter().map(|gap| format!("  warning: {gap}")));
        }
    }
    let documents: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "branch": change.branch,
                "table": change.table.to_string(),
                "columns": change.columns,
                "installed": change.installed,
                "warnings": change.gaps,
                "forgotten": change.forgotten.iter().map(forgotten).collect::<Vec<_>>(),
            })
        })
        .collect();
    Answer::text(lines.join("\n")).with("captures", documents)
}

/// How many keys wait for which references, in words.
pub fn waiting(waiting: &[Waiting]) -> String {
    let of = |waiting: &Waiting| {
        let keys = number(waiting.keys, "recorded key of", "recorded keys of");
        let waits = if waiting.keys == 1 { "waits" } else { "wait" };
        let (place, policy) = (waiting.reference.place(), waiting.reference.on_delete.word());
        format!("{keys} {} {waits} for {place} ({policy})", waiting.target)
    };
    listed(waiting.iter().map(of))
}

fn forgotten(waiting: &Waiting) -> Value {
    let Waiting { reference, target, keys } = waiting;
    let mut document = way_document(&Way { reference: reference.clone(), target: target.clone(), values: None });
    document["keys"] = json!(keys);
    document
}

/// What is recorded and what waits.
pub fn status(ways: &[Way], reports: &[CaptureReport], most: Option<u64>) -> Answer {
    let mut table = Table::new(["REFERENCE", "PARENT", "ON DELETE", "CAPTURE", "WAITING", "OLDEST", "REPORTED"]);
    let (mut documents, mut notes, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
    for (way, report) in ways.iter().zip(reports) {
        let state = match (&report.problem, &report.row) {
            (Some(_), _) => "unknown",
            (None, None) => "not_captured",
            (None, Some(row)) if row.works => "captured",
            (None, Some(_)) => "capture_broken",
        };
        let backlog = report.backlog.as_ref();
        let of_backlog =
            |text: &dyn Fn(&branchline::database::Backlog) -> String| backlog.map_or_else(|| "-".to_owned(), text);
        table.row([
            way.reference.place(),
            way.target.to_string(),
            way.reference.on_delete.word().to_owned(),
            state.replace('_', " "),
            of_backlog(&|backlog| backlog.pending.to_string()),
            of_backlog(&|backlog| backlog.oldest_at.clone().unwrap_or_else(|| "-".to_owned())),
            of_backlog(&|backlog| backlog.reported.to_string()),
        ]);
        let warnings = report.row.as_ref().map(|row| row.gaps.clone()).unwrap_or_default();
        notes.extend(warnings.iter().map(|gap| format!("{}: {gap}", way.target)));
        let problems: Vec<Failure> = report.problem.iter().flat_map(failures).collect();
        stopped.extend(report.problem.iter().map(|problem| (way, problem)));
        if let Some(backlog) = backlog {
            notes.extend(emptied(way, backlog.emptied));
            if most.is_some_and(|most| backlog.pending > most) {
                notes.push(format!(
                    "{}: {}, more than {}",
                    way.reference.place(),
                    number(backlog.pending, "key waits", "keys wait"),
                    most.unwrap_or(0)
                ));
            }
        }
        let mut document = way_document(way);
        document["state"] = json!(state);
        document["captured_since"] = json!(report.row.as_ref().map(|row| &row.installed_at));
        document["warnings"] = json!(warnings);
        document["backlog"] = json!(backlog);
        if let Some(problem) = problems.first() {
            document["error"] = json!(problem);
        }
        documents.push(document);
    }
    notes.dedup();
    notes.extend(by_cause(stopped.into_iter(), Vec::new()).map(|failure| failure.message));
    let text = if ways.is_empty() { "No live references.".to_owned() } else { table.to_string() };
    Answer::text(std::iter::once(text).chain(notes).collect::<Vec<_>>().join("\n")).with("references", documents)
}

/// What was swept.
pub fn swept(ways: &[Way], reports: &[WayReport], live: &Live, dry_run: bool) -> Answer {
    let did = if dry_run { "WOULD CHANGE" } else { "CHANGED" };
    let mut table = Table::new(["REFERENCE", "PARENT", "ON DELETE", "KEYS", did, "BACK", "REPORTED", "WAITING"]);
    let mut notes = Vec::new();
    for (way, report) in ways.iter().zip(reports) {
        let waiting = report.backlog.as_ref().map_or_else(|| "?".to_owned(), |backlog| backlog.pending.to_string());
        table.row([
            way.reference.place(),
            way.target.to_string(),
            way.reference.on_delete.word().to_owned(),
            report.keys.to_string(),
            report.rows.to_string(),
            report.back.to_string(),
            report.reported_keys.to_string(),
            waiting,
        ]);
        if report.reported_keys > 0 {
            let place = way.reference.place();
            let samples = listed(&report.samples);
            notes.push(format!(
                "{place}: {} to {}, among them {samples}",
                number(report.reported_rows, "row refers", "rows refer"),
                number(report.reported_keys, "deleted key", "deleted keys")
            ));
        }
        notes.extend(emptied(way, report.emptied));
        if let Some(Problem::Refused { kind: "not_captured", message, hint, .. }) = &report.problem {
            let hint = hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
            notes.push(format!("{} was not swept: {message}{hint}", way.reference.place()));
        }
    }
    notes.extend(live.keeps());
    let documents: Vec<Value> = ways.iter().zip(reports).map(|(way, report)| document(way, report)).collect();
    Answer::text(std::iter::once(table.to_string()).chain(notes).collect::<Vec<_>>().join("\n"))
        .with("dry_run", dry_run)
        .with("references", documents)
}

/// A table that was emptied as a whole tells no keys.
fn emptied(way: &Way, times: u64) -> Option<String> {
    (times > 0).then(|| {
        format!(
            "{} was emptied as a whole, and nobody knows of which keys: `branchline references check {}` tells what that left behind",
            way.target,
            way.reference.branch
        )
    })
}

fn way_document(way: &Way) -> Value {
    let columns = |columns: &branchline::revision::Columns| json!({"table": columns.table.to_string(), "columns": columns.columns});
    let with_branch = |branch: &branchline::names::BranchName, mut columns: Value| {
        columns["branch"] = json!(branch);
        columns
    };
    json!({
        "id": way.reference.id.to_string(),
        "from": with_branch(&way.reference.branch, columns(&way.reference.from)),
        "to": [with_branch(&way.target.branch, columns(&way.target.columns))],
        "kind": way.reference.kind(),
        "on_delete": way.reference.on_delete.word(),
        "values": way.values.as_ref().map(|(_, values)| values),
    })
}

fn document(way: &Way, report: &WayReport) -> Value {
    let mut document = way_document(way);
    document["keys"] = json!(report.keys);
    document["rows"] = json!(report.rows);
    document["back"] = json!(report.back);
    document["reported"] =
        json!({"keys": report.reported_keys, "rows": report.reported_rows, "samples": report.samples});
    document["emptied"] = json!(report.emptied);
    document["backlog"] = json!(report.backlog);
    document["interrupted"] = json!(report.interrupted);
    if let Some(problem) = report.problem.iter().flat_map(failures).next() {
        document["error"] = json!(problem);
    }
    document
}

/// What a sweep that goes on and on has come to.
#[derive(Default)]
pub struct Total {
    ways: BTreeMap<(String, String), (Way, WayReport)>,
    /// What was told last of each way that cannot be gone.
    told: BTreeMap<(String, String), String>,
}

impl Total {
    /// Adds a sweep, and gives the lines that tell of it: none where nothing was done.
    pub fn add(&mut self, ways: &[Way], reports: &[WayReport]) -> Vec<String> {
        let (mut lines, mut stopped) = (Vec::new(), Vec::new());
        for (way, report) in ways.iter().zip(reports) {
            let key = (way.reference.place(), way.target.to_string());
            if report.keys > 0 {
                let (keys, rows, back) = (report.keys, report.rows, report.back);
                lines.push(format!(
                    "{} -> {}: {}, {} changed, {back} back",
                    key.0,
                    key.1,
                    number(keys, "key", "keys"),
                    number(rows, "row", "rows")
                ));
            }
            let problem = report.problem.iter().flat_map(failures).next().map(|failure| failure.message);
            if let Some(problem) = &problem
                && self.told.get(&key) != Some(problem)
            {
                stopped.extend(report.problem.iter().map(|problem| (way, problem)));
            }
            match problem {
                Some(problem) => self.told.insert(key.clone(), problem),
                None => self.told.remove(&key),
            };
            let (_, total) = self.ways.entry(key).or_insert_with(|| (way.clone(), WayReport::default()));
            let so_far = (total.keys + report.keys, total.rows + report.rows, total.back + report.back);
            *total = report.clone();
            (total.keys, total.rows, total.back) = so_far;
        }
        lines.extend(by_cause(stopped.into_iter(), Vec::new()).map(|failure| failure.message));
        lines
    }

    /// All sweeps together.
    pub fn answer(self) -> Answer {
        let (ways, reports): (Vec<Way>, Vec<WayReport>) = self.ways.into_values().unzip();
        swept(&ways, &reports, &Live::default(), false)
    }
}
