//! Two streams of keys in order, and the keys of one that the other lacks.
//!
//! Keys are compared within a window: all referring keys up to a border, then all parents up to it. The order of both is looked
//! at as they come; where it is not that of the typed bytes, there is no answer, and whoever asked finds it another way.

use super::page::KeyPage;

/// The referring keys of one window, and how far they are compared.
#[derive(Debug)]
pub struct Merge<'p> {
    page: &'p KeyPage,
    at: usize,
    end: usize,
    absent: Vec<usize>,
}

/// The keys did not come in the order of their typed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys do not come in the order of their bytes")]
pub struct OutOfOrder;

impl<'p> Merge<'p> {
    /// The keys of a page from `at` to the border, that one included; to the page's end where there is no border.
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`].
    pub fn new(page: &'p KeyPage, at: usize, border: Option<&[u8]>) -> Result<Self, OutOfOrder> {
        if page.is_out_of_order() {
            return Err(OutOfOrder);
        }
        let end = border.map_or(page.len(), |border| behind(page, at, border));
        Ok(Self { page, at, end, absent: Vec::new() })
    }

    /// Takes the next parents of the window.
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`].
    pub fn parents(&mut self, parents: &KeyPage) -> Result<(), OutOfOrder> {
        if parents.is_out_of_order() {
            return Err(OutOfOrder);
        }
        let mut parent = 0;
        while self.at < self.end && parent < parents.len() {
            match self.page.key(self.at).cmp(parents.key(parent)) {
                std::cmp::Ordering::Less => {
                    self.absent.push(self.at);
                    self.at += 1;
                }
                std::cmp::Ordering::Equal => self.at += 1,
                std::cmp::Ordering::Greater => parent += 1,
            }
        }
        Ok(())
    }

    /// No parent of the window is left. Gives the places of the keys that none has, and where the next window begins.
    #[must_use]
    pub fn finish(mut self) -> (Vec<usize>, usize) {
        self.absent.extend(self.at..self.end);
        (self.absent, self.end)
    }
}

/// The first place from `at` whose key is greater than the border.
fn behind(page: &KeyPage, at: usize, border: &[u8]) -> usize {
    let (mut low, mut high) = (at, page.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if page.key(middle) <= border { low = middle + 1 } else { high = middle }
    }
    low
}
