//! Names taken apart: the words of `sharedWithUserId` and `app_users`, and one form for one thing and several of it.

/// The words of a name, in small letters: at underscores and the like, and where small letters become capital ones.
#[must_use]
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = at.checked_sub(1).map(|before| characters[before]);
        let next = characters.get(at + 1);
        // `userId`, and the last letter of `URLPath`'s URL begins no word, its P does.
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || before.is_uppercase() && next.is_some_and(|next| next.is_lowercase())
            });
        if begins && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(character.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("persons", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("data", "datum"),
    ("media", "medium"),
    ("criteria", "criterion"),
    ("indices", "index"),
    ("indexes", "index"),
    ("vertices", "vertex"),
    ("matrices", "matrix"),
    ("analyses", "analysis"),
    ("bases", "base"),
    ("crises", "crisis"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("aliases", "alias"),
    ("statuses", "status"),
    ("buses", "bus"),
    ("bonuses", "bonus"),
    ("viruses", "virus"),
    ("campuses", "campus"),
    ("lenses", "lens"),
    ("leaves", "leaf"),
    ("shelves", "shelf"),
    ("halves", "half"),
    ("lives", "life"),
    ("wives", "wife"),
    ("knives", "knife"),
    ("quizzes", "quiz"),
    ("geese", "goose"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("mice", "mouse"),
    ("heroes", "hero"),
    ("potatoes", "potato"),
    ("addresses", "address"),
    ("caches", "cache"),
];

/// Words that end in an s and are one thing.
const NO_PLURAL: &[&str] = &[
    "news", "series", "species", "status", "analysis", "basis", "address", "access", "process", "lens", "sms", "gps",
    "dns",
];

/// One thing of what a word says, which may be several.
#[must_use]
pub(super) fn singular(word: &str) -> String {
    if let Some((_, one)) = IRREGULAR.iter().find(|(several, _)| *several == word) {
        return (*one).to_owned();
    }
    if NO_PLURAL.contains(&word) || word.len() < 3 {
        return word.to_owned();
    }
    let without = |ending: &str| word.strip_suffix(ending);
    if let Some(stem) = without("ies") {
        return format!("{stem}y");
    }
    if ["sses", "shes", "ches", "xes", "zes"].iter().any(|ending| word.ends_with(ending)) {
        return word[..word.len() - 2].to_owned();
    }
    match without("s") {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// The words of a table's name, the last one in the singular.
#[must_use]
pub(super) fn table_words(name: &str) -> Vec<String> {
    let mut words = words(name);
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    words
}

/// What people put behind a database's name without its being a part of it.
const PLACE_NOUNS: &[&str] = &[
    "database",
    "db",
    "service",
    "svc",
    "microservice",
    "schema",
    "branch",
    "server",
    "system",
    "app",
    "application",
    "module",
    "api",
    "store",
    "backend",
    "instance",
    "cluster",
    "ms",
];

/// Whether a word says that what stands before it is a database, or what has one.
#[must_use]
pub(super) fn is_place_noun(word: &str) -> bool {
    PLACE_NOUNS.contains(&word)
}

/// A database's name in the form in which names are compared: `User Service`, `user_service` and `users` are one.
#[must_use]
pub(super) fn place(name: &str) -> String {
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|last| is_place_noun(last)) {
        words.pop();
    }
    if words.len() > 1 && words[0] == "the" {
        words.remove(0);
    }
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, expected) in [
            ("shared_with_user_id", "shared with user id"),
            ("sharedWithUserId", "shared with user id"),
            ("UserID", "user id"),
            ("URLPath", "url path"),
            ("user-id", "user id"),
            ("address2Id", "address2 id"),
            ("__x__", "x"),
        ] {
            assert_eq!(words(name).join(" "), expected);
        }
    }

    #[test]
    fn several_are_one() {
        for (several, one) in [
            ("users", "user"),
            ("categories", "category"),
            ("people", "person"),
            ("statuses", "status"),
            ("status", "status"),
            ("boxes", "box"),
            ("branches", "branch"),
            ("classes", "class"),
            ("houses", "house"),
            ("companies", "company"),
            ("bus", "bus"),
            ("user", "user"),
            ("addresses", "address"),
        ] {
            assert_eq!(singular(several), one);
        }
    }

    #[test]
    fn places_are_one_name() {
        for name in ["User Service", "user_service", "users", "the users database", "UserService"] {
            assert_eq!(place(name), "user", "{name}");
        }
        assert_eq!(place("socrates_auth"), "socrates_auth");
        assert_eq!(place("database"), "database");
    }
}
