//! Takes the password out of whatever looks like a database URL, in texts that come from outside and are echoed in errors.
//!
//! A [`DatabaseUrl`](crate::database_url::DatabaseUrl) cannot print its secret; but a URL is also pasted where none is
//! expected: as a target, a branch, a folder, a variable's name. Such texts never become a `DatabaseUrl`, so whoever quotes
//! one in an error quotes it through here. It rather hides too much than too little: a password may hold any character, and
//! ends at the last `@`.

use std::borrow::Cow;
use std::path::Path;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// The schemes of databases that have passwords: with these one need not have written the `//`.
const SCHEMES: [&str; 4] = ["postgres", "postgresql", "mysql", "mariadb"];

/// A whole value, as it was given: a target, a name, an argument.
#[must_use]
pub fn value(text: &str) -> Cow<'_, str> {
    let Some(begin) = authority(text) else { return Cow::Borrowed(text) };
    let rest = &text[begin..];
    let (user_info, place) = match rest.rsplit_once('@') {
        Some((user_info, place)) => (Some(user_info), place),
        None => (None, rest),
    };
    let mut shown = text[..begin].to_owned();
    match user_info {
        Some(user_info) => {
            let (user, password) =
                user_info.split_once(':').map_or((user_info, None), |(user, rest)| (user, Some(rest)));
            shown.push_str(user);
            if password.is_some() {
                shown.push(':');
                shown.push_str(HIDDEN);
            }
            shown.push('@');
        }
        // `postgres://app:secret/db`: somebody forgot the host.
        None => {
            let address = &place[..place.find(['/', '?', '#']).unwrap_or(place.len())];
            if let Some((host, rest)) = address.split_once(':').filter(|_| !address.starts_with('[')) {
                let port = rest.trim_end_matches(|last: char| last.is_ascii_punctuation());
                if !port.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Cow::Owned(format!("{shown}{host}:{HIDDEN}"));
                }
            }
        }
    }
    match place.split_once('?').filter(|_| user_info.is_some() || is_server(&text[..begin])) {
        Some((place, parameters)) if !parameters.is_empty() => shown.push_str(&format!("{place}?{HIDDEN}")),
        _ => shown.push_str(place),
    }
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// A path, as it was given.
#[must_use]
pub fn path(path: &Path) -> String {
    value(&path.to_string_lossy()).into_owned()
}

/// A text with URLs somewhere in it, each ending at white space, or with the quote that it began with.
#[must_use]
pub fn prose(text: &str) -> Cow<'_, str> {
    if authority(text).is_none() {
        return Cow::Borrowed(text);
    }
    let is_quote = |character: char| matches!(character, '"' | '\'' | '`');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let begin = rest.find(|first: char| !first.is_whitespace() && !is_quote(first)).unwrap_or(rest.len());
        let (before, word) = rest.split_at(begin);
        shown.push_str(before);
        let bare = word.find(|end: char| end.is_whitespace() || is_quote(end)).unwrap_or(word.len());
        let holds_url = authority(&word[..bare]).is_some();
        let end = match before.chars().next_back().filter(|quote| holds_url && is_quote(*quote)) {
            Some(quote) => word.find([quote, '\n']).unwrap_or(word.len()),
            // What a quote ends that none has begun may be in the middle of a password.
            None if holds_url => word.find(char::is_whitespace).unwrap_or(word.len()),
            None => bare,
        };
        let (word, after) = word.split_at(end);
        shown.push_str(&value(word));
        rest = after;
    }
    Cow::Owned(shown)
}

/// What a database said of a statement, or the statement itself: URLs as in [`prose`], and no password that a statement sets.
#[must_use]
pub fn said(text: &str) -> Cow<'_, str> {
    match prose(text) {
        Cow::Borrowed(text) => without_passwords(text),
        Cow::Owned(text) => Cow::Owned(without_passwords(&text).into_owned()),
    }
}

/// Hides the strings behind `PASSWORD` and `IDENTIFIED BY`. The first of those words may be cut off in what a server quotes.
fn without_passwords(text: &str) -> Cow<'_, str> {
    let (mut shown, mut rest) = (String::new(), text);
    while let Some((begin, end)) = password(rest) {
        shown.push_str(&rest[..begin]);
        shown.push_str(HIDDEN);
        rest = &rest[end..];
    }
    if shown.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(shown + rest) }
}

/// The first string that a statement sets as a password, without its quotes.
fn password(text: &str) -> Option<(usize, usize)> {
    let (mut at, mut of_login) = (0, false);
    for word in text.split_inclusive(|end: char| !end.is_ascii_alphanumeric()) {
        at += word.len();
        let word = word.trim_end_matches(|end: char| !end.is_ascii_alphanumeric());
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        of_login |= is("IDENTIFIED");
        if !(is("PASSWORD") || is("BY") || of_login && (is("AS") || is("USING"))) {
            continue;
        }
        // The character behind the word may be the quote itself.
        let from = if word.len() < at && text.is_char_boundary(at - 1) { at - 1 } else { at };
        let found = quoted_behind(text, from.max(at.saturating_sub(1)));
        let found = found.or_else(|| is("PASSWORD").then(|| behind_account(text, from)).flatten());
        if let Some(found) = found.or_else(|| is("PASSWORD").then(|| bare_behind(text, from)).flatten()) {
            return Some(found);
        }
    }
    None
}

