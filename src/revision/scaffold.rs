//! A new revision's folder, as a value: its id, its name, and the texts to begin with.

use std::path::PathBuf;

use time::{Duration, OffsetDateTime, UtcOffset};

use super::MANIFEST;
use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::{RevisionId, RevisionKey};
use crate::project::{Branch, Draft, DraftFile, IdScheme, quoted};

/// What a new revision is to be.
#[derive(Debug, Clone, Copy)]
pub struct NewRevision<'a> {
    /// Its branch.
    pub branch: &'a Branch,
    /// The ids that the branch has already.
    pub existing: &'a [&'a RevisionId],
    /// What it does; also the origin of the folder's name.
    pub description: &'a str,
    /// The revisions before it; with two or more it is a merge, which gets no scripts.
    pub parents: &'a [RevisionId],
    /// What must be applied before.
    pub depends_on: &'a [RevisionKey],
    /// Begins an `up.toml` instead of SQL scripts.
    pub portable: bool,
    /// The time that a timestamp id is made of.
    pub now: OffsetDateTime,
}

/// A new revision, not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRevision {
    /// Its branch and id.
    pub key: RevisionKey,
    /// Its folder, relative to the project.
    pub folder: PathBuf,
    /// Its files.
    pub draft: Draft,
}

/// The longest slug.
const SLUG_LENGTH: usize = 40;

impl NewRevision<'_> {
    /// Makes the revision's texts; [`Draft::write`] lays them out.
    #[must_use]
    pub fn draft(&self) -> DraftRevision {
        let id = self.id();
        let slug = slug(self.description);
        let name = if slug.is_empty() { id.to_string() } else { format!("{id}_{slug}") };
        let folder = self.branch.migrations.join(name);
        let key = RevisionKey::new(self.branch.name.clone(), id);
        let mut files = vec![(MANIFEST.to_owned(), self.manifest())];
        if self.parents.len() < 2 {
            files.extend(self.scripts(&key));
        }
        let files = files.into_iter().map(|(name, text)| DraftFile::new(folder.join(name), text)).collect();
        DraftRevision { key, draft: Draft { folders: Vec::new(), files }, folder }
    }

    fn id(&self) -> RevisionId {
        let sequence = match self.branch.ids {
            IdScheme::Sequence => next_number(self.existing),
            IdScheme::Timestamp => None,
        };
        sequence.unwrap_or_else(|| free_timestamp(self.existing, self.now))
    }

    fn manifest(&self) -> String {
        let parents = list(self.parents);
        let mut text = format!("description = {}\nparents = {parents}\n", quoted(&one_line(self.description)));
        if !self.depends_on.is_empty() {
            text.push_str(&format!("depends_on = {}\n", list(self.depends_on)));
        }
        text
    }

    fn scripts(&self, key: &RevisionKey) -> Vec<(String, String)> {
        let title = format!("{key}: {}", one_line(self.description));
        if self.portable {
            return vec![("up.toml".to_owned(), portable_text(&title))];
        }
        let dialects = own_scripts(&self.branch.dialects);
        let mut scripts = Vec::new();
        for direction in [Direction::Up, Direction::Down] {
            if dialects.len() < 2 {
                scripts.push((format!("{direction}.sql"), sql_text(&title, direction, None)));
            } else {
                let one = |dialect: &Dialect| {
                    (format!("{direction}.{dialect}.sql"), sql_text(&title, direction, Some(*dialect)))
                };
                scripts.extend(dialects.iter().map(one));
            }
        }
        scripts
    }
}

/// The dialects that get a script of their own: MariaDB runs MySQL's.
fn own_scripts(dialects: &[Dialect]) -> Vec<Dialect> {
    let both = dialects.contains(&Dialect::Mysql);
    dialects.iter().copied().filter(|dialect| !(both && *dialect == Dialect::Mariadb)).collect()
}

