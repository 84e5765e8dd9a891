//! Names in a sentence: as many as are read, and how many more there are. Documents for machines hold all of them.

use std::fmt::Display;

/// How many names are read.
const SHOWN: usize = 10;

/// The names with commas between them.
pub fn listed<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    joined(names, ", ")
}

/// The names with something else between them.
pub fn joined<T: Display>(names: impl IntoIterator<Item = T>, between: &str) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(SHOWN).map(|name| name.to_string()).collect();
    match names.count() {
        0 => shown.join(between),
        more => {
            format!("{}{} {more} more", shown.join(between), if between == ", " { ", and" } else { between.trim_end() })
        }
    }
}

/// A number with its noun.
pub fn number(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::{joined, listed};

    #[test]
    fn many_names_are_not_all_read() {
        assert_eq!(listed([1, 2, 3]), "1, 2, 3");
        assert_eq!(listed(1..=10), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10");
        assert_eq!(listed(1..=300), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 290 more");
        assert_eq!(joined([1, 2], " and "), "1 and 2");
        assert!(joined(1..=11, " and ").ends_with("9 and 10 and 1 more"));
        assert_eq!(listed(Vec::<u8>::new()), "");
    }
}
