//! Everything that is wrong, rather than the first thing: what a reader of many files returns.

use std::error::Error;
use std::fmt;

/// One or more errors of a kind, in an order that depends on the files alone.
#[derive(Debug)]
pub struct Problems<E>(Vec<E>);

impl<E: Error> Problems<E> {
    /// The value, unless something went wrong; the errors are put in the order of their texts.
    ///
    /// # Errors
    ///
    /// The errors, where there are any.
    pub fn check<T>(value: T, mut errors: Vec<E>) -> Result<T, Self> {
        if errors.is_empty() {
            return Ok(value);
        }
        errors.sort_by_cached_key(ToString::to_string);
        Err(Self(errors))
    }

    /// The errors; at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[E] {
        &self.0
    }
}

impl<E> From<E> for Problems<E> {
    fn from(error: E) -> Self {
        Self(vec![error])
    }
}

impl<E: Error> fmt::Display for Problems<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl<E: Error> Error for Problems<E> {}
