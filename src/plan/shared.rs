//! Which branches live in one database, by the project's own files.

use std::collections::BTreeMap;

use crate::names::BranchName;

/// Which branches the project's own files point at one database.
///
/// Every plan asks it of every two branches that meet in a database, so that it is found once: by where each URL leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedDatabases {
    numbers: BTreeMap<BranchName, usize>,
}

impl SharedDatabases {
    /// The databases of these branches: branches of equal places share one.
    #[must_use]
    pub fn by_place<P: Ord>(places: impl IntoIterator<Item = (BranchName, P)>) -> Self {
        let mut known: BTreeMap<P, usize> = BTreeMap::new();
        let numbers = places
            .into_iter()
            .map(|(branch, place)| {
                let next = known.len();
                (branch, *known.entry(place).or_insert(next))
            })
            .collect();
        Self { numbers }
    }

    /// A number for a branch's database, the same for all branches that share it; none where nobody says where it is.
    #[must_use]
    pub fn number(&self, branch: &BranchName) -> Option<usize> {
        self.numbers.get(branch).copied()
    }

    /// Whether two branches share a database.
    #[must_use]
    pub fn share(&self, one: &BranchName, other: &BranchName) -> bool {
        self.number(one).is_some_and(|number| self.number(other) == Some(number))
    }
}

#[cfg(test)]
mod tests {
    use super::SharedDatabases;
    use crate::names::BranchName;

    #[test]
    fn branches_of_one_place_share_and_unknown_ones_share_with_nobody() {
        let branch = |name: &str| -> BranchName { name.parse().unwrap() };
        let places = [("a", "x"), ("b", "y"), ("c", "x")].map(|(name, place)| (branch(name), place));
        let shared = SharedDatabases::by_place(places);
        for (one, other, expected) in
            [("a", "c", true), ("c", "a", true), ("a", "b", false), ("a", "z", false), ("z", "z", false)]
        {
            assert_eq!(shared.share(&branch(one), &branch(other)), expected, "{one} {other}");
        }
        assert_ne!(shared.number(&branch("a")), shared.number(&branch("b")));
    }
}
