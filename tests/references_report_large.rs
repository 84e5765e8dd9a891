//! `references report` of twenty branches with four hundred tables and six hundred references: what is drawn, folded and printed.

mod support;

use std::fmt::Write as _;

use support::browser::{Browser, address};
use support::{Engine, TestDatabase, TestProject};

const BRANCHES: usize = 20;
const TABLES: usize = 20;
/// Of each branch but the first, and one more of some: 600 in all.
const REFERENCES: usize = 31;

fn references(branch: usize) -> usize {
    if branch == 0 { 0 } else { REFERENCES + usize::from(branch <= 600 - REFERENCES * (BRANCHES - 1)) }
}

/// Branches refer to the first one, and to some of those before them.
fn project() -> (TestProject, Vec<TestDatabase>) {
    let mut project = TestProject::new();
    let mut databases = Vec::new();
    for branch in 0..BRANCHES {
        let database = TestDatabase::new(Engine::Sqlite);
        project.database(&format!("b{branch:02}"), &database);
        databases.push(database);
        let mut columns = vec![String::new(); TABLES];
        let mut manifest = "parents = []\n".to_owned();
        for number in 0..references(branch) {
            let (table, to) =
                (number % (TABLES - 2), if number % 3 == 0 { 0 } else { branch - 1 - number / 3 % branch.min(3) });
            write!(columns[table], ", c{number} INTEGER").unwrap();
            write!(
                manifest,
                "[[reference]]\nfrom = \"t{table}.c{number}\"\nto = \"b{to:02}:t{}.id\"\n",
                number % TABLES
            )
            .unwrap();
        }
        let table = |(number, columns): (usize, &String)| {
            format!("CREATE TABLE t{number} (id INTEGER NOT NULL PRIMARY KEY{columns});\n")
        };
        let up: String = columns.iter().enumerate().map(table).collect();
        project.revision(&format!("b{branch:02}"), "1_tables", &manifest, &[("up.sql", &up)]);
    }
    project.run_line("upgrade").success();
    (project, databases)
}

#[test]
fn hundreds_of_references_stay_readable() {
    let (project, databases) = project();
    databases[3].execute("INSERT INTO t0 (id, c0) VALUES (1, 7)");
    project.run_line("references check").expect(3);
    project.run_line("references report --html report.html").success();
    let (browser, page) = (Browser::new(), address(&project.path().join("report.html")));
    let dom = browser.dom(&page, &[]);
    assert!(
        dom.contains("600 references are known in 20 branches; 600 listed here, 600 checked at least once, 0 skipped.")
    );
    assert_eq!(dom.matches("<tr data-of=").count(), 600);
    assert_eq!(dom.matches("<article").count(), 600);

    // Which branch leads where is a table; each branch that refers has a picture of its own, folded away.
    let matrix = dom.split("class=\"matrix\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(matrix.matches("<th scope=\"row\"").count(), BRANCHES - 1);
    let row = matrix
        .split(">b03</th>")
        .nth(2)
        .or_else(|| matrix.split(">b03</th>").nth(1))
        .unwrap()
        .split("</tr>")
        .next()
        .unwrap();
    assert!(row.contains("<td class=\"bad\">") && row.contains("✕ 1"), "{row}");
    assert!(row.ends_with(&format!("<td>{}</td>", references(3))), "{row}");
    let parts: Vec<&str> = dom.split("<details class=\"part\">").skip(1).collect();
    assert_eq!(parts.len(), BRANCHES - 1);
    let own = parts.iter().find(|part| part.contains("<summary>b03 ")).unwrap().split("</details>").next().unwrap();
    let boxes: Vec<&str> =
        own.split("class=\"name\"").skip(1).map(|name| &name[name.find('>').unwrap() + 1..][..3]).collect();
    assert_eq!(boxes, ["b03", "b00", "b01", "b02"]);
    assert!(own.contains("and 2 more tables"), "{own}");
    let width: usize = own.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    assert!(width < 1000, "{width}: what is wider than the page has to be scrolled");
    // Names of markers and of titles are the page's own, once each.
    for id in ["to-declared", "picture-1-title", "picture-19-text"] {
        assert_eq!(dom.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }

    // A cell of the table leads to its references, and to no others.
    assert!(row.contains("href=\"#filter=b03%3Eb00\""), "{row}");
    let filtered = browser.dom(&format!("{page}#filter=b03%3Eb00"), &[]);
    let list = filtered.split("id=\"list\"").nth(1).unwrap().split("</table>").next().unwrap();
    let shown: Vec<&str> =
        list.split("<tr data-of=").skip(1).filter(|row| !row.split('>').next().unwrap().contains("hidden")).collect();
    let declared: usize = row.split("b03%3Eb00\">").nth(1).unwrap().split('<').next().unwrap().parse().unwrap();
    assert_eq!(shown.len(), declared);
    assert!(filtered.contains(&format!("Only {declared} of 600 references are shown here and below")));

    // On paper several share a sheet.
    let printed = browser.pdf(&page);
    let pages = printed.windows(12).filter(|part| part.starts_with(b"/Type /Page") && part[11] != b's').count();
    assert!((40..300).contains(&pages), "{pages} pages");
}
