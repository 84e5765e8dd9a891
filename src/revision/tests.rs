use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Checksum, LoadOptions, OnDelete, ReferenceTo, Revision, Value, Way, load};
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::project::Project;

/// A project with the branch `a` of these settings, and these files of it.
struct Sample {
    folder: TempDir,
}

impl Sample {
    fn new(branch: &str, files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sample = Self { folder };
        sample.write("branches/a.toml", branch.as_bytes());
        for (file, bytes) in files {
            sample.write(&format!("migrations/a/{file}"), bytes);
        }
        sample
    }

    fn write(&self, file: &str, bytes: &[u8]) {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn project(&self) -> Project {
        Project::load(self.folder.path()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn load(&self) -> Vec<Revision> {
        load(&self.project(), LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn errors(&self) -> Vec<String> {
        let problems = load(&self.project(), LoadOptions::default()).expect_err("something is wrong");
        problems.as_slice().iter().map(ToString::to_string).collect()
    }
}

const FIRST: &[u8] = b"parents = []";

fn one_of(branch: &str, files: &[(&str, &[u8])]) -> Revision {
    let mut all: Vec<(String, &[u8])> = vec![("0001_first/revision.toml".into(), FIRST)];
    all.extend(files.iter().map(|(file, bytes)| (format!("0001_first/{file}"), *bytes)));
    let all: Vec<(&str, &[u8])> = all.iter().map(|(file, bytes)| (file.as_str(), *bytes)).collect();
    Sample::new(branch, &all).load().remove(0)
}

fn errors_of(branch: &str, files: &[(&str, &[u8])]) -> Vec<String> {
    let files: Vec<(String, &[u8])> =
        files.iter().map(|(file, bytes)| (format!("0001_first/{file}"), *bytes)).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(file, bytes)| (file.as_str(), *bytes)).collect();
    Sample::new(branch, &files).errors()
}

fn toml_error(text: &str) -> String {
    let mut errors = errors_of("", &[("revision.toml", text.as_bytes()), ("up.sql", b"x")]);
    assert_eq!(errors.len(), 1, "{errors:?}");
    let error = errors.remove(0);
    error.strip_prefix("migrations/a/0001_first/revision.toml").map(str::to_owned).unwrap_or(error)
}

#[test]
fn all_keys() {
    let sample = Sample::new(
        "",
        &[
            (
                "0003/revision.toml",
                b"\xef\xbb\xbfdescription = \"Core \\\"tables\\\"\"\r\nparents = [\"0002\"]\r\n\
                  depends_on = [\"auth@0001\", \"a@0001\"]\r\ntransaction = false\r\nreplaces = [\"1.1\"]\r\n\
                  irreversible = \"drops\"\r\n[[reference]]\r\nfrom = \"projects.user_id\"\r\nto = \"auth:users.id\"\r\n\
                  on_delete = \"set_null\"\r\nowner = \"o\"\r\nreason = \"r\"\r\nwhen = \"kind = 'u'\"\r\n\
                  parent_filter = \"deleted_at IS NULL\"\r\ngrace = \"10m\"\r\nmax_orphans = 3\r\n\
                  [[reference]]\r\nfrom = \"logs.resource_id\"\r\nby = \"logs.resource_type\"\r\n\
                  to = { project = \"projects.id\", user = \"auth:users.id\" }\r\n\
                  [[reference]]\r\nfrom = [\"s.lines.tenant\", \"s.lines.order\"]\r\nto = [\"x:orders.tenant\", \"x:orders.id\"]\r\n\
                  [[end_reference]]\r\nfrom = \"old.user_id\"\r\n\
                  [[verify]]\r\nquery = \"SELECT 1\"\r\nequals = 2\r\n[[verify]]\r\nquery = \"SELECT 2\"\r\nequals = \"x\"\r\n",
            ),
            ("0003/up.toml", b"x"),
        ],
    );
    let revision = sample.load().remove(0);
    assert_eq!(revision.key.to_string(), "a@0003");
    assert_eq!((revision.slug.as_str(), revision.folder.as_path()), ("", Path::new("migrations/a/0003")));
    assert_eq!(revision.description, "Core \"tables\"");
    assert_eq!(revision.parents[0].as_str(), "0002");
    assert_eq!(revision.depends_on.iter().map(ToString::to_string).collect::<Vec<_>>(), ["auth@0001", "a@0001"]);
    assert!(!revision.transaction);
    assert_eq!(revision.replaces[0].as_str(), "1.1");
    assert_eq!(revision.irreversible.as_deref(), Some("drops"));
    let [plain, polymorphic, composite] = revision.references.as_slice() else { panic!() };
    assert_eq!(plain.from.to_string(), "projects.user_id");
    assert_eq!(plain.targets().map(ToString::to_string).collect::<Vec<_>>(), ["auth:users.id"]);
    assert_eq!(plain.on_delete, OnDelete::SetNull);
    assert_eq!(plain.grace, Some(std::time::Duration::from_secs(600)));
    assert_eq!((plain.max_orphans, plain.when.as_deref()), (Some(3), Some("kind = 'u'")));
    assert_eq!(plain.parent_filter.as_deref(), Some("deleted_at IS NULL"));
    let at: Vec<String> = revision.references.iter().map(|reference| reference.declared_at.to_string()).collect();
    assert_eq!(at, [9, 20, 23].map(|line| format!("migrations/a/0003/revision.toml:{line}:6")));
    let ReferenceTo::Polymorphic { by, targets } = &polymorphic.to else { panic!() };
    assert_eq!(by.to_string(), "logs.resource_type");
    assert_eq!(
        (targets["project"].to_string(), targets["user"].to_string()),
        ("a:projects.id".into(), "auth:users.id".into())
    );
    assert_eq!(polymorphic.on_delete, OnDelete::Restrict);
    assert_eq!(composite.from.to_string(), "s.lines.(tenant, order)");
    assert_eq!(composite.targets().next().unwrap().to_string(), "x:orders.(tenant, id)");
    assert_eq!(revision.ended_references[0].from.to_string(), "old.user_id");
    assert_eq!(revision.verify[0].equals, Value::Integer(2));
    assert_eq!(revision.verify[1].equals, Value::Text("x".into()));
}

#[test]
fn defaults() {
    let revision = one_of("", &[("up.sql", b"SELECT 1;"), ("README.md", b""), ("setup.sql", b"")]);
    assert_eq!((revision.slug.as_str(), revision.description.as_str()), ("first", "first"));
    assert!(revision.transaction && revision.parents.is_empty() && revision.irreversible.is_none());
    let script = revision.scripts.iter().next().unwrap();
    assert_eq!(script.checksum, Some(Checksum::of("SELECT 1;")));
    assert_eq!(revision.path_of(script), Path::new("migrations/a/0001_first/up.sql"));
}

#[test]
fn ways() {
    use Direction::{Down, Up};

    let revision = one_of("", &[("up.toml", b"x"), ("up.postgres.sql", b"x"), ("down.sqlite.sql", b"x")]);
    fn name(way: Way<'_>) -> &str {
        match way {
            Way::Script(script) => script.file_name(),
            Way::Derived(_) => "derived",
            Way::Nothing => "nothing",
            Way::Irreversible(reason) => reason,
            Way::Missing => "missing",
        }
    }
    let named = |revision: &Revision, direction, dialect| name(revision.way(direction, dialect)).to_owned();
    assert_eq!(named(&revision, Up, Dialect::Postgres), "up.postgres.sql");
    assert_eq!(named(&revision, Down, Dialect::Postgres), "missing");
    assert_eq!(named(&revision, Up, Dialect::Mysql), "up.toml");
    assert_eq!(named(&revision, Down, Dialect::Mysql), "derived");
    assert_eq!(named(&revision, Down, Dialect::Sqlite), "down.sqlite.sql");

    let sample = Sample::new(
        "dialects = [\"postgres\"]",
        &[
            ("m_join/revision.toml", b"parents = [\"1\", \"2\"]"),
            ("n/revision.toml", b"parents = [\"m\"]\nirreversible = \"why\""),
            ("n/up.sql", b"x"),
        ],
    );
    let revisions = sample.load();
    assert!(revisions[0].runs_nothing());
    assert_eq!(named(&revisions[0], Up, Dialect::Postgres), "nothing");
    assert_eq!(named(&revisions[0], Down, Dialect::Postgres), "nothing");
    assert_eq!(named(&revisions[1], Down, Dialect::Postgres), "why");
}

#[test]
fn everything_wrong_is_said_at_once_and_sorted() {
    let sample = Sample::new(
        "dialects = [\"postgres\", \"mariadb\"]",
        &[
            ("0001_one/revision.toml", FIRST),
            ("0001_one/up.sql", b"x"),
            ("0001_two/revision.toml", FIRST),
            ("0001_two/up.sql", b"x"),
            ("0002/up.sql", b"x"),
            ("0003/revision.toml", b"parnts = []"),
            ("0003/up.sql", b"x"),
            ("0004/revision.toml", b"description = \"x\""),
            ("0004/up.sql", b"\xef\xbb\xbf \r\n"),
            ("0005/revision.toml", b"parents = [\"0004\"]"),
            ("0005/up.sql", b"x"),
            ("0005/up.toml", b"x"),
            ("0005/up.postgress.sql", b"x"),
            ("0006/revision.toml", b"parents = [\"0005\"]\nirreversible = \"x\""),
            ("0006/up.postgres.sql", b"x"),
            ("0006/down.sql", b"x"),
            ("0007/revision.toml", b"parents = [\"0006\"]"),
            ("0007/up.mysql.sql", b"a\n\xc3\xa9b\xff"),
            ("0007/up.postgres.sql", b"x"),
            ("add-users/revision.toml", FIRST),
            ("head_x/revision.toml", FIRST),
            ("_x/revision.toml", FIRST),
            (".git/x", b""),
            ("README.md", b""),
        ],
    );
    assert_eq!(
        sample.errors(),
        [
            "migrations/a/0001_two: a@0001: the id is also that of migrations/a/0001_one",
            "migrations/a/0002: a@0002: the folder has no revision.toml",
            "migrations/a/0003/revision.toml:1:1: a@0003: unknown field `parnts`, expected one of `description`, `parents`, `depends_on`, `transaction`, `replaces`, `irreversible`, `reference`, `end_reference`, `verify`",
            "migrations/a/0004/revision.toml: a@0004: `parents` is missing",
            "migrations/a/0004/up.sql: a@0004: the script is empty",
            "migrations/a/0005/up.postgress.sql: a@0005: `up.postgress.sql` is no script's name",
            "migrations/a/0005/up.toml: a@0005: up.sql and up.toml both serve every dialect",
            "migrations/a/0006/revision.toml: a@0006: `irreversible` is given, and so is a way down, down.sql",
            "migrations/a/0006: a@0006: no way up on mariadb",
            "migrations/a/0007/up.mysql.sql:2:3: a@0007: not UTF-8, at byte 5",
            "migrations/a/_x: branch a: the folder's name is not <id>_<slug>: `` is no revision id: letters, digits and `.`",
            "migrations/a/add-users: branch a: the folder's name is not <id>_<slug>: `add-users` is no revision id: letters, digits and `.`",
            "migrations/a/head_x: branch a: the folder's name is not <id>_<slug>: `head` cannot be a revision id: as a target it means something else",
        ]
    );
}

#[test]
fn no_way_up_without_dialects() {
    let errors = errors_of("", &[("revision.toml", FIRST), ("down.sql", b"x")]);
    assert_eq!(errors, ["migrations/a/0001_first: a@0001: no way up"]);
    assert_eq!(one_of("dialects = [\"mariadb\"]", &[("up.mysql.sql", b"x")]).scripts.iter().count(), 1);
    // A URL in the branch's file says which dialect it is.
    let errors = errors_of("database = \"sqlite:x\"", &[("revision.toml", FIRST), ("up.postgres.sql", b"x")]);
    assert_eq!(errors, ["migrations/a/0001_first: a@0001: no way up on sqlite"]);
}

#[test]
fn what_revision_toml_must_not_say() {
    for (text, said) in [
        ("parents = [\"b@0001\"]", ":1:12: a@0001: `b@0001` names a branch, and only ids of this one stand here"),
        ("parents = [\"a@b@c\"]", ":1:12: a@0001: `a@b@c` is no revision id"),
        ("parents = [\"head\"]", ":1:12: a@0001: `head` cannot be a revision id"),
        ("parents = [1]", ":1:12: a@0001: invalid type: integer `1`, expected a revision's id in quotes"),
        ("parents = [\"1\", \"1\"]", ":1:11: a@0001: a revision is named twice"),
        ("parents = []\ndepends_on = [\"0001\"]", ":2:15: a@0001: `0001` names no revision of a branch"),
        ("parents = []\nirreversible = \" \"", ":2:16: a@0001: this text is empty"),
        ("parents = []\nirreversible = true", ":2:16: a@0001: invalid type: boolean `true`"),
        ("parents = []\n[[reference]]\nfrom = \"a.b\"", ":2:1: a@0001: missing field `to`"),
        ("parents = []\n[[reference]]\nfrom = \"b\"\nto = \"a:b.c\"", ":3:8: a@0001: `b` is no column"),
        (
            "parents = []\n[[reference]]\nfrom = \"t.(a, b)\"\nto = \"a:b.c\"",
            ":3:8: a@0001: `t.(a, b)` is no column: several are an array, [\"t.a\", \"t.b\"]",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"x:a.b\"\nto = \"a:b.c\"",
            ":3:8: a@0001: the referring column is one of this",
        ),
        ("parents = []\n[[reference]]\nfrom = \"a.b\"\nto = \"1:b.c\"", ":4:6: a@0001: `1` is no branch name"),
        ("parents = []\n[[reference]]\nfrom = \"a.b\"\nto = []", ":4:6: a@0001: no column is named"),
        (
            "parents = []\n[[reference]]\nfrom = [\"a.b\", \"c.d\"]\nto = \"b.c\"",
            ":3:8: a@0001: the columns are of two tables, a and c",
        ),
        ("parents = []\n[[reference]]\nfrom = [\"a.b\", \"a.b\"]\nto = \"b.c\"", ":3:8: a@0001: a.b is named twice"),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nto = [\"x:b.c\", \"y:b.d\"]",
            ":4:6: a@0001: the columns are of several branches",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nto = [\"x:b.c\", \"x:b.d\"]",
            ":2:1: a@0001: `from` names 1 columns and `to` 2",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nto = { x = \"b.c\" }",
            ":2:1: a@0001: a table in `to` needs `by`",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nby = \"a.c\"\nto = \"b.c\"",
            ":2:1: a@0001: `by` needs a table in `to`",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nby = \"x.c\"\nto = { x = \"b.c\" }",
            ":2:1: a@0001: `by` must be one column of a",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nby = \"a.c\"\nto = { x = { y = \"b.c\" } }",
            ":5:12: a@0001: a column such as",
        ),
        ("parents = []\n[[reference]]\nfrom = \"a.b\"\nby = \"a.c\"\nto = {}", ":2:1: a@0001: `to` names no target"),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nto = \"b.c\"\non_delete = \"cascde\"",
            ":5:13: a@0001: unknown variant `cascde`",
        ),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nto = \"b.c\"\ngrace = \"x\"",
            ":2:1: a@0001: `grace`: `x` is no duration",
        ),
        ("parents = []\n[[reference]]\nfrom = \"a.b\"\nto = \"b.c\"\nwhen = \"\"", ":2:1: a@0001: `when` is empty"),
        (
            "parents = []\n[[reference]]\nfrom = \"a.b\"\nto = \"b.c\"\nnullable = true",
            ":5:1: a@0001: unknown field `nullable`",
        ),
        ("parents = []\n[[verify]]\nquery = \"\"\nequals = 1", ":3:9: a@0001: this text is empty"),
        ("parents = []\n[[verify]]\nquery = \"x\"\nequals = [1]", ":4:10: a@0001: invalid type: sequence"),
    ] {
        let error = toml_error(text);
        assert!(error.starts_with(said), "{text}\n{error}\n{said}");
    }
}

#[test]
fn revision_toml_that_is_not_utf8() {
    let errors = errors_of("", &[("revision.toml", b"# x\n\xff"), ("up.sql", b"x")]);
    assert_eq!(errors, ["migrations/a/0001_first/revision.toml:2:1: a@0001: not UTF-8, at byte 4"]);
}

#[test]
fn hints() {
    let sample =
        Sample::new("", &[("0001/revision.toml", b"parents = []"), ("0001/up.sql", b"x"), ("0001/upp.sql", b"x")]);
    let problems = load(&sample.project(), LoadOptions::default()).unwrap_err();
    assert_eq!(problems.as_slice()[0].hint().as_deref(), Some("did you mean `up.sql`?"));
}

#[test]
fn a_missing_default_folder_is_an_empty_branch() {
    assert!(Sample::new("", &[]).load().is_empty());
}

#[test]
fn scripts_are_not_read_unless_asked_for() {
    let sample =
        Sample::new("", &[("0001/revision.toml", FIRST), ("0001/up.sql", b"\xff"), ("0001/down.sql", b"\xff")]);
    let revisions = load(&sample.project(), LoadOptions { checksums: false }).unwrap();
    assert!(revisions[0].scripts.iter().all(|script| script.checksum.is_none()));
    assert_eq!(sample.errors().len(), 1, "the way down is not read");
}

#[test]
fn reading_a_script() {
    let sample = Sample::new(
        "",
        &[
            ("0001/revision.toml", FIRST),
            ("0001/up.sql", b"\xef\xbb\xbfSELECT 1;\r\n"),
            ("0001/down.sql", b"\n"),
            ("0001/down.mysql.sql", b"a\nb\xff"),
        ],
    );
    let revision = sample.load().remove(0);
    let read = |name: &str| {
        let script = revision.scripts.iter().find(|script| script.file_name() == name).unwrap();
        revision.read(sample.folder.path(), script).map_err(|error| error.to_string())
    };
    let up = read("up.sql").unwrap();
    assert_eq!(up.text, "SELECT 1;\r\n");
    assert_eq!(Some(up.checksum), revision.scripts.iter().next().unwrap().checksum);
    assert_eq!(read("down.sql").unwrap_err(), "migrations/a/0001/down.sql: a@0001: the script is empty");
    assert_eq!(
        read("down.mysql.sql").unwrap_err(),
        "migrations/a/0001/down.mysql.sql:2:2: a@0001: not UTF-8, at byte 3"
    );
    fs::remove_file(sample.folder.path().join("migrations/a/0001/up.sql")).unwrap();
    assert!(read("up.sql").unwrap_err().starts_with("migrations/a/0001/up.sql: a@0001: cannot be read: "));
}

#[test]
fn many_folders_come_back_complete_and_sorted() {
    let files: Vec<String> = (0..300).map(|number| format!("{number:04}_x")).collect();
    let sample = Sample::new("", &[]);
    for (number, folder) in files.iter().enumerate() {
        let parents = if number == 0 { String::new() } else { format!("\"{:04}\"", number - 1) };
        sample.write(&format!("migrations/a/{folder}/revision.toml"), format!("parents = [{parents}]").as_bytes());
        sample.write(&format!("migrations/a/{folder}/up.sql"), format!("SELECT {number};").as_bytes());
    }
    let revisions = sample.load();
    assert_eq!(revisions.len(), 300);
    for (number, revision) in revisions.iter().enumerate() {
        assert_eq!(revision.key.id.as_str(), format!("{number:04}"));
        let checksum = revision.scripts.iter().next().unwrap().checksum;
        assert_eq!(checksum, Some(Checksum::of(&format!("SELECT {number};"))));
    }
    fs::remove_file(sample.folder.path().join("migrations/a/0150_x/revision.toml")).unwrap();
    fs::remove_file(sample.folder.path().join("migrations/a/0250_x/up.sql")).unwrap();
    assert_eq!(sample.errors().len(), 2);
}

#[test]
fn the_sample_project_loads() {
    let project = Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|problems| panic!("{problems}"));
    let revisions = load(&project, LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(revisions.len(), 17);
    let references = revisions.iter().map(|revision| revision.references.len()).sum::<usize>();
    assert!(references >= 16, "{references}");
}

#[cfg(unix)]
#[test]
fn links_are_followed() {
    let sample = Sample::new("", &[("README.md", b"")]);
    sample.write("elsewhere/revision.toml", FIRST);
    sample.write("elsewhere/real.sql", b"SELECT 1;");
    let root = sample.folder.path();
    std::os::unix::fs::symlink(root.join("elsewhere"), root.join("migrations/a/0001_x")).unwrap();
    std::os::unix::fs::symlink("real.sql", root.join("elsewhere/up.sql")).unwrap();
    let revision = sample.load().remove(0);
    assert_eq!(revision.folder, Path::new("migrations/a/0001_x"));
    assert_eq!(revision.scripts.iter().next().unwrap().checksum, Some(Checksum::of("SELECT 1;")));
}
