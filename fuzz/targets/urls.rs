//! Database URLs, and the files of clients that complete them: none of what shows them shows the password. An input is what
//! stands before the password and, from the first line break on, what stands behind it.

#![no_main]

use std::path::Path;

use branchline::database_url::{DatabaseUrl, OptionFile, PasswordFile};
use branchline::dialect::Dialect;
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
    if !stands_elsewhere {
        client_files(before, after);
    }
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

/// The rest of the input as a client's file, in which the password is a password, and a URL that asks for it.
fn client_files(before: &str, after: &str) {
    let passwords = PasswordFile::parse(&format!("{after}\n*:*:*:*:{PASSWORD}"));
    hides("the password file", &format!("{passwords:?}"), after);
    for dialect in [Dialect::Mysql, Dialect::Mariadb] {
        // Behind a group's name of its own nobody else says what the line means.
        let text = format!("{after}\n[client]\npassword=\"{PASSWORD}\"\n");
        match OptionFile::parse(&text, Path::new("/home/app"), dialect) {
            Ok(options) => {
                hides("the option file", &format!("{options:?}"), &text);
                if let Ok(url) = DatabaseUrl::parse(before) {
                    match url.with_option_file(&options) {
                        Ok(url) => hides("the completed URL", &format!("{url} {url:?} {:?}", url.target()), &text),
                        Err(error) => hides("the error", &format!("{error} {error:?} {:?}", error.hint()), &text),
                    }
                }
            }
            Err((_, error)) => hides("the error", &format!("{error} {error:?} {:?}", error.hint()), &text),
        }
    }
    if let Ok(url) = DatabaseUrl::parse(before) {
        let wants = url.wants_password_file();
        let url = url.with_system_user(Some("app")).with_password_file(&passwords);
        assert!(!wants || url.server().is_some_and(|server| server.password.is_some()), "{url} has no password");
        hides("the completed URL", &format!("{url} {url:?} {:?}", url.target()), before);
    }
}

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
