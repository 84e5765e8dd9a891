//! The dependencies, as `cargo metadata` tells them: licences that we may ship, one source, no second copy of what must be
//! one, and none of the crates that we decided against.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// Licences under which a dependency may be shipped with a program that is MIT OR Apache-2.0.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that must not come in, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("native-tls", "TLS is rustls, the same on every machine"),
    ("openssl-sys", "TLS is rustls, the same on every machine"),
    ("aws-lc-sys", "rustls uses ring: no C toolchain beyond a compiler"),
    ("chrono", "times are `time`"),
    ("rusqlite", "SQLite is reached through sqlx; two bindings cannot share one bundled library"),
    ("async-std", "the runtime is tokio"),
    ("anyhow", "errors are types"),
    ("serde_yaml", "unmaintained; files are TOML"),
];

/// Crates of which a second version would be a second copy of state, of types that must agree, or of much code.
const ONCE: &[&str] = &[
    "clap",
    "futures-core",
    "libsqlite3-sys",
    "petgraph",
    "ring",
    "rustls",
    "sea-query",
    "serde",
    "serde_json",
    "sqlx",
    "sqlx-core",
    "time",
    "tokio",
    "toml",
    "tracing",
    "uuid",
];

struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

/// Every package of every platform; where those of other platforms cannot be had (offline), of this one.
fn packages() -> Vec<Package> {
    let everything = metadata(&[]).or_else(|error| {
        #[expect(clippy::print_stderr, reason = "what was not looked at has to be said")]
        let () = eprintln!("only this platform's packages are looked at: {error}");
        metadata(&["--offline", "--filter-platform", host().as_str()])
    });
    let document = everything.unwrap_or_else(|error| panic!("cargo metadata: {error}"));
    let packages: Vec<Package> = document["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| Package {
            name: text(&package["name"]).expect("a name"),
            version: text(&package["version"]).expect("a version"),
            license: text(&package["license"]),
            source: text(&package["source"]),
        })
        .collect();
    assert!(packages.len() > 100, "only {} packages: this is not our tree", packages.len());
    packages
}

/// This platform's name, as rustc calls it.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn metadata(options: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

#[test]
fn licences_are_allowed() {
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !package.license.as_deref().is_some_and(is_allowed))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    assert!(refused.is_empty(), "licences outside the list: {refused:#?}");
}

#[test]
fn all_come_from_the_public_registry() {
    let elsewhere: Vec<String> = packages()
        .iter()
        .filter(|package| package.name != "branchline")
        .filter(|package| !package.source.as_deref().is_some_and(|source| source.starts_with("registry+")))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.source))
        .collect();
    assert!(elsewhere.is_empty(), "not from a registry: {elsewhere:#?}");
}

#[test]
fn nothing_forbidden_comes_in() {
    let packages = packages();
    let found: Vec<String> = FORBIDDEN
        .iter()
        .filter(|(name, _)| packages.iter().any(|package| package.name == *name))
        .map(|(name, reason)| format!("{name}: {reason}"))
        .collect();
    assert!(found.is_empty(), "forbidden crates: {found:#?}");
}

#[test]
fn what_must_be_one_is_one() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        versions.entry(package.name).or_default().push(package.version);
    }
    let several: Vec<_> =
        ONCE.iter().filter_map(|name| versions.get_key_value(*name)).filter(|(_, all)| all.len() > 1).collect();
    assert!(several.is_empty(), "in several versions: {several:?}");
}

/// Whether an SPDX expression can be met with allowed licences only; one that cannot be read cannot be met.
/// AND binds tighter than OR; `/` is an old OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest) == Some(true) && rest.is_empty()
}

fn any_of(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = all_of(words)?;
    while take(words, "OR") {
        allowed |= all_of(words)?;
    }
    Some(allowed)
}

fn all_of(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = one(words)?;
    while take(words, "AND") {
        allowed &= one(words)?;
    }
    Some(allowed)
}

fn one(words: &mut &[&str]) -> Option<bool> {
    if take(words, "(") {
        let allowed = any_of(words)?;
        return take(words, ")").then_some(allowed);
    }
    let (&name, rest) = words.split_first().filter(|(word, _)| !["OR", "AND", "WITH", ")"].contains(word))?;
    *words = rest;
    if take(words, "WITH") {
        let (exception, rest) = words.split_first()?;
        *words = rest;
        return Some(ALLOWED.contains(&format!("{name} WITH {exception}").as_str()));
    }
    Some(ALLOWED.contains(&name))
}

fn take(words: &mut &[&str], word: &str) -> bool {
    match words.split_first() {
        Some((first, rest)) if *first == word => {
            *words = rest;
            true
        }
        _ => false,
    }
}

#[test]
fn expressions_are_understood() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "LGPL-2.1 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR MIT",
    ] {
        assert!(is_allowed(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "MIT OR",
        "(MIT",
        "MIT)",
        "GPL-2.0 WITH Classpath-exception-2.0",
        "MIT GPL-3.0",
    ] {
        assert!(!is_allowed(bad), "{bad}");
    }
}
