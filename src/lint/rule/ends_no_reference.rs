//! An `[[end_reference]]` that ends nothing: mostly a column that is spelt otherwise, and a reference that goes on.

use std::collections::BTreeSet;

use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::reference::live;
use crate::suggest::did_you_mean;

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, _) in project.branches() {
        let order = project.graph.revisions(scripts.branch);
        for &index in order {
            let revision = project.revision(index);
            if revision.ended_references.is_empty() {
                continue;
            }
            let before = order.iter().copied().filter(|&other| project.graph.is_ancestor(other, index));
            let live = live(project.revisions, before);
            let names: BTreeSet<String> = live.iter().map(|(_, reference)| reference.from.to_string()).collect();
            for ended in revision.ended_references.iter().filter(|ended| !names.contains(&ended.from.to_string())) {
                let place = &ended.declared_at;
                let message = format!("no reference of {} lives that this could end", ended.from);
                let mut one = Found::at_line(place.line.unwrap_or(1), place.column, Code::EndsNoReference, message);
                one.hint = did_you_mean(&ended.from.to_string(), names.iter().map(String::as_str));
                found.push(project.in_file(scripts, index, &place.file, one));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::code::Code;
    use crate::lint::testing::{hints_of_project, revision, said_of_project};

    #[test]
    fn what_ends_nothing() {
        let revisions = [
            revision("a@1", "CREATE TABLE p (u int)").refers("p.u", "b:users.id").ends("p.u"),
            revision("a@2", "SELECT 1").after(&["1"]).ends("p.U").ends("p.u"),
            revision("a@3", "SELECT 1").after(&["2"]).ends("p.u"),
            revision("a@4", "SELECT 1").after(&["1"]).ends("p.u"),
        ];
        assert_eq!(
            said_of_project(&revisions, Code::EndsNoReference),
            [
                "a/1.toml:15 no reference of p.u lives that this could end",
                "a/2.toml:15 no reference of p.U lives that this could end",
                "a/3.toml:15 no reference of p.u lives that this could end"
            ]
        );
        assert_eq!(hints_of_project(&revisions, Code::EndsNoReference), ["did you mean `p.u`?"]);
    }
}
