//! One of several parts of a reference's keys, for jobs that share the work.
//!
//! Which part a key is in follows from the key alone, so that parts fit together whatever is written between them. UUIDs fall into
//! ranges, which an index finds. Whole numbers have no ends that all jobs would agree on while rows are written: they fall into
//! blocks of neighbours, and the parts take turns, so that an index leaps over the blocks of others. Of other keys a hash decides,
//! and every job reads them all.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::keys::{KeyKind, Value, number};

/// The part `index` of `count`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    index: u32,
    count: u32,
}

/// As many numbers that follow each other are in one part.
pub const BLOCK: i128 = 1 << 14;

/// A text that is no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part: write I/N, such as 2/8, with I from 1 to N")]
pub struct NotAPart(String);

impl FromStr for Part {
    type Err = NotAPart;

    fn from_str(text: &str) -> Result<Self, NotAPart> {
        let wrong = || NotAPart(text.to_owned());
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let part = Self { index: index.parse().map_err(|_| wrong())?, count: count.parse().map_err(|_| wrong())? };
        if part.index == 0 || part.index > part.count { Err(wrong()) } else { Ok(part) }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl Part {
    /// Whether it is the first: what is in no part by its key is looked at with it.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.index == 1
    }

    /// The range of keys, behind one and up to another, where keys of this kind fall into ranges.
    #[must_use]
    pub fn range(&self, kinds: &[KeyKind]) -> Option<(Option<Value>, Option<Value>)> {
        if kinds != [KeyKind::Uuid] {
            return None;
        }
        let border = |place: u32| -> Option<Value> {
            let is_inner = place > 0 && place < self.count;
            let step = u128::MAX / u128::from(self.count);
            is_inner.then(|| Value::Uuid(uuid::Uuid::from_u128(step * u128::from(place))))
        };
        Some((border(self.index - 1), border(self.index)))
    }

    /// The first number from this one on that may be in it, where keys are whole numbers.
    #[must_use]
    pub fn from_number(&self, number: i128) -> i128 {
        let block = number.div_euclid(BLOCK);
        let round = block.div_euclid(self.count.into());
        let own = self.block_of(round);
        let own = if own < block { self.block_of(round + 1) } else { own };
        if own == block { number } else { own * BLOCK }
    }

    /// Of as many blocks in a row as there are parts, the one that is in this part. Each round of turns begins with another part, so
    /// that numbers that are given out in strides fall to all of them.
    fn block_of(&self, round: i128) -> i128 {
        let count = i128::from(self.count);
        let hash = Sha256::digest(round.to_be_bytes());
        let first = hash.iter().take(8).fold(0_i128, |number, &byte| number << 8 | i128::from(byte));
        round * count + (i128::from(self.index - 1) - first).rem_euclid(count)
    }

    fn has_block(&self, block: i128) -> bool {
        self.block_of(block.div_euclid(self.count.into())) == block
    }

    /// Whether a key, as typed bytes of these kinds, is in it.
    #[must_use]
    pub fn holds(&self, kinds: &[KeyKind], key: &[u8]) -> bool {
        if kinds == [KeyKind::Uuid] {
            let number = key.iter().fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
            let step = u128::MAX / u128::from(self.count);
            let above = |place: u32| place > 0 && number > step * u128::from(place);
            let is_last = self.index == self.count;
            return (self.index == 1 || above(self.index - 1)) && (is_last || !above(self.index));
        }
        if kinds == [KeyKind::Integer] {
            return self.has_block(number(key).div_euclid(BLOCK));
        }
        let hash = Sha256::digest(key);
        let number = hash.iter().take(8).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        number % u64::from(self.count) == u64::from(self.index - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Part;
    use crate::reference::keys::{KeyKind, Value};

    #[test]
    fn every_key_is_in_one_part() {
        for count in 1..9 {
            for kind in [KeyKind::Uuid, KeyKind::Text] {
                for seed in 0_u128..500 {
                    let key = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).to_be_bytes();
                    let parts = (1..=count).map(|index| format!("{index}/{count}").parse::<Part>().unwrap());
                    assert_eq!(parts.filter(|part| part.holds(&[kind], &key)).count(), 1, "{count} {kind:?} {seed}");
                }
            }
        }
    }

    #[test]
    fn ranges_are_what_is_held() {
        for count in 1..9_u32 {
            for index in 1..=count {
                let part: Part = format!("{index}/{count}").parse().unwrap();
                let (after, until) = part.range(&[KeyKind::Uuid]).unwrap();
                assert_eq!((after.is_none(), until.is_none()), (index == 1, index == count));
                for (value, held) in [(after, false), (until, true)] {
                    let Some(Value::Uuid(uuid)) = value else { continue };
                    assert_eq!(part.holds(&[KeyKind::Uuid], uuid.as_bytes()), held, "{part}");
                }
            }
        }
        assert_eq!("1/2".parse::<Part>().unwrap().range(&[KeyKind::Integer]), None);
    }

    #[test]
    fn numbers_are_in_one_part_and_none_is_leapt_over() {
        let shape = crate::reference::keys::Shape::new([(KeyKind::Integer, false)]);
        let ends = [i128::from(i64::MIN), -1, 0, i128::from(i64::MAX), i128::from(u64::MAX)];
        let around = ends.into_iter().flat_map(|end| (-3..4).map(move |at| end + at * 5_461));
        let numbers: Vec<i128> = around.chain((0..2_000).map(|at| at * 4_099 - 900_000)).collect();
        let numbers = numbers.into_iter().filter(|at| (i64::MIN.into()..=u64::MAX.into()).contains(at));
        for number in numbers {
            let mut key = Vec::new();
            shape.push(0, crate::reference::keys::Cell::Integer(number), &mut key).unwrap();
            for count in 1..9 {
                let parts = (1..=count).map(|index| format!("{index}/{count}").parse::<Part>().unwrap());
                let (own, others): (Vec<Part>, Vec<Part>) =
                    parts.partition(|part| part.holds(&[KeyKind::Integer], &key));
                assert_eq!(own.len(), 1, "{count} {number}");
                assert_eq!(own[0].from_number(number), number);
                for other in others {
                    let from = other.from_number(number);
                    assert!(from > number && from - number < 2 * i128::from(count) * super::BLOCK, "{number} {from}");
                    // All that is leapt over is somebody else's.
                    let blocks = number.div_euclid(super::BLOCK)..from.div_euclid(super::BLOCK);
                    assert!(
                        from.rem_euclid(super::BLOCK) == 0 && !blocks.into_iter().any(|block| other.has_block(block))
                    );
                }
            }
        }
    }

    #[test]
    fn every_part_has_its_share_of_numbers() {
        for (step, blocks) in [(1, 800), (256, 8_000)] {
            for index in 1..=8 {
                let part: Part = format!("{index}/8").parse().unwrap();
                let own = (0..blocks).filter(|block| part.has_block(block * step)).count();
                let share = usize::try_from(blocks / 8).unwrap();
                assert!(own.abs_diff(share) * 4 < share, "{step} {index} {own}");
            }
        }
    }

    #[test]
    fn what_is_no_part() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"] {
            assert!(text.parse::<Part>().is_err(), "{text}");
        }
    }
}
