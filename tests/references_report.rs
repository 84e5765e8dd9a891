//! `references report`: the page that an auditor gets, looked at through a browser; and its short form.

mod support;

use std::path::PathBuf;

use support::browser::{Browser, address};
use support::{Engine, TestDatabase, TestProject};

struct World {
    project: TestProject,
    _auth: TestDatabase,
    specs: TestDatabase,
}

/// Names that would be markup, would end an attribute, or would run.
const HOSTILE: &str = "<img src=x onerror=document.title='owned'>\\\"'&";

impl World {
    fn new() -> Self {
        let mut project = TestProject::new();
        let (auth, specs) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Sqlite));
        project.database("auth", &auth).database("specs", &specs);
        project.revision(
            "auth",
            "1_users",
            "description = \"Users\"\nparents = []\n",
            &[("up.sql", "CREATE TABLE users (id TEXT NOT NULL PRIMARY KEY); CREATE TABLE other (id TEXT);")],
        );
        let manifest = format!(
            "description = \"{HOSTILE}\"\nparents = []\n\
             [[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\nowner = \"{HOSTILE}\"\nreason = \"{HOSTILE}\"\n\
             [[reference]]\nfrom = \"projects.lead_id\"\nto = \"auth:users.id\"\non_delete = \"set_null\"\n\
             [[reference]]\nfrom = \"notes.<b>author\"\nto = \"auth:users.id\"\non_delete = \"cascade\"\nwhen = \"1 < 2\"\n"
        );
        let up = "CREATE TABLE projects (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, lead_id TEXT, creator_id TEXT);\n\
                  CREATE TABLE notes (\"<b>author\" TEXT, project INTEGER REFERENCES projects (id));\n";
        project.revision("specs", "1_projects", &manifest, &[("up.sql", up)]);
        project.run_line("upgrade").success();
        auth.execute("INSERT INTO users VALUES ('a'), ('b')");
        specs.execute("INSERT INTO projects (user_id, lead_id) VALUES ('a', 'gone'), ('b', 'gone'), ('a', NULL)");
        Self { project, _auth: auth, specs }
    }

    /// Writes the page into the project, and says where it is.
    fn page(&self) -> PathBuf {
        self.project.run_line("references report --html report.html").success();
        self.project.path().join("report.html")
    }
}

/// The references in the order in which the table has them, without those that are hidden.
fn shown(dom: &str) -> Vec<String> {
    let list = dom.split("id=\"list\"").nth(1).unwrap().split("</table>").next().unwrap();
    let rows = list.split("<tr data-of=").skip(1).filter(|row| !row.split('>').next().unwrap().contains("hidden"));
    rows.map(|row| {
        let name = row.split("<a href=").nth(1).unwrap().split_once('>').unwrap().1.split("</a>").next().unwrap();
        name.replace("<span class=\"dim\">:</span>", ":").replace("&lt;", "<").replace("&gt;", ">")
    })
    .collect()
}

#[test]
fn it_says_what_was_looked_at_and_what_was_found() {
    let world = World::new();
    let html = std::fs::read_to_string(world.page()).unwrap();
    assert!(html.contains("No clean result: not everything was looked at."), "{html}");
    assert!(html.contains("3 references were never checked"), "{html}");
    world.project.run_line("references check").expect(3);
    world.project.run_line("references check --no-samples").expect(3);
    let browser = Browser::new();
    let dom = browser.dom(&address(&world.page()), &[]);
    assert!(dom.contains("1 reference has orphans beyond what is allowed."), "{dom}");
    assert!(dom.contains("3 references are known in 2 branches; 3 listed here, 3 checked at least once, 0 skipped."));
    for part in [
        "UPDATE \"projects\" SET \"lead_id\" = NULL WHERE EXISTS",
        "DELETE FROM \"notes\" WHERE (1 &lt; 2) AND EXISTS",
        "declares it",
        "migrations/specs/1_projects/revision.toml:5",
        "<svg viewBox",
        "and 1 more table<",
        "3 in all",
        "Signature",
        concat!("branchline ", env!("CARGO_PKG_VERSION")),
        "2 rows, 1 key<",
        "class=\"found\" d=",
        "1 column or pair of columns looks like a reference that nobody declared",
    ] {
        assert!(dom.contains(part), "{part} is not in\n{dom}");
    }
    let lead = dom.split("<article").skip(1).find(|article| article.contains("projects.lead_id")).unwrap();
    assert_eq!(lead.matches("<tr><td>").count(), 2, "two checks: {lead}");
    assert_eq!(world.specs.query_value("SELECT count(*) FROM branchline_event WHERE kind = 'check'"), "6");
}

