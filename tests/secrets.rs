//! A URL with its password, wherever somebody may paste it: no part of the password is ever printed, nor kept in a file.

mod support;

use support::TestProject;

/// What a part of a password is recognised by.
const MARK: &str = "S3kr3t";

/// Passwords with what ends a word, a quote, an option's name, a target or a URL.
const PASSWORDS: [&str; 5] =
    ["S3kr3t", "p@S3kr3t", "S3kr3t:/?#[]%25=S3kr3t", "it's `S3kr3t` \"S3kr3t\"", "S3kr3t/x@S3kr3t"];

fn project() -> TestProject {
    let project = TestProject::new();
    project.branch("auth", "database = \"sqlite:auth.sqlite\"\ndialects = [\"sqlite\"]\n");
    project.revision("auth", "0001_table", "parents = []\n", &[("up.sql", "CREATE TABLE t (id INTEGER);\n")]);
    project
}

#[track_caller]
fn assert_silent(project: &TestProject, arguments: &[&str]) {
    for format in [&[][..], &["--format", "json"], &["-vvv", "--color", "always"]] {
        let outcome = project.run(arguments.iter().copied().chain(format.iter().copied()));
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!said.contains(MARK), "{arguments:?} prints the password\n{outcome}");
        assert!(!said.to_lowercase().contains("s3kr3t"), "{arguments:?} prints the password\n{outcome}");
    }
}

/// Where on a command line `URL` stands for what somebody pasted.
const POSITIONS: &[&str] = &[
    "URL",
    "URL status",
    "--project URL status",
    "--project=URL status",
    "--projct=URL status",
    "--projct URL status",
    "--format URL status",
    "--color=URL status",
    "--URL status",
    "-URL status",
    "status URL",
    "status auth URL",
    "status --exit-code=URL",
    "branches URL",
    "heads URL",
    "history URL",
    "history auth@URL",
    "history auth@0001:URL",
    "history URL:auth@0001",
    "show URL",
    "show auth@URL",
    "show auth@0001 --direction URL",
    "graph URL",
    "revision URL words",
    "revision auth URL",
    "revision auth words --parent URL",
    "revision auth words --depends-on URL",
    "revision auth words --depends-on auth@URL",
    "merge URL",
    "merge auth URL",
    "merge auth 0001 URL",
    "merge auth -m URL",
    "merge auth -mURL",
    "plan URL",
    "plan auth@URL",
    "plan --out URL",
    "plan --out=URL",
    "upgrade URL",
    "upgrade auth URL",
    "upgrade auth@URL",
    "upgrade URL@head",
    "upgrade URL+1",
    "upgrade --jobs URL",
    "upgrade --wait URL",
    "upgrade --wait=URL",
    "upgrade --lock-timeout URL",
    "upgrade --on-failure URL",
    "downgrade URL",
    "downgrade auth@URL --yes",
    "apply URL",
    "stamp URL",
    "stamp auth@URL",
    "resume URL",
    "resume auth --from URL",
    "repair URL --applied",
    "check URL",
    "completions URL",
    "man URL",
    "man --out URL",
    "init URL",
    "init auth URL",
    "init my-auth=URL",
    "init other=env:URL",
    "init other=file:URL",
    "init other=command:URL",
    "init other=env:x=URL",
    "init --project URL other",
    "init other=oracle+URL",
    "init other=URL another=URL --nonsense",
];

#[test]
fn no_argument_brings_a_password_to_light() {
    let project = project();
    for password in PASSWORDS {
        for scheme in ["postgres://", "mariadb:/"] {
            let url = format!("{scheme}app:{password}@db.example:5432/auth?sslmode=S3kr3t");
            for position in POSITIONS {
                let arguments: Vec<String> = position.split(' ').map(|word| word.replace("URL", &url)).collect();
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let before = project.listing();
                assert_silent(&project, &arguments);
                assert_eq!(project.listing(), before, "{position} wrote something");
            }
        }
    }
}

