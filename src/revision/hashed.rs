//! A script's checksum, of the bytes as they are read for something else.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::checksum::{BYTE_ORDER_MARK, Checksum, hash_lines};

/// A source that knows the checksum of what was read from it.
pub struct Hashed<R> {
    source: R,
    hasher: Sha256,
    /// What may turn out to be no part of the text: the first bytes, until it is clear whether they are a byte order mark.
    first: Option<Vec<u8>>,
    /// Whether the bytes so far end with a CR that is hashed once it is known what follows.
    cr: bool,
}

impl<R> Hashed<R> {
    /// Nothing was read yet.
    pub fn new(source: R) -> Self {
        Self { source, hasher: Sha256::new(), first: Some(Vec::new()), cr: false }
    }

    /// The checksum of all that was read.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        let mut hasher = self.hasher.clone();
        if let Some(first) = self.first.as_ref().filter(|first| *first != BYTE_ORDER_MARK) {
            hash_lines(&mut hasher, first);
        } else if self.cr {
            hasher.update(b"\r");
        }
        Checksum::from_digest(hasher.finalize().into())
    }

    fn take(&mut self, bytes: &[u8]) {
        let Some(first) = &mut self.first else { return self.hash(bytes) };
        first.extend_from_slice(bytes);
        if first.len() >= BYTE_ORDER_MARK.len() {
            let first = self.first.take().unwrap_or_default();
            self.hash(first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&first));
        }
    }

    fn hash(&mut self, bytes: &[u8]) {
        let Some((last, before)) = bytes.split_last() else { return };
        if std::mem::take(&mut self.cr) && bytes[0] != b'\n' {
            self.hasher.update(b"\r");
        }
        self.cr = *last == b'\r';
        hash_lines(&mut self.hasher, if self.cr { before } else { bytes });
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.take(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::{Checksum, Hashed};

    proptest! {
        #[test]
        fn is_that_of_the_text(
            parts in prop::collection::vec(prop::sample::select(vec!["\u{feff}", "\r", "\n", "\r\n", "a", "é"]), 0..12),
            piece in 1_usize..5,
        ) {
            let text = parts.concat();
            let mut hashed = Hashed::new(text.as_bytes());
            let mut buffer = vec![0; piece];
            while hashed.read(&mut buffer).unwrap() > 0 {}
            prop_assert_eq!(hashed.checksum(), Checksum::of(&text), "{:?}", text);
        }
    }
}