fn sql_text(title: &str, direction: Direction, dialect: Option<Dialect>) -> String {
    let does = match direction {
        Direction::Up => "Applies it",
        Direction::Down => "Takes it back",
    };
    let on = dialect.map_or_else(|| "the branch's database".to_owned(), |dialect| dialect.to_string());
    let other = match direction {
        Direction::Up => "",
        Direction::Down => {
            "-- Where there is no way back, delete this file and say `irreversible = \"why\"` in revision.toml.\n"
        }
    };
    format!("-- {title}\n-- {does}, on {on}. Write the statements below, without BEGIN and COMMIT.\n{other}\n")
}

fn portable_text(title: &str) -> String {
    format!(
        "# {title}\n\
         # Portable operations, in order: one source for every dialect. The way down is derived. For example:\n\
         #\n\
         # [[step]]\n\
         # create_table = \"notes\"\n\
         # columns = [\n\
         #   {{ name = \"id\",   type = \"uuid\", primary_key = true, default = {{ function = \"random_uuid\" }} }},\n\
         #   {{ name = \"text\", type = \"text\" }},\n\
         # ]\n\
         #\n\
         # [[step]]\n\
         # add_column = \"users.nickname\"\n\
         # type = \"string(100)\"\n\
         # null = true\n"
    )
}

fn list<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(&item.to_string())).collect();
    format!("[{}]", items.join(", "))
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// Lower-case ASCII words joined by `_`, cut between words where there are many.
fn slug(description: &str) -> String {
    let mut slug = String::new();
    let lower = description.to_lowercase();
    for word in lower.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let needed = slug.len() + usize::from(!slug.is_empty()) + word.len();
        if slug.is_empty() {
            slug.push_str(&word[..word.len().min(SLUG_LENGTH)]);
        } else if needed <= SLUG_LENGTH {
            slug.push('_');
            slug.push_str(word);
        } else {
            break;
        }
    }
    slug
}

/// One more than the highest number, as wide; ids that are no numbers do not count.
fn next_number(existing: &[&RevisionId]) -> Option<RevisionId> {
    let numbers = existing.iter().filter_map(|id| Some((id.as_str().parse::<u64>().ok()?, id.as_str().len())));
    let (highest, width) = numbers.max().unwrap_or((0, 4));
    let next = highest.checked_add(1)?;
    format!("{next:0width$}").parse().ok()
}

