//! Percent-encoding, leniently: people paste passwords as they are, so what is no escape stands for itself.

use std::fmt::Write;

/// Decodes valid escapes and keeps everything else as it stands; a text whose escapes are not UTF-8 had none.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if let Some(byte) = escape(&bytes[at..]) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

fn escape(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let high = char::from(*high).to_digit(16)?;
    let low = char::from(*low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

/// Encodes all but letters, digits and a few marks without a meaning in URLs.
pub(super) fn encode(text: &str) -> String {
    encode_except(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Encodes what would break a line or a terminal, and `%` and `?`, which a path in a URL cannot hold.
pub(super) fn encode_path(text: &str) -> String {
    encode_except(text, |byte| !byte.is_ascii_control() && byte != b'%' && byte != b'?')
}

fn encode_except(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        let mut buffer = [0; 4];
        let utf8 = character.encode_utf8(&mut buffer).as_bytes();
        if utf8.iter().all(|&byte| keep(byte)) {
            encoded.push(character);
            continue;
        }
        for byte in utf8 {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, encode_path};

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        assert_eq!(decode("a%40b"), "a@b");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%41"), "%zzA");
        assert_eq!(decode("%C3%A9"), "é");
        assert_eq!(decode("%FF"), "%FF");
        assert_eq!(decode("%+1"), "%+1");
    }

    #[test]
    fn encoding_comes_back() {
        for text in ["p@ss:/?#[]%", "é\u{1b}[31m", "plain", "a b\nc"] {
            assert_eq!(decode(&encode(text)), text);
            assert_eq!(decode(&encode_path(text)), text);
        }
    }
}
