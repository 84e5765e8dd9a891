//! Which branches live in one database: on purpose, since the project's own files say so, or only because two URLs lead there.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::names::BranchName;

/// Where the branches' databases are, and who says so.
///
/// Every plan asks it of every two branches that meet in a database, so that it is found once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedDatabases {
    leads: BTreeMap<BranchName, Lead>,
}

/// Where one branch's URL comes from, and where it leads; equal numbers are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lead {
    source: usize,
    shown: String,
    place: Option<usize>,
}

impl SharedDatabases {
    /// The databases of these branches: what their files say, and where that leads, if it is known. A source must show nothing
    /// of a secret.
    #[must_use]
    pub fn new<S: PartialEq + Display, P: Ord>(branches: impl IntoIterator<Item = (BranchName, S, Option<P>)>) -> Self {
        let mut sources: Vec<S> = Vec::new();
        let mut places: BTreeMap<P, usize> = BTreeMap::new();
        let mut leads = BTreeMap::new();
        for (branch, source, place) in branches {
            let place = place.map(|place| {
                let next = places.len();
                *places.entry(place).or_insert(next)
            });
            let shown = source.to_string();
            let source = sources.iter().position(|known| *known == source).unwrap_or_else(|| {
                sources.push(source);
                sources.len().saturating_sub(1)
            });
            leads.insert(branch, Lead { source, shown, place });
        }
        Self { leads }
    }

    /// A number for a branch's database, the same for all branches that meet there; none where nobody says where it is.
    #[must_use]
    pub fn number(&self, branch: &BranchName) -> Option<usize> {
        self.leads.get(branch)?.place
    }

    /// Whether two branches share a database on purpose: their files name one source.
    #[must_use]
    pub fn share(&self, one: &BranchName, other: &BranchName) -> bool {
        match (self.leads.get(one), self.leads.get(other)) {
            (Some(one), Some(other)) => one.source == other.source,
            _ => false,
        }
    }

    /// Whether two sources lead two branches to one place, as far as that is known: a mistake, until their files say otherwise.
    #[must_use]
    pub fn collide(&self, one: &BranchName, other: &BranchName) -> bool {
        let place = self.number(one);
        place.is_some() && place == self.number(other) && !self.share(one, other)
    }

    /// The branches that another source leads to this branch's database.
    pub fn colliding<'s>(&'s self, branch: &'s BranchName) -> impl Iterator<Item = &'s BranchName> {
        self.leads.keys().filter(move |other| self.collide(branch, other))
    }

    /// Where a branch's URL comes from, as its file says it; empty for a branch that the project does not know.
    #[must_use]
    pub fn source(&self, branch: &BranchName) -> &str {
        self.leads.get(branch).map_or("", |lead| &lead.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::SharedDatabases;
    use crate::names::BranchName;

    #[test]
    fn branches_share_by_their_source_and_collide_by_their_place() {
        let branch = |name: &str| -> BranchName { name.parse().unwrap() };
        let said = [
            ("a", "env:A", Some("x")),
            ("b", "env:B", Some("y")),
            ("c", "env:A", Some("x")),
            ("d", "env:D", Some("x")),
            ("e", "env:E", None),
            ("f", "env:F", None),
            ("g", "env:A", None),
        ];
        let shared = SharedDatabases::new(said.map(|(name, source, place)| (branch(name), source, place)));
        for (one, other, share, collide) in [
            ("a", "c", true, false),
            ("a", "b", false, false),
            ("a", "d", false, true),
            ("e", "f", false, false),
            ("a", "g", true, false),
            ("d", "g", false, false),
            ("a", "z", false, false),
            ("z", "z", false, false),
        ] {
            let (one, other) = (branch(one), branch(other));
            for (one, other) in [(&one, &other), (&other, &one)] {
                assert_eq!(shared.share(one, other), share, "{one} {other}");
                assert_eq!(shared.collide(one, other), collide, "{one} {other}");
            }
        }
        assert!(shared.colliding(&branch("d")).eq([&branch("a"), &branch("c")]));
        assert_eq!(shared.number(&branch("a")), shared.number(&branch("d")));
        assert_ne!(shared.number(&branch("a")), shared.number(&branch("b")));
        assert_eq!((shared.number(&branch("e")), shared.source(&branch("e"))), (None, "env:E"));
    }
}
