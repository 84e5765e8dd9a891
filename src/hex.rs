//! Bytes as hexadecimal digits, two a byte, in small letters.

use std::fmt::Write as _;

/// The digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn two_digits_a_byte() {
        assert_eq!(hex(b"\0\x0f\xff"), "000fff");
        assert_eq!(hex(b""), "");
    }
}
