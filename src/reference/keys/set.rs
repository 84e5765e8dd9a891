//! Parents in memory, where neither their order nor that of the referring keys can be relied on.

use super::page::KeyPage;

/// Keys, sorted, in one stretch of memory.
#[derive(Debug, Default)]
pub struct KeySet {
    bytes: Vec<u8>,
    /// The length of every key, where they are all of one.
    length: Option<usize>,
    /// Where each key begins and ends, else.
    places: Vec<(u32, u32)>,
    sorted: bool,
}

impl KeySet {
    /// Takes the keys of a page. Says whether they still fit into this many bytes; those that do not fit are not taken.
    pub fn extend(&mut self, page: &KeyPage, most: usize) -> bool {
        let length = page.shape().length();
        if self.bytes.is_empty() {
            self.length = length;
        }
        self.sorted = false;
        for at in 0..page.len() {
            let key = page.key(at);
            let place = self.bytes.len();
            self.bytes.extend_from_slice(key);
            if length.is_none() {
                let (Ok(from), Ok(to)) = (u32::try_from(place), u32::try_from(self.bytes.len())) else { return false };
                self.places.push((from, to));
            }
            if self.bytes.len() + self.places.len() * size_of::<(u32, u32)>() > most {
                return false;
            }
        }
        true
    }

    /// No key is missing any more.
    pub fn finish(&mut self) {
        match self.length {
            Some(length) => sort_fixed(&mut self.bytes, length),
            None => {
                let bytes = &self.bytes;
                self.places.sort_unstable_by(|one, other| slice(bytes, *one).cmp(slice(bytes, *other)));
            }
        }
        self.sorted = true;
    }

    /// Whether a key is in it.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        debug_assert!(self.sorted, "asked before it was finished");
        match self.length {
            Some(length) => {
                let keys = self.bytes.len() / length;
                search(keys, |at| self.bytes[at * length..(at + 1) * length].cmp(key))
            }
            None => search(self.places.len(), |at| slice(&self.bytes, self.places[at]).cmp(key)),
        }
    }

    /// How many keys it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length.map_or(self.places.len(), |length| self.bytes.len() / length)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn slice(bytes: &[u8], (from, to): (u32, u32)) -> &[u8] {
    &bytes[from as usize..to as usize]
}

fn search(keys: usize, compare: impl Fn(usize) -> std::cmp::Ordering) -> bool {
    let (mut low, mut high) = (0, keys);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// Sorts keys of one length in place.
fn sort_fixed(bytes: &mut [u8], length: usize) {
    fn sort<const N: usize>(bytes: &mut [u8]) {
        let (keys, _) = bytes.as_chunks_mut::<N>();
        keys.sort_unstable();
    }
    match length {
        9 => sort::<9>(bytes),
        16 => sort::<16>(bytes),
        18 => sort::<18>(bytes),
        25 => sort::<25>(bytes),
        27 => sort::<27>(bytes),
        32 => sort::<32>(bytes),
        _ => {
            let mut keys: Vec<Vec<u8>> = bytes.chunks_exact(length).map(<[u8]>::to_vec).collect();
            keys.sort_unstable();
            for (place, key) in bytes.chunks_exact_mut(length).zip(keys) {
                place.copy_from_slice(&key);
            }
        }
    }
}
