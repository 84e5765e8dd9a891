//! Findings as the results of tests, in the form that CI servers read since JUnit wrote it first.
//!
//! A finding is a failed test; what was looked at and found sound is a test that passed, and what could not be looked at is an
//! error: nobody is to take it for a clean result.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::finding::Finding;
use super::markup::escaped;

/// The document. `looked_at` names what was looked at, each within its branch: a test that passes where nothing was found of it.
/// `not_looked_at` names what was not, with why.
#[must_use]
pub fn junit(
    suite: &str,
    findings: &[Finding],
    looked_at: &[(String, String)],
    not_looked_at: &[(String, String)],
) -> String {
    let mut cases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut tests, mut failures) = (0, 0);
    for (branch, name) in looked_at {
        let is_about = |finding: &&Finding| finding.branch.as_str() == branch && finding.message.starts_with(name);
        if !findings.iter().any(|finding| is_about(&finding)) {
            tests += 1;
            cases.entry(branch.clone()).or_default().push(case(branch, name, None));
        }
    }
    for finding in findings {
        tests += 1;
        failures += 1;
        let branch = finding.branch.to_string();
        let place = place(finding);
        let text = [Some(finding.message.clone()), finding.hint.clone(), place.clone()];
        let text: Vec<String> = text.into_iter().flatten().collect();
        let body = format!(
            "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
            attribute(finding.kind),
            attribute(&finding.message),
            escaped(&text.join("\n"))
        );
        let name = place.map_or_else(
            || format!("{}: {}", finding.kind, finding.message),
            |place| format!("{}: {place}", finding.kind),
        );
        cases.entry(branch.clone()).or_default().push(case(&branch, &name, Some(&body)));
    }
    for (branch, why) in not_looked_at {
        tests += 1;
        let body = format!("      <error type=\"skipped\" message=\"{}\">{}</error>\n", attribute(why), escaped(why));
        cases.entry(branch.clone()).or_default().push(case(branch, "could not be looked at", Some(&body)));
    }
    if cases.is_empty() {
        // Servers take a document without a test for one that was not written to its end.
        tests += 1;
        cases.entry("branchline".to_owned()).or_default().push(case("branchline", "nothing was found", None));
    }
    let errors = not_looked_at.len();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"branchline\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    );
    for (branch, cases) in cases {
        let of = |mark: &str| cases.iter().filter(|case| case.contains(mark)).count();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}.{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">",
            attribute(suite),
            attribute(&branch),
            cases.len(),
            of("<failure "),
            of("<error ")
        );
        text.extend(cases);
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>");
    text
}

fn case(branch: &str, name: &str, body: Option<&str>) -> String {
    let (branch, name) = (attribute(branch), attribute(name));
    match body {
        None => format!("    <testcase classname=\"{branch}\" name=\"{name}\"/>\n"),
        Some(body) => {
            format!("    <testcase classname=\"{branch}\" name=\"{name}\">\n{body}    </testcase>\n")
        }
    }
}

fn place(finding: &Finding) -> Option<String> {
    let file = finding.file.as_ref()?;
    let number = |number: Option<usize>| number.map_or_else(String::new, |number| format!(":{number}"));
    Some(format!("{}{}{}", file.display(), number(finding.line), number(finding.column)))
}

/// In an attribute a line break would become a space.
fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::junit;
    use crate::report::Finding;

    #[test]
    fn what_failed_what_passed_and_what_was_not_looked_at() {
        let mut finding = Finding::new(
            "orphans",
            "specs".parse().unwrap(),
            "p.\"u\" <&\u{1}> has 3 rows without\na parent".to_owned(),
        );
        finding.hint = Some("repair them".to_owned());
        finding.file = Some("migrations/specs/1/revision.toml".into());
        finding.line = Some(4);
        let looked = [
            ("specs".to_owned(), "p.\"u\"".to_owned()),
            ("specs".to_owned(), "p.v".to_owned()),
            ("auth".to_owned(), "a.b".to_owned()),
        ];
        let not = [("third".to_owned(), "nobody answers".to_owned())];
        insta::assert_snapshot!(junit("references", &[finding], &looked, &not), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="branchline" tests="4" failures="1" errors="1">
          <testsuite name="references.auth" tests="1" failures="0" errors="0" skipped="0">
            <testcase classname="auth" name="a.b"/>
          </testsuite>
          <testsuite name="references.specs" tests="2" failures="1" errors="0" skipped="0">
            <testcase classname="specs" name="p.v"/>
            <testcase classname="specs" name="orphans: migrations/specs/1/revision.toml:4">
              <failure type="orphans" message="p.&quot;u&quot; &lt;&amp;�&gt; has 3 rows without&#10;a parent">p.&quot;u&quot; &lt;&amp;�&gt; has 3 rows without
        a parent
        repair them
        migrations/specs/1/revision.toml:4</failure>
            </testcase>
          </testsuite>
          <testsuite name="references.third" tests="1" failures="0" errors="1" skipped="0">
            <testcase classname="third" name="could not be looked at">
              <error type="skipped" message="nobody answers">nobody answers</error>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }
}
