//! What is wrong with scripts though each of them can run: rules over what they do, a rule a file.
//!
//! Pure: effects and graph in, findings out. A rule says only what is certain; where a script does more than can be told,
//! it says nothing.

mod made_twice;

pub use made_twice::{MadeTwice, made_twice};
