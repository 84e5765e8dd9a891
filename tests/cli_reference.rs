//! docs/cli-reference.md is what the command's own help says.

mod support;

use std::fmt::Write as _;
use std::path::Path;

use support::TestProject;

const FILE: &str = "docs/cli-reference.md";
const REGENERATE: &str = "BRANCHLINE_UPDATE_REFERENCE=1 cargo test --test cli_reference";

#[test]
fn the_reference_is_what_help_says() {
    let written = reference();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("BRANCHLINE_UPDATE_REFERENCE").is_some() {
        std::fs::write(&file, &written).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed == written {
        return;
    }
    let differs = committed.lines().zip(written.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(written.lines().count()));
    panic!(
        "{FILE} is not what help says, from line {}:\n- {}\n+ {}\nWrite it anew with: {REGENERATE}",
        line + 1,
        committed.lines().nth(line).unwrap_or_default(),
        written.lines().nth(line).unwrap_or_default(),
    );
}

fn reference() -> String {
    let project = TestProject::new();
    let main = help(&project, &[]);
    let mut text = format!(
        "# Command-line reference\n\n<!-- Generated from the command's help; do not edit. To write it anew:\n     {REGENERATE} -->\n\n\
         ## branchline\n\n```text\n{main}\n```\n"
    );
    let all = verbs(&main);
    assert!(all.len() >= 17, "{all:?}");
    for verb in all {
        let of_verb = help(&project, &[verb]);
        write!(text, "\n## branchline {verb}\n\n```text\n{of_verb}\n```\n").unwrap();
        for inner in verbs(&of_verb) {
            write!(text, "\n### branchline {verb} {inner}\n\n```text\n{}\n```\n", help(&project, &[verb, inner]))
                .unwrap();
        }
    }
    text
}

/// The long help, without the options that every verb has.
fn help(project: &TestProject, verb: &[&str]) -> String {
    let whole = project.run(verb.iter().copied().chain(["--help"])).success().stdout;
    let text: Vec<&str> = whole.lines().map(str::trim_end).collect();
    if verb.is_empty() {
        return text.join("\n");
    }
    let global = text.iter().position(|line| *line == "Global options:").expect("every verb has the global options");
    let after = text[global..].iter().position(|line| line.starts_with("Example")).map(|at| global + at);
    let mut kept = text[..global].to_vec();
    kept.push("Global options: as for branchline itself.");
    match after {
        Some(after) => {
            kept.push("");
            kept.extend(&text[after..]);
        }
        None => panic!("`{}` shows no example", verb.join(" ")),
    }
    kept.join("\n")
}

/// The verbs that the main help lists, in its order.
fn verbs(main: &str) -> Vec<&str> {
    main.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect()
}
