//! A script's checksum: SHA-256 of its bytes, without a byte order mark and with CRLF as LF, so that an editor or a checkout on
//! another system changes nothing.
//!
//! A script is streamed in pieces through one buffer, and looked at on the way: it must be UTF-8, and say something.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of a script; prints as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum([u8; 32]);

/// A text that is no checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checksum of 64 hexadecimal digits")]
pub struct NotAChecksum;

/// What streaming a script found.
#[derive(Debug)]
pub(super) enum Scan {
    /// A text, with its checksum.
    Text(Checksum),
    /// Nothing but white space.
    Blank,
    /// Bytes that are not UTF-8, from this offset.
    NotUtf8(u64),
}

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How much of a script is in memory at a time.
pub(super) const PIECE: usize = 64 * 1024;

impl Checksum {
    /// The checksum of a script's text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hasher = Sha256::new();
        let bytes = text.as_bytes();
        hash_lines(&mut hasher, bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes));
        Self(hasher.finalize().into())
    }

    pub(super) const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Streams a script through `buffer`, which must hold at least a few bytes.
pub(super) fn scan(mut script: impl Read, buffer: &mut [u8]) -> io::Result<Scan> {
    let mut hasher = Sha256::new();
    let mut blank = true;
    // What the last piece ended with and the next one completes: a part of a character, or a CR.
    let mut kept = 0;
    let mut offset: u64 = 0;
    loop {
        let (filled, at_end) = fill(&mut script, buffer, kept)?;
        let mut piece = &buffer[..filled];
        if offset == 0
            && let Some(rest) = piece.strip_prefix(BYTE_ORDER_MARK)
        {
            piece = rest;
            offset = BYTE_ORDER_MARK.len() as u64;
        }
        let text = match std::str::from_utf8(piece) {
            Ok(text) => text,
            Err(error) if error.error_len().is_some() || at_end => {
                return Ok(Scan::NotUtf8(offset + error.valid_up_to() as u64));
            }
            // Cut in the middle of a character.
            Err(error) => std::str::from_utf8(&piece[..error.valid_up_to()]).unwrap_or_default(),
        };
        let text = if at_end || text.len() < piece.len() { text } else { text.strip_suffix('\r').unwrap_or(text) };
        hash_lines(&mut hasher, text.as_bytes());
        blank = blank && text.chars().all(char::is_whitespace);
        if at_end {
            let checksum = Checksum(hasher.finalize().into());
            return Ok(if blank { Scan::Blank } else { Scan::Text(checksum) });
        }
        offset += text.len() as u64;
        kept = piece.len() - text.len();
        buffer.copy_within(filled - kept..filled, 0);
    }
}

/// Reads until the buffer is full or the script at its end; says how much is in it, and which of the two it was.
fn fill(script: &mut impl Read, buffer: &mut [u8], kept: usize) -> io::Result<(usize, bool)> {
    let mut filled = kept;
    while filled < buffer.len() {
        match script.read(&mut buffer[filled..]) {
            Ok(0) => return Ok((filled, true)),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((filled, false))
}

pub(super) fn hash_lines(hasher: &mut Sha256, mut bytes: &[u8]) {
    while bytes.contains(&b'\r') {
        let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") else { break };
        hasher.update(&bytes[..end]);
        bytes = &bytes[end + 1..];
    }
    hasher.update(bytes);
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        // Thousands are printed to tell one state from another: digit by digit would be ten times as slow.
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Checksum {
    type Err = NotAChecksum;

    fn from_str(text: &str) -> Result<Self, NotAChecksum> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(NotAChecksum);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(NotAChecksum);
            let value = digit(pair[0])? * 16 + digit(pair[1])?;
            *byte = u8::try_from(value).map_err(|_| NotAChecksum)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Checksum {
    type Error = NotAChecksum;

    fn try_from(text: String) -> Result<Self, NotAChecksum> {
        text.parse()
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use sha2::{Digest, Sha256};

    use super::{Checksum, Scan, scan};

    fn scanned(bytes: &[u8], piece: usize) -> Scan {
        scan(bytes, &mut vec![0; piece]).unwrap()
    }

    fn checksum(bytes: &[u8], piece: usize) -> Checksum {
        match scanned(bytes, piece) {
            Scan::Text(checksum) => checksum,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn known_value() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Checksum::of("abc").to_string(), expected);
        assert_eq!(checksum(b"abc", 8).to_string(), expected);
        assert_eq!(expected.parse(), Ok(Checksum::of("abc")));
        assert!("ba78".parse::<Checksum>().is_err());
        assert!("zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse::<Checksum>().is_err());
    }

    #[test]
    fn line_ends_and_byte_order_mark_change_nothing() {
        let plain = Checksum::of("a\nb\n\nc");
        for same in ["a\r\nb\r\n\r\nc", "\u{feff}a\nb\n\nc", "\u{feff}a\r\nb\n\r\nc"] {
            assert_eq!(Checksum::of(same), plain);
            for piece in 4..20 {
                assert_eq!(checksum(same.as_bytes(), piece), plain, "{same:?} in pieces of {piece}");
            }
        }
        for other in ["a\rb\n\nc", "a\nb\nc", "a\nb\n\nc\n", "a\r\r\nb\n\nc", "\u{feff}\u{feff}a\nb\n\nc"] {
            assert_ne!(Checksum::of(other), plain, "{other:?}");
        }
    }

    #[test]
    fn blank_is_no_script() {
        for blank in ["", "\u{feff}", " \r\n\t", "\u{a0}\n"] {
            assert!(matches!(scanned(blank.as_bytes(), 4), Scan::Blank), "{blank:?}");
        }
    }

    #[test]
    fn not_utf8_has_an_offset() {
        for (bytes, at) in [(&b"ab\xff"[..], 2), (b"\xef\xbb\xbfa\xffb", 4), (b"abcdefgh\xc3", 8), (b"abc\xe2\x82", 3)]
        {
            for piece in 4..12 {
                assert!(matches!(scanned(bytes, piece), Scan::NotUtf8(offset) if offset == at), "{bytes:?} {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[a\\r\\né€😀\u{feff} ]{0,40}x", piece in 4usize..32) {
            prop_assert_eq!(checksum(text.as_bytes(), piece), Checksum::of(&text));
            let plain = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
            prop_assert_eq!(Checksum::of(&text), Checksum(Sha256::digest(plain.as_bytes()).into()));
        }
    }
}
