//! Which references somebody means: by a branch that they come from or lead to, by the referring columns, or by the beginning of
//! an id.

use super::Known;
use crate::suggest::did_you_mean;

/// How many digits of an id are enough to mean it.
const SHORTEST_ID: usize = 4;

/// A text that means no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no live reference: a branch, referring columns as in `specs:projects.user_id`, or the beginning of an id"
)]
pub struct NoSuchReference {
    /// The text.
    pub text: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl Known {
    /// The referring columns with their branch: `specs:projects.user_id`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.branch, self.from)
    }

    /// Where it points, whichever the kind: `auth:users.id | specs:projects.id`.
    #[must_use]
    pub fn leads_to(&self) -> String {
        self.targets().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
    }

    /// Whether it comes from this branch, or leads to it.
    #[must_use]
    pub fn touches(&self, branch: &str) -> bool {
        self.branch.as_str() == branch || self.targets().any(|to| to.branch.as_str() == branch)
    }
}

/// The references that these texts mean, in their own order; all of them where nothing is said.
///
/// # Errors
///
/// [`NoSuchReference`]: a text that means none of them.
pub fn pick<'k>(known: &'k [Known], texts: &[String]) -> Result<Vec<&'k Known>, NoSuchReference> {
    for text in texts {
        if !known.iter().any(|reference| is_meant(reference, text)) {
            let places: Vec<String> = known.iter().map(Known::place).collect();
            let hint = did_you_mean(text, places.iter().map(String::as_str));
            return Err(NoSuchReference { text: text.clone(), hint });
        }
    }
    let is_meant = |reference: &&Known| texts.is_empty() || texts.iter().any(|text| is_meant(reference, text));
    Ok(known.iter().filter(is_meant).collect())
}

fn is_meant(reference: &Known, text: &str) -> bool {
    let is_id = || text.len() >= SHORTEST_ID && reference.id.to_string().starts_with(&text.to_ascii_lowercase());
    reference.touches(text) || reference.place() == text || reference.from.to_string() == text || is_id()
}
