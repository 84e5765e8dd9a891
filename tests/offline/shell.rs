//! `completions` and `man`.

use crate::support::TestProject;

#[test]
fn completions_know_verbs_and_options() {
    let project = TestProject::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(["completions", shell]).success().stdout;
        for word in ["downgrade", "history", "with-dependents", "depends-on"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        let document = project.run(["completions", shell, "--format", "json"]).success().json();
        assert_eq!(document["command"], "completions");
        assert_eq!(document["shell"], shell);
        assert_eq!(document["script"].as_str().unwrap(), script.trim_end());
    }
    project.run_line("completions tcsh").expect(2);
}

#[test]
fn man_prints_a_page_or_writes_one_a_verb() {
    let project = TestProject::new();
    let page = project.run_line("man").success().stdout;
    assert!(page.contains(".TH branchline 1"), "{page}");
    assert!(page.contains("branchline\\-upgrade(1)"), "{page}");
    assert_eq!(project.run_line("man --format json").success().json()["page"].as_str().unwrap(), page.trim_end());
    let written = project.run_line("man --out pages/man1").success().stdout;
    let files: Vec<&str> = written.lines().collect();
    assert!(files.contains(&"pages/man1/branchline.1") && files.contains(&"pages/man1/branchline-show.1"), "{written}");
    for file in files {
        let page = project.read(file);
        assert!(page.contains("\n.SH SYNOPSIS\n"), "{file}");
        let last = if file.ends_with("/branchline.1") { "\n.SH \"EXIT CODES\"\n" } else { "\n.SH EXAMPLES\n" };
        assert!(page.contains(last), "{file}");
    }
    assert!(project.read("pages/man1/branchline-downgrade.1").contains("with\\-dependents"));
    project.write("file", "");
    project.run_line("man --out file/man1 --format json").expect(2);
}
