//! What somebody puts a name to: what was looked at and what was not, what is wrong, and of when that is.
//!
//! It is said in full sentences that stand for themselves on paper. What was left out is never shortened to a number alone; only
//! of many names the first are said, with how many more there are.

use serde::Serialize;

use super::{Page, number, shown};
use crate::listing::listed as named;
use crate::names::BranchName;
use crate::reference::Listed;
use crate::report::listed::unrecorded_why;

/// What stands above the lines for name and date.
#[derive(Debug, Serialize)]
pub(super) struct Signed {
    looked_at: Vec<String>,
    not_looked_at: Vec<String>,
    orphans: Vec<String>,
    when: Vec<String>,
}

impl Page<'_> {
    pub(super) fn signed(&self) -> Signed {
        Signed {
            looked_at: self.looked_at(),
            not_looked_at: self.not_looked_at(),
            orphans: self.orphans(),
            when: self.when(),
        }
    }

    fn looked_at(&self) -> Vec<String> {
        let listed = number(self.listed.len(), "reference", "references");
        let asked: Vec<&BranchName> =
            self.branches.iter().filter(|branch| branch.database.is_some()).map(|branch| &branch.branch).collect();
        let declared = if asked.is_empty() {
            format!("{listed}, as the project's files declare them. No database was asked.")
        } else {
            let databases = number(asked.len(), "branch's database", "branches' databases");
            format!("{listed}, as {databases} and catalogs have them: {}.", named(&asked))
        };
        let checked = self.listed.iter().filter(|listed| listed.known.check.is_some()).count();
        vec![declared, format!("The rows of {}, at its last check.", number(checked, "reference", "references, each"))]
    }

    fn not_looked_at(&self) -> Vec<String> {
        let mut left = Vec::new();
        for branch in &self.branches {
            if let Some(why) = &branch.skipped {
                let declared = number(branch.references, "reference", "references");
                left.push(format!("{}, with {declared} in its files: {why}", branch.branch));
            }
        }
        let is_here = |name: &BranchName| self.branches.iter().any(|branch| branch.branch == *name);
        let others: Vec<&BranchName> = self.workspace.project.branches.keys().filter(|name| !is_here(name)).collect();
        if !others.is_empty() {
            left.push(format!("References of branches that this report was not asked for: {}.", named(others)));
        }
        left.extend(self.unbound.iter().map(|note| format!("{note}.").replace("?.", "?")));
        left.extend(self.unrecorded.iter().map(|known| format!("{}: {}.", known.place(), unrecorded_why(known))));
        for (branch, why) in &self.unread {
            left.push(format!("The columns of {branch} that are pointed to: {why}"));
        }
        let of = |is_meant: fn(&Listed) -> bool| -> Vec<String> {
            self.listed.iter().filter(|listed| is_meant(listed)).map(|listed| listed.known.place()).collect()
        };
        let never = of(|listed| listed.known.check.is_none());
        if !never.is_empty() {
            let rows = number(never.len(), "reference that was", "references that were");
            left.push(format!("The rows of {rows} never checked: {}.", named(never)));
        }
        let unmapped =
            of(|listed| listed.known.check.as_ref().is_some_and(|check| check.summary.classes.unmapped.rows > 0));
        if !unmapped.is_empty() {
            let names = named(unmapped);
            left.push(format!("Rows whose deciding column has a value that the reference does not name: {names}."));
        }
        left.push(match self.found {
            None => "Columns that nobody declared as references: nobody looked for them.".to_owned(),
            Some(0) => "Columns that nobody declared as references. By names, types and comments, none looks like one."
                .to_owned(),
            Some(found) => format!(
                "Columns that nobody declared as references. {} one.",
                number(found, "column or pair of columns looks like", "columns or pairs of columns look like")
            ),
        });
        left
    }

    fn orphans(&self) -> Vec<String> {
        let (mut beyond, mut within) = (Vec::new(), 0);
        for listed in self.listed {
            let Some(check) = &listed.known.check else { continue };
            let (orphans, allowed) =
                (check.summary.classes.orphans().rows, listed.known.max_orphans.unwrap_or_default());
            if orphans > allowed {
                let place = listed.known.place();
                beyond.push((orphans - allowed, format!("{place} ({orphans}, and {allowed} allowed)")));
            } else {
                within += orphans;
            }
        }
        // The worst stand first: of many, not all are named.
        beyond.sort_by(|one, two| two.0.cmp(&one.0).then_with(|| one.1.cmp(&two.1)));
        let rows: u64 = beyond.iter().map(|(rows, _)| rows).sum();
        let mut said = Vec::new();
        if beyond.is_empty() {
            said.push("None beyond what is allowed, in what was looked at.".to_owned());
        } else {
            let (rows, of) =
                (crate::listing::number(rows, "row", "rows"), number(beyond.len(), "reference", "references"));
            said.push(format!(
                "{rows} of {of} beyond what is allowed: {}.",
                named(beyond.iter().map(|(_, text)| text))
            ));
        }
        if within > 0 {
            said.push(format!("Allowed, and there: {}.", crate::listing::number(within, "row", "rows")));
        }
        said
    }

    fn when(&self) -> Vec<String> {
        let version = env!("CARGO_PKG_VERSION");
        let made = format!("Report made {} by branchline {version}.", shown(&self.generated));
        let mut times: Vec<&str> =
            self.listed.iter().filter_map(|listed| Some(listed.known.check.as_ref()?.at.as_str())).collect();
        times.sort_unstable();
        let checked = match (times.first(), times.last()) {
            (Some(first), Some(last)) if first[..16.min(first.len())] == last[..16.min(last.len())] => {
                format!("Rows checked {}.", shown(first))
            }
            (Some(first), Some(last)) => format!("Rows checked from {} to {}.", shown(first), shown(last)),
            _ => "No rows were checked.".to_owned(),
        };
        vec![made, format!("{checked} What was written since is not part of it.")]
    }
}