#[test]
fn nothing_in_it_is_markup_that_was_not_ours() {
    let world = World::new();
    let page = world.page();
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains("<img") && !html.contains("<b>author"), "{html}");
    assert!(html.contains("&lt;img src=x onerror="), "{html}");
    for outside in ["http://", "https://", " src=", "@import", "url("] {
        let found = html.replace("url(#to-", "").replace("img src=x", "");
        assert!(!found.contains(outside), "{outside}");
    }
    assert!(html.contains("default-src &#x27;none&#x27;") || html.contains("default-src 'none'"), "{html}");
    let dom = Browser::new().dom(&address(&page), &[]);
    assert!(dom.contains("<title>References</title>") && !dom.contains("<img"), "{dom}");
    // The policy lets the page's own script run, and its style hold.
    assert!(dom.contains("<button type=\"button\">"), "{dom}");
}

#[test]
fn it_filters_and_sorts() {
    let world = World::new();
    world.project.run_line("references check").expect(3);
    let (browser, page) = (Browser::new(), address(&world.page()));
    let all = ["specs:notes.<b>author", "specs:projects.lead_id", "specs:projects.user_id"];
    assert_eq!(shown(&browser.dom(&page, &[])), all);
    let dom = browser.dom(&format!("{page}#filter=LEAD"), &[]);
    assert_eq!(shown(&dom), ["specs:projects.lead_id"]);
    assert!(dom.contains("1 of 3 shown"), "{dom}");
    assert_eq!(dom.matches("<article").count() - dom.matches("hidden=\"\"><h3").count(), 3);
    assert_eq!(shown(&browser.dom(&format!("{page}#filter=nobody"), &[])), [] as [&str; 0]);
    let dom = browser.dom(&format!("{page}#sort=orphans&order=descending"), &[]);
    assert_eq!(shown(&dom)[0], "specs:projects.lead_id");
    assert!(dom.contains("data-sort=\"orphans\" class=\"number\" aria-sort=\"descending\""), "{dom}");
    let dom = browser.dom(&format!("{page}#sort=policy"), &[]);
    assert_eq!(shown(&dom), ["specs:notes.<b>author", "specs:projects.user_id", "specs:projects.lead_id"]);
    // Without scripts it is a plain table, with nothing in it that does not work.
    let html = world.project.read("report.html");
    assert_eq!(shown(&html), all);
    assert!(html.contains("<div class=\"tools\" hidden") && !html.contains("<button"), "{html}");
}

#[test]
fn light_dark_narrow_and_printed() {
    let world = World::new();
    let (browser, page) = (Browser::new(), address(&world.page()));
    let light = browser.screenshot(&page, (1200, 900), &["--blink-settings=preferredColorScheme=1"]);
    let dark = browser.screenshot(&page, (1200, 900), &["--blink-settings=preferredColorScheme=0"]);
    // A page of one colour is a file of a few thousand bytes.
    assert!(light.len() > 20_000 && dark.len() > 20_000, "{} {}", light.len(), dark.len());
    assert_ne!(light, dark);
    let pdf = browser.pdf(&page);
    let pages = pdf.windows(12).filter(|part| part.starts_with(b"/Type /Page") && part[11] != b's').count();
    assert!((2..=12).contains(&pages), "{pages} pages");
    // What is wider than a telephone scrolls in its own frame, and not with the page.
    let frame = browser.file("frame.html");
    let script = "onload = () => { const it = document.querySelector('iframe').contentDocument.documentElement; \
                  document.body.append(`width ${it.scrollWidth} of ${it.clientWidth}`); }";
    let html = format!(
        "<body><iframe src=\"{page}\" width=\"360\" height=\"800\" style=\"border:0\"></iframe><script>{script}</script>"
    );
    std::fs::write(&frame, html).unwrap();
    let dom = browser.dom(&address(&frame), &["--allow-file-access-from-files"]);
    assert!(dom.contains("width 360 of 360"), "{dom}");
}

