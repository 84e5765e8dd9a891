//! A set of revisions of one graph, a bit each: applied sets and selections are asked for membership all the time.

use super::node::RevisionIndex;

const BITS: usize = u64::BITS as usize;

/// A set of revisions of one graph. It means nothing beside another graph.
#[derive(Debug, Clone, Default)]
pub struct RevisionSet {
    words: Vec<u64>,
}

impl RevisionSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { words: Vec::new() }
    }

    /// Adds a revision; whether it was not there before.
    pub fn insert(&mut self, revision: RevisionIndex) -> bool {
        let (word, bit) = place(revision);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let fresh = self.words[word] & bit == 0;
        self.words[word] |= bit;
        fresh
    }

    /// Takes a revision out; whether it was there.
    pub fn remove(&mut self, revision: RevisionIndex) -> bool {
        let present = self.contains(revision);
        if present {
            let (word, bit) = place(revision);
            self.words[word] &= !bit;
        }
        present
    }

    /// Whether a revision is in it.
    #[must_use]
    pub fn contains(&self, revision: RevisionIndex) -> bool {
        let (word, bit) = place(revision);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// How many revisions are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Its revisions, by branch name and id.
    pub fn iter(&self) -> impl Iterator<Item = RevisionIndex> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            (0..u64::BITS)
                .filter(move |bit| word & (1 << bit) != 0)
                .map(move |bit| RevisionIndex(u32::try_from(index * BITS).unwrap_or(u32::MAX) + bit))
        })
    }
}

fn place(revision: RevisionIndex) -> (usize, u64) {
    let index = revision.as_usize();
    (index / BITS, 1 << (index % BITS))
}

/// Sets are the same if their members are, however long they once were.
impl PartialEq for RevisionSet {
    fn eq(&self, other: &Self) -> bool {
        let longest = self.words.len().max(other.words.len());
        let word = |set: &Self, index: usize| set.words.get(index).copied().unwrap_or(0);
        (0..longest).all(|index| word(self, index) == word(other, index))
    }
}

impl Eq for RevisionSet {}

impl Extend<RevisionIndex> for RevisionSet {
    fn extend<I: IntoIterator<Item = RevisionIndex>>(&mut self, revisions: I) {
        for revision in revisions {
            self.insert(revision);
        }
    }
}

impl FromIterator<RevisionIndex> for RevisionSet {
    fn from_iter<I: IntoIterator<Item = RevisionIndex>>(revisions: I) -> Self {
        let mut set = Self::new();
        set.extend(revisions);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::{RevisionIndex, RevisionSet};

    #[test]
    fn holds_what_was_put_in() {
        let members = [0, 1, 63, 64, 200].map(RevisionIndex);
        let mut set: RevisionSet = members.into_iter().collect();
        assert_eq!(set.len(), 5);
        assert!(set.iter().eq(members));
        assert!(!set.insert(RevisionIndex(64)));
        assert!(set.remove(RevisionIndex(64)));
        assert!(!set.remove(RevisionIndex(64)));
        assert!(!set.contains(RevisionIndex(64)));
        assert!(!set.contains(RevisionIndex(100_000)));
    }

    #[test]
    fn length_once_needed_does_not_matter() {
        let mut set = RevisionSet::new();
        set.insert(RevisionIndex(900));
        set.remove(RevisionIndex(900));
        assert!(set.is_empty());
        assert_eq!(set, RevisionSet::new());
        set.insert(RevisionIndex(3));
        assert_ne!(set, RevisionSet::new());
    }
}
