use std::fs;

use super::{error, folder, load, url};
use crate::dialect::Dialect;
use crate::project::{Project, ProjectError};

const PARTS: &str = "[database]\ndialect = \"postgres\"\nhost = \"db\"\nport = 5433\nuser = \"app\"\nname = \"a/b\"\n\
                     parameters = { sslmode = \"require\" }\n";

#[test]
fn urls_in_parts() {
    assert_eq!(url("auth", PARTS, &[]).unwrap(), "postgres://app@db:5433/a%2Fb");
    let password = |line: &str| {
        let folder = folder(&[("branches/a.toml", &format!("{PARTS}{line}")), ("secret", "from file \r\n")]);
        let project = Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!format!("{project:?} {}", project.branches["a"].database).contains("SEKRET"));
        let lookup = |name: &str| (name == "PASSWORD").then(|| "p@ss:/?#[]%41".to_owned());
        let url = project.branches["a"].database_url(&lookup).unwrap();
        url.server().unwrap().password.as_ref().map(|password| password.expose().to_owned())
    };
    assert_eq!(password("").as_deref(), None);
    assert_eq!(password("password = \"env:PASSWORD\"").as_deref(), Some("p@ss:/?#[]%41"));
    assert_eq!(password("password = \"file:secret\"").as_deref(), Some("from file "));
    assert_eq!(password("password = \"command:echo 'from command'\"").as_deref(), Some("from command"));
    assert_eq!(password("password = \"SEKRET%41\"").as_deref(), Some("SEKRET%41"));
}

/// Two branches share a database where their files name one source.
#[test]
fn sources_are_held_against_each_other_as_they_are_written() {
    let folder = folder(&[]);
    let root = folder.path().display().to_string();
    let quoted = |text: &str| format!("database = \"{text}\"\n");
    let of_env = |text: &str| format!("{PARTS}password = \"{text}\"\n");
    for (one, other, same) in [
        (quoted("env:A"), quoted("env: A"), true),
        (quoted("env:A"), quoted("env:B"), false),
        (quoted("env:DATABASE_URL_B"), String::new(), true),
        (String::new(), String::new(), false),
        (quoted("file:a"), quoted("file:a"), true),
        (quoted("file:a"), quoted("file:b"), false),
        (quoted("command:a x"), quoted("command:a x"), true),
        (quoted("command:a x"), quoted("command:a y"), false),
        (quoted("postgres://u:p@h/d"), quoted("postgres://u:p@h/d"), true),
        (quoted("postgres://u:p@h/d"), quoted("postgres://v:p@h/d"), false),
        (quoted("sqlite:x/a"), quoted("sqlite:./x/../x/a?mode=rw"), true),
        (quoted("sqlite:a"), quoted(&format!("sqlite:{root}/a")), true),
        (quoted("sqlite:a"), quoted("sqlite:b"), false),
        (of_env("env:P"), of_env("env:P"), true),
        (of_env("env:P"), of_env("env:Q"), false),
    ] {
        fs::create_dir_all(folder.path().join("branches")).unwrap();
        fs::write(folder.path().join("branches/a.toml"), &one).unwrap();
        fs::write(folder.path().join("branches/b.toml"), &other).unwrap();
        let project = Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        let source = |branch: &str| project.branches[branch].named_source();
        assert_eq!(source("a") == source("b"), same, "{one}{other}");
        assert_eq!(source("a").to_string(), project.branches["a"].database.to_string());
    }
}

#[test]
fn parts_as_a_default() {
    let project =
        load(&[("branchline.toml", PARTS), ("branches/a.toml", ""), ("branches/b.toml", "database = \"env:B\"")]);
    assert_eq!(project.branches["a"].dialects, [Dialect::Postgres]);
    assert_eq!(project.branches["a"].database.to_string(), "postgres://app@db:5433/a%2Fb");
    assert_eq!(project.branches["b"].database.to_string(), "env:B");
}

