//! The sample project at the top of this repository, through the command: on PostgreSQL every revision must lead to what
//! was read off a live server (the facts file), up and down; on the others each way down must lead to what was before.

mod support;

use support::catalog::{self, Facts};
use support::{Engine, TestDatabase, TestProject, dump};

/// The sample project with two databases of its own.
struct Sample {
    project: TestProject,
    auth: TestDatabase,
    specs: TestDatabase,
}

impl Sample {
    fn new(engine: Engine) -> Self {
        let mut project = TestProject::sample();
        let (auth, specs) = (TestDatabase::new(engine), TestDatabase::new(engine));
        project.database("auth", &auth).database("specs", &specs);
        Self { project, auth, specs }
    }

    fn database(&self, branch: &str) -> &TestDatabase {
        if branch == "auth" { &self.auth } else { &self.specs }
    }

    /// Runs a command that must take exactly these steps.
    #[track_caller]
    fn takes(&self, line: &str, steps: &[&str]) {
        let outcome = self.project.run_line(&format!("{line} --format json")).success();
        let document = outcome.json();
        let taken: Vec<String> = document["steps"]
            .as_array()
            .unwrap_or_else(|| panic!("no steps\n{outcome}"))
            .iter()
            .map(|step| {
                assert_eq!(step["outcome"], "applied", "{outcome}");
                let text = |key: &str| step[key].as_str().unwrap_or_else(|| panic!("no {key}\n{outcome}")).to_owned();
                format!("{}@{} {}", text("branch"), text("revision"), text("direction"))
            })
            .collect();
        assert_eq!(taken, steps, "{line}");
    }
}

#[test]
fn every_revision_leads_to_the_facts_and_back() {
    let facts = Facts::load();
    let sample = Sample::new(Engine::Postgres);
    for branch in ["auth", "specs"] {
        let database = sample.database(branch);
        let mut dumps = vec![dump::schema(database)];
        let after = facts.after_each(branch);
        for (id, schema) in &after {
            sample.takes(&format!("upgrade {branch}@{id}"), &[&format!("{branch}@{id} up")]);
            let found = catalog::read(database);
            catalog::assert_same(&format!("after {branch}@{id}"), &catalog::lines(schema), &catalog::lines(&found));
            dumps.push(dump::schema(database));
        }
        for (table, expected) in facts.branches[branch].iter().flat_map(|revision| &revision.create_tables) {
            let names = |table: &catalog::Table| table.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
            let found = names(&catalog::read(database)[table]);
            let kept: Vec<String> = names(expected).into_iter().filter(|name| found.contains(name)).collect();
            let in_place: Vec<String> = found.into_iter().filter(|name| kept.contains(name)).collect();
            assert_eq!(in_place, kept, "the order of {table}'s columns");
        }
        down_again(&sample, branch, &after.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), &dumps);
    }
}

#[test]
fn every_revision_can_be_taken_back_elsewhere_too() {
    let facts = Facts::load();
    for engine in [Engine::Mariadb, Engine::Sqlite] {
        let sample = Sample::new(engine);
        let mut whole = (0, 0);
        for branch in ["auth", "specs"] {
            let database = sample.database(branch);
            let mut dumps = vec![dump::schema(database)];
            let after = facts.after_each(branch);
            for (id, schema) in &after {
                sample.takes(&format!("upgrade {branch}@{id}"), &[&format!("{branch}@{id} up")]);
                let (tables, _, keys) = catalog::counts(schema);
                assert_eq!(dump::tables_and_foreign_keys(database), (tables, keys), "{engine}: after {branch}@{id}");
                assert_eq!(columns(database), column_names(schema), "{engine}: after {branch}@{id}");
                assert_eq!(indexes(database), index_names(schema), "{engine}: after {branch}@{id}");
                dumps.push(dump::schema(database));
            }
            let (tables, keys) = dump::tables_and_foreign_keys(database);
            whole = (whole.0 + tables, whole.1 + keys);
            down_again(&sample, branch, &after.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), &dumps);
        }
        assert_eq!(whole, (29, 21), "{engine}");
    }
}

/// Takes a branch down, a revision at a time: each time the schema must be what it was before that revision.
fn down_again(sample: &Sample, branch: &str, ids: &[&str], dumps: &[Vec<String>]) {
    let database = sample.database(branch);
    let engine = database.engine();
    for place in (0..ids.len()).rev() {
        let id = ids[place];
        let target = if place == 0 { "base" } else { ids[place - 1] };
        sample.takes(&format!("downgrade {branch}@{target} --yes"), &[&format!("{branch}@{id} down")]);
        catalog::assert_same(&format!("{engine}: {branch}@{id} taken back"), &dumps[place], &dump::schema(database));
    }
    assert_eq!(dump::schema(database), Vec::<String>::new(), "{engine}: nothing is left of {branch}");
    // What specs refers to has to be there again for the revisions of specs.
    if branch == "auth" {
        sample.takes("upgrade auth", &["auth@001 up", "auth@002 up", "auth@010 up"]);
    }
}