/// The string that begins behind a place, if nothing but space, comments, `=` and `(` is between.
fn quoted_behind(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut bare = text.get(from..)?;
    loop {
        bare = bare.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '('));
        match bare.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
            Some((_, behind)) => bare = behind,
            None => break,
        }
    }
    let bare = bare.strip_prefix(['E', 'e']).filter(|rest| rest.starts_with('\'')).unwrap_or(bare);
    let begin = text.len() - bare.len();
    let (inside, end) = if let Some(tag) = dollar_tag(bare) {
        let inside = begin + tag.len();
        (inside, text[inside..].find(tag).map_or(text.len(), |end| inside + end))
    } else if let Some(inner) = bare.strip_prefix("''").filter(|inner| inner.starts_with(char::is_alphanumeric)) {
        // A string within a string.
        (begin + 2, begin + 2 + inner.find("''").unwrap_or(inner.len()))
    } else {
        let quote = bare.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        (begin + 1, begin + 1 + end_of_string(&bare[1..], quote))
    };
    // Neither what separates columns nor what is hidden already.
    (end > inside + 1 && &text[inside..end] != HIDDEN).then_some((inside, end))
}

/// `SET PASSWORD FOR 'user'@'host' = '...'`
fn behind_account(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?.trim_start();
    let account = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("FOR")).map(|_| &rest[3..])?;
    let equals = account.find('=')?;
    quoted_behind(text, text.len() - account.len() + equals)
}

/// `password=...` in the words of a connection.
fn bare_behind(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?.strip_prefix('=')?;
    let begin = text.len() - rest.len();
    let ends = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';' | ')' | ',');
    let end = rest.find(ends).map_or(text.len(), |end| begin + end);
    (end > begin && &text[begin..end] != HIDDEN).then_some((begin, end))
}

/// `$tag$`, if a text begins with it.
fn dollar_tag(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('$')?;
    let end = inside.find('$')?;
    inside[..end].chars().all(|c| c.is_alphanumeric() || c == '_').then(|| &text[..end + 2])
}

/// Where a string ends whose beginning was taken: quotes that are doubled or behind a backslash do not end it.
fn end_of_string(text: &str, quote: char) -> usize {
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        if character == '\\' {
            rest.next();
        } else if character == quote && rest.next_if(|&(_, next)| next == quote).is_none() {
            return at;
        }
    }
    text.len()
}

/// Whether a value is a URL, or has one in it.
#[must_use]
pub fn is_url(text: &str) -> bool {
    authority(text).is_some()
}

/// Whether a value is a URL with a secret in it.
#[must_use]
pub fn holds_secret(text: &str) -> bool {
    value(text) != text
}

/// Where a URL's user, or host, begins.
fn authority(text: &str) -> Option<usize> {
    text.match_indices(':').find_map(|(colon, _)| {
        let behind = &text[colon + 1..];
        let slashes = behind.len() - behind.trim_start_matches('/').len();
        let has_scheme = !scheme(&text[..colon]).is_empty();
        let begins = (slashes >= 2 && has_scheme) || is_server(&text[..=colon]);
        begins.then_some(colon + 1 + slashes)
    })
}

/// Whether a text ends in the scheme of a server's URL, and what stands between that and the user.
fn is_server(text: &str) -> bool {
    let Some(before) = text.trim_end_matches('/').strip_suffix(':') else { return false };
    let scheme = scheme(before);
    let plain = scheme.split('+').next().unwrap_or(scheme).to_ascii_lowercase();
    // Also behind an option's letter, as in `-mpostgres:`.
    SCHEMES.iter().any(|known| plain.ends_with(known))
}