/// The time in UTC, or the first second after it that no revision has.
fn free_timestamp(existing: &[&RevisionId], now: OffsetDateTime) -> RevisionId {
    let mut time = now.to_offset(UtcOffset::UTC);
    loop {
        let text = format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            time.year().unsigned_abs(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        );
        // Digits are always a legal id.
        if let Ok(id) = text.parse::<RevisionId>()
            && !existing.contains(&&id)
        {
            return id;
        }
        time = time.saturating_add(Duration::SECOND);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::super::{LoadOptions, load};
    use super::{NewRevision, next_number, slug};
    use crate::names::RevisionId;
    use crate::project::Project;

    fn project(branch: &str) -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("branches")).unwrap();
        std::fs::write(folder.path().join("branches/a.toml"), branch).unwrap();
        let project = Project::load(folder.path()).unwrap();
        (folder, project)
    }

    fn new<'a>(project: &'a Project, description: &'a str) -> NewRevision<'a> {
        NewRevision {
            branch: &project.branches["a"],
            existing: &[],
            description,
            parents: &[],
            depends_on: &[],
            portable: false,
            now: datetime!(2026-11-20 16:31:05 +2),
        }
    }

    fn ids(texts: &[&str]) -> Vec<RevisionId> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn names(new: &NewRevision<'_>) -> Vec<String> {
        new.draft().draft.files.iter().map(|file| file.path.display().to_string()).collect()
    }

    #[test]
    fn timestamps() {
        let (_folder, project) = project("");
        let new = new(&project, "Initial schema");
        assert_eq!(new.draft().folder.to_str(), Some("migrations/a/20261120143105_initial_schema"));
        let taken = ids(&["20261120143105", "20261120143106"]);
        let taken: Vec<&RevisionId> = taken.iter().collect();
        assert_eq!(NewRevision { existing: &taken, ..new }.draft().key.to_string(), "a@20261120143107");
    }

    #[test]
    fn sequences() {
        let next = |texts: &[&str]| {
            let ids = ids(texts);
            next_number(&ids.iter().collect::<Vec<_>>()).map(|id| id.to_string())
        };
        assert_eq!(next(&[]).as_deref(), Some("0001"));
        assert_eq!(next(&["0001", "0009", "abc", "1.2"]).as_deref(), Some("0010"));
        assert_eq!(next(&["017", "002"]).as_deref(), Some("018"));
        assert_eq!(next(&["999"]).as_deref(), Some("1000"));
        assert_eq!(next(&["18446744073709551615"]), None);
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("Add users' E-Mail (2)"), "add_users_e_mail_2");
        assert_eq!(slug("  ../../etc  "), "etc");
        assert_eq!(slug("äöü"), "");
        assert_eq!(slug(&"word ".repeat(20)), "word_word_word_word_word_word_word_word");
        assert_eq!(slug(&"x".repeat(99)).len(), 40);
    }

    #[test]
    fn a_script_a_dialect() {
        let (_folder, one) = project("dialects = [\"postgres\"]\nids = \"sequence\"");
        assert_eq!(
            names(&new(&one, "x")),
            ["migrations/a/0001_x/revision.toml", "migrations/a/0001_x/up.sql", "migrations/a/0001_x/down.sql"]
        );
        assert_eq!(names(&NewRevision { portable: true, ..new(&one, "x") }).len(), 2);
        let (_folder, many) = project("dialects = [\"postgres\", \"mysql\", \"mariadb\"]\nids = \"sequence\"");
        let found = names(&new(&many, ""));
        let found: Vec<&str> = found.iter().map(|name| name.strip_prefix("migrations/a/0001/").unwrap()).collect();
        assert_eq!(found, ["revision.toml", "up.postgres.sql", "up.mysql.sql", "down.postgres.sql", "down.mysql.sql"]);
    }

    #[test]
    fn what_is_written_loads() {
        for (branch, portable) in [("", false), ("", true), ("dialects = [\"mariadb\", \"sqlite\"]", false)] {
            let (folder, project) = project(branch);
            let depends_on = ["b@1".parse().unwrap()];
            let draft =
                NewRevision { portable, depends_on: &depends_on, ..new(&project, "One \"quoted\"\nthing\u{7}") }
                    .draft();
            draft.draft.write(folder.path()).unwrap();
            let revisions = load(&project, LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
            assert_eq!(revisions[0].key, draft.key);
            assert_eq!(revisions[0].folder, draft.folder);
            assert_eq!(revisions[0].description, "One \"quoted\" thing");
            assert_eq!(revisions[0].depends_on, depends_on);
        }
    }

    #[test]
    fn a_merge_has_no_scripts() {
        let (folder, project) = project("dialects = [\"sqlite\"]");
        let parents = ids(&["0002", "0003"]);
        let draft = NewRevision { parents: &parents, ..new(&project, "Merge") }.draft();
        draft.draft.write(folder.path()).unwrap();
        let revisions = load(&project, LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(revisions[0].runs_nothing());
        assert_eq!(revisions[0].parents, parents);
    }

    proptest! {
        #[test]
        fn any_description_makes_readable_files(description in "\\PC{0,60}|[\"'\\\\\\n\\r\\t#=]{0,20}") {
            let (_folder, project) = project("");
            let draft = new(&project, &description).draft();
            let manifest: toml::Table = toml::from_str(&draft.draft.files[0].text).unwrap();
            prop_assert_eq!(manifest["description"].as_str().unwrap(), super::one_line(&description));
            for script in &draft.draft.files[1..] {
                prop_assert!(script.text.lines().all(|line| line.is_empty() || line.starts_with("--")));
            }
        }
    }
}