#[test]
fn tables_that_are_no_parts() {
    let (unknown, hint) =
        error(&[("branches/a.toml", "[database]\ndialect = \"postgres\"\nname = \"d\"\npasword = \"SEKRET\"\n")]);
    assert!(unknown.starts_with("branches/a.toml:4:1: unknown field `pasword`"), "{unknown}");
    assert_eq!(hint, "did you mean `password`?");
    assert!(!unknown.contains("SEKRET"));
    let said = |text: &str| error(&[("branches/a.toml", &format!("[database]\n{text}\n"))]).0;
    for (text, says) in [
        ("dialect = \"postgres\"", "missing field `name`"),
        ("name = \"d\"", "missing field `dialect`"),
        ("dialect = \"sqlite\"\nname = \"d\"", "write database = \"sqlite:FILE\""),
        ("dialect = \"mysql\"\nname = \"d\"\nport = 65536", "65536"),
    ] {
        assert!(said(text).contains(says), "{}", said(text));
    }
    for password in
        ["123456789", "-123456789", "1234.56789", "true", "[\"123456789\"]", "{ x = \"123456789\" }", "SEKRET"]
    {
        let said = said(&format!("dialect = \"mysql\"\nname = \"d\"\npassword = {password}"));
        assert!(said.starts_with("branches/a.toml:"), "{password}: {said}");
        assert!(!said.contains(password) && !said.contains("1234"), "{password}: {said}");
    }
}

#[test]
fn parts_that_make_no_url() {
    let wrong = |line: &str| url("auth", &format!("{PARTS}{line}\n"), &[]).unwrap_err();
    let unset = wrong("password = \"env:NOWHERE\"");
    assert!(unset.to_string().ends_with("branches/auth.toml takes its password from there"), "{unset}");
    let behind = wrong("password = \"env:postgres://u:SEKRET@h/d\"");
    assert!(!format!("{behind} {behind:?} {:?}", behind.hint()).contains("SEKRET"));
    assert!(matches!(behind, ProjectError::UrlBehindPrefix { prefix: "env:", .. }));
    let parameter =
        url("auth", &PARTS.replace("sslmode", "sslmod").replace("\"require\"", "\"SEKRET\""), &[]).unwrap_err();
    assert_eq!(
        parameter.to_string(),
        "branch auth: unknown parameter `sslmod` in the database URL, as [database] in branches/auth.toml has it"
    );
    assert_eq!(parameter.hint().as_deref(), Some("did you mean `sslmode`?"));
}

#[test]
fn urls_that_commands_print() {
    let command = |text: &str| url("auth", &format!("database = '''command:{text}'''"), &[]);
    assert_eq!(command("echo postgres://u:SEKRET@h/d").unwrap(), "postgres://u@h/d");
    assert_eq!(command("cat secret/url").unwrap(), "postgres://app@h/d", "it runs in the project's folder");
    for (text, says) in [
        ("echo SEKRET; exit 4", "the command that is to print its database URL, `command:echo ...`, ended with 4"),
        ("TOKEN=SEKRET; exit 4", "the command that is to print its database URL, `command:*** ...`, ended with 4"),
        ("true", "the command that is to print its database URL, `command:true`, printed nothing"),
        ("echo u:SEKRET", "the database URL does not begin with a scheme, as what `command:echo ...` prints has it"),
    ] {
        let error = command(text).unwrap_err();
        assert_eq!(error.to_string(), format!("branch auth: {says}"));
        assert!(!format!("{error:?} {:?}", error.hint()).contains("SEKRET"));
    }
    let behind = command("postgres://u:SEKRET@h/d").unwrap_err();
    assert!(matches!(behind, ProjectError::UrlBehindPrefix { prefix: "command:", .. }), "{behind}");
    assert!(!format!("{behind} {behind:?} {:?}", behind.hint()).contains("SEKRET"));
}

/// Whoever lists branches, or reads a project, starts no program.
#[test]
fn a_command_runs_only_when_it_is_asked_for() {
    let folder = folder(&[("branches/a.toml", "database = \"command:touch ran; echo sqlite:x\"")]);
    let project = Project::load(folder.path()).unwrap();
    let branch = &project.branches["a"];
    assert!(branch.database.runs_a_command() && branch.dialects.is_empty());
    assert!(fs::metadata(folder.path().join("ran")).is_err());
    branch.database_url(&|_| None).unwrap();
    assert!(fs::metadata(folder.path().join("ran")).is_ok());
}