/// The characters that a scheme can have, at the end of a text.
fn scheme(text: &str) -> &str {
    let of_scheme = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '.' | '-');
    text[text.trim_end_matches(of_scheme).len()..].trim_start_matches(|first: char| !first.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{holds_secret, prose, said, value};

    #[test]
    fn values() {
        for (given, shown) in [
            ("postgres://u:s3kr3t@db/auth", "postgres://u:***@db/auth"),
            ("env:postgres://u:s3kr3t@db/auth", "env:postgres://u:***@db/auth"),
            ("file:mysql://u:s3@kr3t@db/auth?ssl-mode=x", "file:mysql://u:***@db/auth?***"),
            ("auth=postgresql+psycopg2://u:s3 k`r\"3t@db/a", "auth=postgresql+psycopg2://u:***@db/a"),
            ("POSTGRES:/u:s3kr3t@db/auth", "POSTGRES:/u:***@db/auth"),
            ("mariadb:u:s3kr3t@db/auth", "mariadb:u:***@db/auth"),
            ("postgres://app:s3kr3t/db", "postgres://app:***"),
            ("postgres://h/d?password=s3kr3t", "postgres://h/d?***"),
            ("https://u:s3kr3t@example.com/x?y=z", "https://u:***@example.com/x?***"),
        ] {
            assert_eq!(value(given), shown);
            assert!(holds_secret(given), "{given}");
            assert_eq!(value(shown), shown, "what is redacted stays as it is");
            assert_eq!(prose(shown), shown, "what is redacted stays as it is");
        }
        for plain in [
            "postgres://u@db:5432/auth",
            "postgres://localhost:5432/auth:",
            "mysql://root@[::1]:3307/auth",
            "https://example.com/x?y=z",
            "sqlite:data/auth.sqlite",
            "auth@0001:auth@0003",
            "auth:users.id",
            "branches/auth.toml:1:2",
            "a::b",
        ] {
            assert_eq!(value(plain), plain);
            assert_eq!(prose(plain), plain);
        }
    }

    #[test]
    fn passwords_that_statements_set() {
        for (given, shown) in [
            ("CREATE ROLE a PASSWORD 's3kr3t' LOGIN", "CREATE ROLE a PASSWORD '***' LOGIN"),
            ("near 'IDENTIFYED BY 's3kr3t'' at line 1", "near 'IDENTIFYED BY '***"),
            ("SET PASSWORD = password(\"s3kr3t\"); x", "SET PASSWORD = password(\"***\"); x"),
            ("alter role a password\nE's3kr3t", "alter role a password\nE'***"),
            ("PASSWORD 'it''s3kr3t' x", "PASSWORD '***' x"),
            ("IDENTIFIED BY 'it\\'s3kr3t' x", "IDENTIFIED BY '***' x"),
            ("PASSWORD $$s3kr3t$$ x", "PASSWORD $$***$$ x"),
            ("PASSWORD /* c */ 's3kr3t'", "PASSWORD /* c */ '***'"),
            ("SET PASSWORD FOR 'u'@'h' = 's3kr3t'", "SET PASSWORD FOR 'u'@'h' = '***'"),
            ("IDENTIFIED WITH x AS 's3kr3t'", "IDENTIFIED WITH x AS '***'"),
            ("IDENTIFIED VIA x USING 's3kr3t'", "IDENTIFIED VIA x USING '***'"),
            ("EXECUTE 'ALTER ROLE a PASSWORD ''s3kr3t'' x'", "EXECUTE 'ALTER ROLE a PASSWORD ''***'' x'"),
            ("CONNECTION 'host=h password=s3kr3t user=u'", "CONNECTION 'host=h password=*** user=u'"),
            ("IDENTIFIED BY's3kr3t' OR IDENTIFIED BY 'é'", "IDENTIFIED BY'***' OR IDENTIFIED BY '***'"),
        ] {
            assert_eq!(said(given), shown);
            assert_eq!(said(shown), shown, "what is redacted stays as it is");
        }
        for plain in ["FIELDS TERMINATED BY ','", "password TEXT, n TEXT DEFAULT 'no'", "by", "BY '", "é password"] {
            assert_eq!(said(plain), plain);
        }
    }

    #[test]
    fn texts_with_urls_in_them() {
        for (given, shown) in [
            (
                "`env:postgres://u:a b@c@db/x` is none, as in auth@head",
                "`env:postgres://u:***@db/x` is none, as in auth@head",
            ),
            ("cannot read postgres://u:s@db/x: gone; see a@1", "cannot read postgres://u:***@db/x: gone; see a@1"),
            ("string \"mysql://u:it's@db\", expected \"x@y\"", "string \"mysql://u:***@db\", expected \"x@y\""),
            ("postgres://db:5432/x: it failed; try auth@0001", "postgres://db:5432/x: it failed; try auth@0001"),
            ("see mysql://u:it's@db\nand mysql://u:s@db", "see mysql://u:***@db\nand mysql://u:***@db"),
        ] {
            assert_eq!(prose(given), shown);
        }
    }

    proptest! {
        #[test]
        fn no_password_is_left(
            before in "(env:|file:|auth=|--x=|--|-m|)",
            scheme in "(postgres|mysql|mariadb)(:|:/|://)|(http|x\\+y)://",
            secret in "SEKRET\\PC{0,12}SEKRET",
            after in "@(h|h:1|)(/d|)(\\?a=SEKRET|)",
        ) {
            let text = format!("{before}{scheme}app:{secret}{after}");
            prop_assert!(!value(&text).contains("SEKRET"), "{}", value(&text));
            if !secret.contains(['`', '\n']) {
                let said = format!("`{text}` is no such thing: write auth@head");
                prop_assert!(!prose(&said).contains("SEKRET"), "{}", prose(&said));
            }
        }

        #[test]
        fn nothing_panics(text in "(postgres|`|:|/|@| |\\?|é|a){0,30}") {
            let _ = (value(&text), prose(&text));
        }
    }
}
