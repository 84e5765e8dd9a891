//! "Did you mean ...": the nearest of some names.

/// The candidates near enough to `wanted` to be what was meant, nearest first, at most three.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    let wanted_folded = wanted.to_lowercase();
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let folded = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted_folded, &folded);
            let begins = wanted_folded.len() >= 2 && folded.starts_with(&wanted_folded);
            (distance <= limit || begins).then_some((distance, candidate))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// A hint such as "did you mean `auth`, or `audit`?", if anything is near.
pub fn did_you_mean<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest(wanted, candidates);
    (!near.is_empty()).then(|| format!("did you mean `{}`?", near.join("`, or `")))
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, nearest};

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("auht", ["auth", "specs"]), ["auth"]);
        assert_eq!(nearest("dialect", ["dialects", "database"]), ["dialects"]);
        assert_eq!(nearest("zzz", ["auth", "specs"]), Vec::<&str>::new());
        assert_eq!(did_you_mean("AUTH", ["auth"]).as_deref(), Some("did you mean `auth`?"));
    }
}