/// The same where the guard at the door does not see it: the variable, and what the files say.
#[test]
fn no_file_and_no_variable_brings_a_password_to_light() {
    const VERBS: [&str; 5] = ["status", "upgrade", "check", "branches", "plan"];
    for password in PASSWORDS {
        let url = format!("postgres://app:{password}@db.example:port/auth?sslmode=S3kr3t");
        let quoted = toml::Value::String(url.clone()).to_string();
        let behind = |prefix: &str| toml::Value::String(format!("{prefix}{url}")).to_string();
        for text in [
            format!("database = {quoted}\n"),
            format!("database = {}\n", behind("env:")),
            format!("database = {}\n", behind("env: ")),
            format!("database = {}\n", behind("file:")),
            format!("database = {}\n", behind("file:/run/")),
            format!("database = {}\n", behind("ENV:")),
            format!("database = {}\n", behind("command:")),
            format!("database = {}\n", behind("command:echo ")),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\nhost = {quoted}\n"),
            format!("[database]\ndialect = {quoted}\nname = \"d\"\n"),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\nport = {quoted}\n"),
            format!(
                "[database]\ndialect = \"postgres\"\nname = \"d\"\nport = 1\nhost = \"127.0.0.1\"\npassword = {quoted}\n"
            ),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\npasswrd = {quoted}\n"),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\npassword = {}\n", behind("env:")),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\npassword = {}\n", behind("command:echo ")),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\nparameters = {{ sslmode = {quoted} }}\n"),
            format!("[database]\ndialect = \"postgres\"\nname = \"d\"\nparameters = {{ {quoted} = \"x\" }}\n"),
            format!("database = \"sqlite:auth.sqlite\"\ndialects = [{quoted}]\n"),
            format!("database = \"sqlite:auth.sqlite\"\nmigrations = {quoted}\n"),
            format!("database = \"sqlite:auth.sqlite\"\nids = {quoted}\n"),
            format!("database = \"sqlite:auth.sqlite\"\n[session]\nlock_timeout = {quoted}\n"),
            format!("database = \"sqlite:auth.sqlite\"\n[session]\nstate_schema = {quoted}\n"),
            format!("database = \"sqlite:auth.sqlite\"\n[lint]\ndeny = [{quoted}]\nallow = [{quoted}]\n"),
            format!("{quoted} = 1\n"),
        ] {
            // A table is read alike in both.
            let files = if text.starts_with("[database]") {
                &["branches/auth.toml"][..]
            } else {
                &["branches/auth.toml", "branchline.toml"]
            };
            for &file in files {
                let project = project();
                project.write("branches/auth.toml", "");
                project.write(file, &text);
                for verb in VERBS {
                    assert_silent(&project, &[verb]);
                }
            }
        }
        for text in [
            format!("parents = [{quoted}]\n"),
            format!("parents = []\ndepends_on = [{quoted}]\n"),
            format!("parents = []\ntransaction = {quoted}\n"),
            format!("parents = []\n{quoted} = 1\n"),
            format!("parents = []\n[[reference]]\nfrom = {quoted}\nto = {quoted}\n"),
        ] {
            let project = project();
            project.write("migrations/auth/0001_table/revision.toml", &text);
            for verb in VERBS {
                assert_silent(&project, &[verb]);
            }
        }
        let mut project = project();
        project.variable("BRANCHLINE_PROJECT", &url);
        for verb in ["init", "status", "history", "revision auth words"] {
            assert_silent(&project, &verb.split(' ').collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_url_where_its_place_is_named_says_so() {
    for (prefix, says) in [("env:", "the name of a variable"), ("file:", "the path of a file")] {
        let project = project();
        project.branch("auth", &format!("database = \"{prefix}postgres://u:S3kr3t@h/d\"\n"));
        let outcome = project.run_line("upgrade").expect(2);
        assert!(
            outcome.stderr.contains(&format!("branches/auth.toml: branch auth: `{prefix}` is followed by a URL")),
            "{outcome}"
        );
        assert!(outcome.stderr.contains(says) && outcome.stderr.contains(&format!("without `{prefix}`")), "{outcome}");
    }
    let outcome = project().run(["upgrade", "postgres://u:S3kr3t@h/d", "--format", "json"]).expect(2);
    let error = &outcome.json()["error"];
    assert_eq!(error["kind"], "usage", "{outcome}");
    assert_eq!(
        error["message"], "`postgres://u:***@h/d` is a database URL, and no argument here takes one",
        "{outcome}"
    );
}
