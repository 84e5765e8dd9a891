//! What has been seen before, where the same key may come again: half of what a table of hashes takes, for there may be millions.

use std::collections::HashSet;

/// As many are kept aside at least until they are put in order with the others.
const ASIDE: usize = 4_096;

/// Hashes of 128 bits.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    sorted: Vec<u128>,
    aside: HashSet<u128>,
}

impl Hashes {
    /// Takes a hash; false where it was there already.
    pub(super) fn insert(&mut self, hash: u128) -> bool {
        if self.sorted.binary_search(&hash).is_ok() || !self.aside.insert(hash) {
            return false;
        }
        // An eighth of all: so they are put in order a few times for every doubling.
        if self.aside.len() > ASIDE.max(self.sorted.len() / 8) {
            self.sorted.reserve_exact(self.aside.len());
            self.sorted.extend(self.aside.drain());
            self.sorted.sort_unstable();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Hashes;

    #[test]
    fn each_is_new_once() {
        let mut hashes = Hashes::default();
        let hash = |at: u128| at.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        for at in 0..30_000 {
            assert!(hashes.insert(hash(at)));
            assert!(!hashes.insert(hash(at)) && !hashes.insert(hash(at / 2)));
        }
    }
}
