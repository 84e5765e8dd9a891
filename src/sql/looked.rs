//! How much of a text was looked at, byte by byte: counted in tests only, which hold the scanner to be linear.

#[cfg(test)]
thread_local! {
    static BYTES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Notes that so many bytes were looked at.
#[inline]
pub(super) fn looked_at(bytes: usize) {
    #[cfg(test)]
    BYTES.with(|counted| counted.set(counted.get() + bytes));
    #[cfg(not(test))]
    let _ = bytes;
}

/// How many bytes some work looks at.
#[cfg(test)]
pub(super) fn counted(work: impl FnOnce()) -> usize {
    BYTES.with(|counted| counted.set(0));
    work();
    BYTES.with(std::cell::Cell::get)
}