/// `table.column` and its nullability, sorted.
fn columns(database: &TestDatabase) -> Vec<String> {
    let sql = match database.engine() {
        Engine::Mariadb => {
            "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME, IF(IS_NULLABLE = 'YES', ' null', '')) \
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = database() AND TABLE_NAME NOT LIKE 'branchline\\_%'"
        }
        Engine::Sqlite => {
            "SELECT t.name || '.' || c.name || iif(c.\"notnull\", '', ' null') FROM sqlite_schema t, pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'branchline\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Engine::Postgres => unreachable!("read by the catalog"),
    };
    sorted(database, sql)
}

fn column_names(schema: &catalog::Schema) -> Vec<String> {
    let mut names: Vec<String> = schema
        .iter()
        .flat_map(|(table, definition)| {
            definition
                .columns
                .iter()
                .map(move |column| format!("{table}.{}{}", column.name, if column.not_null { "" } else { " null" }))
        })
        .collect();
    names.sort();
    names
}

/// The named indexes with their columns, without primary keys, sorted. SQLite does not keep the names of unique constraints.
fn indexes(database: &TestDatabase) -> Vec<String> {
    let sql = match database.engine() {
        Engine::Mariadb => {
            "SELECT CONCAT(TABLE_NAME, ' ', INDEX_NAME, ' ', GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX), \
             IF(NON_UNIQUE, '', ' unique')) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = database() \
             AND TABLE_NAME NOT LIKE 'branchline\\_%' AND INDEX_NAME LIKE 'i%x\\_%' GROUP BY TABLE_NAME, INDEX_NAME, NON_UNIQUE"
        }
        Engine::Sqlite => {
            "SELECT t.name || ' ' || l.name || ' ' || (SELECT group_concat(name) FROM pragma_index_info(l.name)) || \
             iif(l.\"unique\", ' unique', '') FROM sqlite_schema t, pragma_index_list(t.name) l \
             WHERE t.type = 'table' AND t.name NOT LIKE 'branchline\\_%' ESCAPE '\\' AND l.origin = 'c'"
        }
        Engine::Postgres => unreachable!("read by the catalog"),
    };
    sorted(database, sql)
}

fn index_names(schema: &catalog::Schema) -> Vec<String> {
    let mut names: Vec<String> = schema
        .iter()
        .flat_map(|(table, definition)| {
            definition.indexes.iter().filter(|index| !index.primary && !index.name.starts_with("uq_")).map(
                move |index| {
                    let unique = if index.unique { " unique" } else { "" };
                    format!("{table} {} {}{unique}", index.name, index.columns.join(","))
                },
            )
        })
        .collect();
    names.sort();
    names
}

fn sorted(database: &TestDatabase, sql: &str) -> Vec<String> {
    let mut lines: Vec<String> = database.query_strings(sql).into_iter().flatten().flatten().collect();
    lines.sort();
    lines
}

#[test]
fn rows_keep_what_they_say_through_renames_and_rebuilds() {
    const PROJECT: &str = "018f0000-0000-7000-8000-000000000001";
    const USER: &str = "018f0000-0000-7000-8000-000000000002";
    const SESSION: &str = "018f0000-0000-7000-8000-000000000003";
    for engine in Engine::ALL {
        let sample = Sample::new(engine);
        sample.project.run_line("upgrade auth specs@009").success();
        sample.specs.execute(&format!(
            "INSERT INTO projects (id, user_id, name, phase, maturity_level) VALUES ('{PROJECT}', '{USER}', 'Öl', 'build', 3); \
             INSERT INTO sessions (id, project_id, user_id) VALUES ('{SESSION}', '{PROJECT}', '{USER}'); \
             INSERT INTO questions (project_id, session_id, text) VALUES ('{PROJECT}', '{SESSION}', 'why?'); \
             INSERT INTO specifications (project_id, {}) VALUES ('{PROJECT}', 'goal')",
            if engine == Engine::Mariadb { "`key`" } else { "\"key\"" }
        ));
        let before = row(&sample, "SELECT user_id, name, phase, maturity_level, metadata FROM projects");
        sample.project.run_line("upgrade specs").success();
        assert_eq!(
            row(&sample, "SELECT creator_id, name, current_phase, maturity_score, metadata FROM projects"),
            before,
            "{engine}"
        );
        for (what, question) in [
            ("the owner is the user", "SELECT count(*) FROM projects WHERE owner_id = user_id"),
            (
                "sessions got a mode and a beginning",
                "SELECT count(*) FROM sessions WHERE mode = 'socratic' AND started_at IS NOT NULL",
            ),
            ("questions got a quality", "SELECT count(*) FROM questions WHERE quality_score = 1.0"),
            (
                "specifications got defaults",
                "SELECT count(*) FROM specifications WHERE category = 'general' AND confidence > 0.79",
            ),
        ] {
            assert_eq!(sample.specs.query_value(question), "1", "{engine}: {what}");
        }
        sample.specs.execute(&format!("INSERT INTO sessions (project_id) VALUES ('{PROJECT}')"));
        sample.specs.execute("DELETE FROM sessions WHERE user_id IS NULL");
        sample.project.run_line("downgrade specs@009 --yes").success();
        assert_eq!(
            row(&sample, "SELECT user_id, name, phase, maturity_level, metadata FROM projects"),
            before,
            "{engine}"
        );
        for table in ["sessions", "questions", "specifications"] {
            assert_eq!(sample.specs.query_value(&format!("SELECT count(*) FROM {table}")), "1", "{engine}: {table}");
        }
        sample.specs.execute("DELETE FROM projects");
        assert_eq!(sample.specs.query_value("SELECT count(*) FROM questions"), "0", "{engine}: keys still cascade");
    }
}

fn row(sample: &Sample, sql: &str) -> Vec<Option<String>> {
    sample.specs.query_strings(sql).remove(0)
}
