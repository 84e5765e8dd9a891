//! Targets and ranges of history: what is read prints as something that is read as the same.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use branchline::graph::{HistoryRange, Target, TargetError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    reads_what_it_prints::<Target>(text);
    reads_what_it_prints::<HistoryRange>(text);
});

fn reads_what_it_prints<T>(text: &str)
where
    T: FromStr<Err = TargetError> + Display + Debug + PartialEq,
{
    match text.parse::<T>() {
        Ok(read) => {
            let shown = read.to_string();
            let again = shown.parse::<T>().unwrap_or_else(|error| panic!("{text:?} prints as {shown:?}: {error}"));
            assert_eq!(again, read);
            assert_eq!(again.to_string(), shown);
        }
        Err(error) => {
            let _ = (error.to_string(), error.hint());
        }
    }
}
