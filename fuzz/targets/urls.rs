//! Database URLs: none of what shows them shows the password. An input is what stands before the password and, from the first
//! line break on, what stands behind it.

#![no_main]

use branchline::database_url::DatabaseUrl;
use branchline::redact;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "zq9xv7kp";

/// So much of it that nobody writes it by chance; the fuzzer does on purpose, since it sees what is compared.
const CORE: &str = "q9xv7k";

fuzz_target!(|input: &str| {
    let (before, after) = input.split_once('\n').unwrap_or((input, ""));
    let text = format!("{before}{PASSWORD}{after}");
    let parsed = DatabaseUrl::parse(&text);
    let stands_elsewhere = [before, after].iter().any(|part| part.to_ascii_lowercase().contains(CORE));
    if stands_elsewhere || !holds_password(before, after) {
        return;
    }
    hides("redact", &redact::value(&text), &text);
    match parsed {
        Ok(url) => {
            hides("Display", &url.to_string(), &text);
            hides("Debug", &format!("{url:?}"), &text);
            hides("place", &format!("{:?}", url.place()), &text);
            hides("target", &format!("{:?}", url.target()), &text);
        }
        Err(error) => {
            hides("the error", &error.to_string(), &text);
            hides("the hint", &error.hint().unwrap_or_default(), &text);
            hides("the error's Debug", &format!("{error:?}"), &text);
        }
    }
});

/// Whether it stands behind a scheme and a user, and before the `@`. An SQLite file has no password.
fn holds_password(before: &str, after: &str) -> bool {
    let Some((scheme, user)) = before.trim_start().split_once("://") else { return false };
    let is_server =
        ["postgres", "postgresql", "mysql", "mariadb"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_server && user.contains(':') && after.contains('@')
}

fn hides(what: &str, shown: &str, text: &str) {
    assert!(!shown.to_ascii_lowercase().contains(PASSWORD), "{what} shows the password of {text:?}: {shown}");
}