#[test]
fn the_short_form_and_where_it_goes() {
    let world = World::new();
    let markdown = world.project.run_line("references report --markdown -").success().stdout;
    assert!(markdown.starts_with("# References\n\nMade 20"), "{markdown}");
    assert!(markdown.contains("| specs:projects.lead_id | auth:users.id | specs@1 | set_null |"), "{markdown}");
    assert!(markdown.contains("&lt;img src=x") && !markdown.contains("<img"), "{markdown}");
    let html = world.project.run_line("references report --html - --offline").success().stdout;
    assert!(
        html.contains("from the project&#x27;s files alone") || html.contains("from the project's files alone"),
        "{html}"
    );
    world.project.run_line("references report").expect(2);
    for two in ["--html - --markdown -", "--html - --format json", "--markdown - --format json"] {
        let refused = world.project.run_line(&format!("references report {two}")).expect(2);
        assert!(format!("{refused}").contains("both write to the standard output"), "{refused}");
    }
    world.project.run_line("references report --html no/such/folder/x.html").expect(2);
    let document = world.project.run_line("references report --html r.html --format json").success().json();
    assert_eq!((&document["written"][0], &document["scope"]["listed"]), (&"r.html".into(), &3.into()));
}

/// What was skipped is in the page, and is no clean result.
#[test]
fn what_was_skipped_is_told() {
    let mut world = World::new();
    world.project.run_line("references check").expect(3);
    world.project.branch("specs", "dialects = [\"sqlite\", \"postgres\"]\n");
    world.project.variable("DATABASE_URL_SPECS", "postgres://user:SEKRET@127.0.0.1:1/nowhere");
    world.project.run_line("references report --html report.html").expect(5);
    let html = world.project.read("report.html");
    assert!(html.contains("No clean result") && html.contains("1 branch could not be looked at"), "{html}");
    assert!(html.contains("not looked at") && !html.contains("SEKRET"), "{html}");
}

/// What somebody puts a name to says what it is about, on the page and on paper.
#[test]
fn what_is_signed_is_said() {
    let mut world = World::new();
    let signed = |world: &World, options: &str, code: i32| {
        world.project.run_line(&format!("references report --html report.html {options}")).expect(code);
        let html = world.project.read("report.html").replace("&#x27;", "'").replace("&#x2f;", "/");
        let signed = html.split("<section class=\"sign\"").nth(1).unwrap().split("</section>").next().unwrap();
        (signed.to_owned(), html.clone())
    };
    let (before, _) = signed(&world, "", 0);
    assert!(
        before.contains("No rows were checked.") && before.contains("of 3 references that were never checked: specs:"),
        "{before}"
    );
    world.project.run_line("references check").expect(3);
    let (after, html) = signed(&world, "", 0);
    for part in [
        "3 references, as 2 branches' databases and catalogs have them: auth, specs.",
        "The rows of 3 references, each, at its last check.",
        "2 rows of 1 reference beyond what is allowed: specs:projects.lead_id (2, and 0 allowed).",
        "1 column or pair of columns looks like one.",
        concat!("UTC by branchline ", env!("CARGO_PKG_VERSION")),
        "Rows checked ",
        "Signature",
    ] {
        assert!(after.contains(part), "{part} is not in\n{after}");
    }
    assert!(!after.contains("never checked"), "{after}");
    // Each sheet of paper says of which report it is; nothing in that text can be markup.
    assert!(html.contains("@bottom-left { content: \"References \\b7  "), "{html}");
    let (part, _) = signed(&world, "auth", 0);
    assert!(part.contains("branches that this report was not asked for: specs."), "{part}");
    let (offline, _) = signed(&world, "--offline", 0);
    assert!(offline.contains("No database was asked.") && offline.contains("nobody looked for them"), "{offline}");
    world.project.branch("specs", "dialects = [\"sqlite\", \"postgres\"]\n");
    world.project.variable("DATABASE_URL_SPECS", "postgres://user:SEKRET@127.0.0.1:1/nowhere");
    let (skipped, _) = signed(&world, "", 5);
    assert!(skipped.contains("specs, with 3 references in its files: ") && !skipped.contains("SEKRET"), "{skipped}");
}

/// A reference that is in the files and on no record is no part of a clean result.
#[test]
fn what_is_not_live_is_said() {
    let world = World::new();
    let file = "migrations/specs/1_projects/revision.toml";
    let more = "[[reference]]\nfrom = \"projects.creator_id\"\nto = \"auth:users.id\"\n";
    world.project.write(file, world.project.read(file) + more);
    world.page();
    let html = world.project.read("report.html");
    assert!(html.contains("1 reference stands in the files of applied revisions, and on no record"), "{html}");
    let signed = html.split("<section class=\"sign\"").nth(1).unwrap();
    assert!(signed.contains("specs:projects.creator_id: specs@1 declares it so"), "{signed}");
}
