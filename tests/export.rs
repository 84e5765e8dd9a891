//! `references export`: jobs for engines that span databases. What they find is what is not there.

mod support;

use std::collections::BTreeSet;
use std::process::Command;

use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use support::{Engine, TestDatabase, TestProject};

/// A project whose rows refer to parents in every way that can be declared.
fn project(auth: &TestDatabase, specs: &TestDatabase) -> TestProject {
    let mut project = TestProject::new();
    project.database("auth", auth).database("specs", specs);
    let (parent, child) = (id_type(auth.engine(), true), id_type(specs.engine(), false));
    project.revision(
        "auth",
        "0001_users",
        "parents = []\n",
        &[(
            "up.sql",
            &format!(
                "CREATE TABLE users (id {parent} NOT NULL PRIMARY KEY, deleted int);\n\
                 CREATE TABLE tenants (tenant bigint NOT NULL, code varchar(20) NOT NULL, PRIMARY KEY (tenant, code));\n"
            ),
        )],
    );
    project.revision(
        "specs",
        "0001_tables",
        "parents = []\ndepends_on = [\"auth@0001\"]\n[[reference]]\nfrom = \"projects.user_id\"\nto = \"auth:users.id\"\n\
         parent_filter = \"deleted IS NULL -- and no other\"\nwhen = \"kind <> 'it''s' -- of another kind\"\n\
         [[reference]]\nfrom = [\"members.tenant\", \"members.code\"]\nto = [\"auth:tenants.tenant\", \"auth:tenants.code\"]\n\
         [[reference]]\nfrom = \"logs.resource\"\nby = \"logs.kind\"\n\
         to = { user = \"auth:users.id\", tenant = \"auth:tenants.tenant\" }\n",
        &[(
            "up.sql",
            &format!(
                "CREATE TABLE projects (id int NOT NULL PRIMARY KEY, user_id {child}, kind varchar(10));\n\
                 CREATE TABLE members (tenant int, code varchar(20));\n\
                 CREATE TABLE logs (kind varchar(20), resource varchar(36));\n"
            ),
        )],
    );
    project.run_line("upgrade").success();
    project
}

const fn id_type(engine: Engine, is_parent: bool) -> &'static str {
    match (engine, is_parent) {
        (Engine::Postgres, true) => "uuid",
        (Engine::Postgres, false) | (Engine::Mariadb, false) => "varchar(36)",
        (Engine::Mariadb, true) => "binary(16)",
        (Engine::Sqlite, _) => "text",
    }
}

fn uuid(number: u32) -> String {
    format!("0190a5c2-7d3e-7c11-8a55-{number:012x}")
}

/// Parents 1 and 2, and rows that refer to them, to none, and to what is none.
fn fill(auth: &TestDatabase, specs: &TestDatabase) {
    let parent = |number: u32| match auth.engine() {
        Engine::Mariadb => format!("x'{}'", uuid(number).replace('-', "")),
        _ => format!("'{}'", uuid(number)),
    };
    auth.execute(&format!("INSERT INTO users VALUES ({}, NULL), ({}, 1)", parent(1), parent(2)));
    auth.execute("INSERT INTO tenants VALUES (1, 'a'), (2, 'b')");
    specs.execute(&format!(
        "INSERT INTO projects VALUES (1, '{}', 'a'), (2, '{}', 'a'), (3, '{}', 'a'), (4, '{}', 'it''s'), (5, NULL, 'a'), (6, '{}', 'a'), \
         (7, 'nobody', 'a')",
        uuid(1).to_uppercase(),
        uuid(2),
        uuid(3),
        uuid(3),
        uuid(3)
    ));
    specs.execute("INSERT INTO members VALUES (1, 'a'), (1, 'b'), (2, 'b'), (2, NULL), (3, 'it''s \"c\"')");
    specs.execute(&format!(
        "INSERT INTO logs VALUES ('user', '{}'), ('user', '{}'), ('tenant', '2'), ('tenant', '7'), ('else', 'x')",
        uuid(1),
        uuid(4)
    ));
}

/// What there is to be found: referring columns and key.
fn expected() -> BTreeSet<(String, String)> {
    [
        ("specs:projects.user_id", uuid(2)),
        ("specs:projects.user_id", uuid(3)),
        ("specs:projects.user_id", "nobody".to_owned()),
        ("specs:members.(tenant, code)", r#"["1","b"]"#.to_owned()),
        ("specs:members.(tenant, code)", r#"["3","it's \"c\""]"#.to_owned()),
        ("specs:logs.resource", uuid(4)),
        ("specs:logs.resource", "7".to_owned()),
    ]
    .map(|(place, key)| (place.to_owned(), key))
    .into()
}

/// The candidates of a CSV, by the columns of the references.
fn candidates(project: &TestProject, csv: &str) -> BTreeSet<(String, String)> {
    let status = project.run_line("references sweep --status --format json").success().json();
    let place = |id: &str| {
        let references = status["references"].as_array().unwrap();
        let found = references.iter().find(|reference| reference["id"] == id).unwrap_or_else(|| panic!("{id}\n{csv}"));
        let columns: Vec<&str> =
            found["from"]["columns"].as_array().unwrap().iter().filter_map(|column| column.as_str()).collect();
        let columns = if columns.len() == 1 { columns[0].to_owned() } else { format!("({})", columns.join(", ")) };
        format!("specs:{}.{columns}", found["from"]["table"].as_str().unwrap())
    };
    let mut lines = csv.lines().filter(|line| !line.is_empty());
    assert_eq!(lines.next(), Some("reference,key"), "{csv}");
    lines
        .map(|line| {
            let (id, key) = line.split_once(',').unwrap();
            let key = match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
                Some(quoted) => quoted.replace("\"\"", "\""),
                None => key.to_owned(),
            };
            // Between the texts of a JSON array, some engines put a space.
            let key = serde_json::from_str::<Vec<String>>(&key).map_or(key, |key| serde_json::to_string(&key).unwrap());
            (place(id), key)
        })
        .collect()
}

#[test]
fn foreign_tables_find_what_is_not_there() {
    let (auth, specs) = (TestDatabase::new(Engine::Postgres), TestDatabase::new(Engine::Postgres));
    let project = project(&auth, &specs);
    fill(&auth, &specs);
    let job = project.run_line("references export --engine postgres_fdw").success().stdout;
    let (credentials, _) = auth.url().split_once("://").unwrap().1.split_once('@').unwrap();
    let (user, password) = credentials.split_once(':').unwrap();
    assert!(!job.contains(password), "no password stands in it");
    project.write("job.sql", &job);
    let output = Command::new("psql")
        .args(["-X", "-v", "ON_ERROR_STOP=1"])
        .args(["auth", "specs"].map(|branch| format!("-v{branch}_user={user}")))
        .args(["auth", "specs"].map(|branch| format!("-v{branch}_password={password}")))
        .args(["-f", "job.sql", specs.url()])
        .current_dir(project.path())
        .output()
        .unwrap();
    let csv = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}\n{job}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(candidates(&project, &csv), expected(), "{csv}\n{job}");
    // What is proved is fewer: a parent that only does not count.
    project.write("candidates.csv", &csv);
    let checked = project.run_line("references check --candidates candidates.csv --format json").expect(3).json();
    let proved: u64 = checked["references"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reference| reference["check"]["orphan_keys"].as_u64().unwrap_or(0))
        .sum();
    assert_eq!(proved, 6, "{checked:#}");
    let left = "SELECT count(*) FROM pg_foreign_server";
    assert_eq!(specs.query_value(left), "0", "nothing stays behind");
}

#[test]
fn what_an_engine_does_not_reach_is_said() {
    let (auth, specs) = (TestDatabase::new(Engine::Sqlite), TestDatabase::new(Engine::Postgres));
    let project = project(&auth, &specs);
    for engine in ["postgres_fdw", "trino"] {
        let document = project.run_line(&format!("references export --engine {engine} --format json")).expect(3).json();
        let skipped = document["skipped"].as_array().unwrap();
        assert_eq!(skipped.len(), 4, "{engine}: {document:#}");
        assert!(
            skipped[0]["why"].as_str().unwrap().contains("does not reach auth, which is on sqlite"),
            "{document:#}"
        );
        let text = document["text"].as_str().unwrap().to_owned();
        assert!(!text.contains("users"), "{text}");
        assert!(engine != "postgres_fdw" || text.contains("-v ON_ERROR_STOP=1 -f THIS"), "{text}");
    }
}

/// What is not there is left out and said, with the exit code of a check that could not look at something; the rest is written.
#[test]
fn what_is_missing_is_left_out() {
    let (auth, specs) = (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Postgres));
    let project = project(&auth, &specs);
    specs.execute("DROP TABLE members");
    specs.execute("ALTER TABLE projects ALTER COLUMN user_id TYPE date USING NULL");
    auth.execute("ALTER TABLE tenants RENAME COLUMN tenant TO gone");
    let document = project.run_line("references export --engine trino --format json").expect(3).json();
    let skipped: Vec<(&str, &str)> = document["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skipped| (skipped["reference"].as_str().unwrap(), skipped["why"].as_str().unwrap()))
        .collect();
    let whys = [
        ("specs:logs.resource", "auth: "),
        ("specs:members.(tenant, code)", "specs: "),
        ("specs:projects.user_id", "is of a type that is no key"),
    ];
    assert_eq!(skipped.len(), whys.len(), "{document:#}");
    for ((place, why), (expected, part)) in skipped.iter().zip(whys) {
        assert!(*place == expected && why.contains(part), "{document:#}");
    }
    assert_eq!(document["ok"], false);
    let text = document["text"].as_str().unwrap();
    assert!(text.contains("`users`") && !text.contains("members") && !text.contains("projects"), "{text}");
    for out in ["", " --out -", " --out job.sql"] {
        let outcome = project.run_line(&format!("references export --engine trino{out}")).expect(3);
        assert!(outcome.stderr.contains("warning: specs:members.(tenant, code) is left out: specs: "), "{outcome}");
        let job = if out.ends_with("sql") { project.read("job.sql") } else { outcome.stdout };
        assert_eq!(job.trim_end(), text.trim_end());
    }
    assert!(!project.path().join("-").exists());
    let whole = project.run_line("references export --engine trino --reference specs:projects.user_id").expect(3);
    assert!(whole.stdout.ends_with("WHERE false;\n"), "{whole}");
}

/// Trino's SQL is SQL, and what it says to each database is what that database takes.
#[test]
fn trino_is_told_in_sql() {
    let (auth, specs) = (TestDatabase::new(Engine::Mariadb), TestDatabase::new(Engine::Postgres));
    let project = project(&auth, &specs);
    fill(&auth, &specs);
    project.run_line("references export --engine trino --out job.sql").success();
    let job = project.read("job.sql");
    let statements = Parser::parse_sql(&GenericDialect {}, &job).unwrap_or_else(|error| panic!("{error}\n{job}"));
    assert_eq!(statements.len(), 1, "{job}");
    for (database, catalog) in [(&auth, "auth"), (&specs, "specs")] {
        let begin = format!("TABLE(\"{catalog}\".system.query(query => '");
        let queries: Vec<String> = job
            .split(&begin)
            .skip(1)
            .map(|rest| {
                rest.split("')) AS c\n").next().unwrap().split("')) AS p WHERE").next().unwrap().replace("''", "'")
            })
            .collect();
        assert_eq!(queries.len(), 4, "{job}");
        let rows: usize = queries.iter().map(|query| database.query_strings(query).len()).sum();
        assert!(rows > 4, "{catalog}: {queries:#?}");
    }
    let mut settings = support::command::snapshot_settings(&project);
    settings.add_filter(r"127\.0\.0\.1:\d+", "[server]");
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[id]");
    settings.bind(|| {
        insta::assert_snapshot!(job, @r#"
        -- Candidates of orphans, for `branchline references check --candidates FILE`.
        -- trino --file THIS --output-format CSV_HEADER > candidates.csv
        -- A catalog a branch, of its name (etc/catalog/NAME.properties):
        --   auth: connector.name=mariadb
        --     connection-url=jdbc:mariadb://127.0.0.1:[port]/
        --     connection-user=${ENV:AUTH_USER}
        --     connection-password=${ENV:AUTH_PASSWORD}
        --   specs: connector.name=postgresql
        --     connection-url=jdbc:postgresql://127.0.0.1:[port]/[database]
        --     connection-user=${ENV:SPECS_USER}
        --     connection-password=${ENV:SPECS_PASSWORD}
        -- specs:logs.resource
        SELECT DISTINCT '[id]' AS reference, c.k0 AS key
        FROM TABLE("specs".system.query(query => 'SELECT "resource"::pg_catalog.text AS k0, "resource"::pg_catalog.text AS k1 FROM "public"."logs" WHERE "resource" IS NOT NULL AND "kind" IN (''tenant'') AND ("kind"::pg_catalog.text)::pg_catalog.text COLLATE "C" IN ((''tenant'')::pg_catalog.text COLLATE "C")')) AS c
        WHERE NOT EXISTS (
          SELECT 1 FROM TABLE("auth".system.query(query => 'SELECT CAST(`tenant` AS char CHARACTER SET utf8mb4) AS k1 FROM `[database]`.`tenants` WHERE `tenant` IS NOT NULL')) AS p WHERE p.k1 = c.k1
        )
        UNION ALL
        -- specs:logs.resource
        SELECT DISTINCT '[id]' AS reference, c.k0 AS key
        FROM TABLE("specs".system.query(query => 'SELECT "resource"::pg_catalog.text AS k0, lower(replace("resource"::pg_catalog.text, ''-'', '''')) AS k1 FROM "public"."logs" WHERE "resource" IS NOT NULL AND "kind" IN (''user'') AND ("kind"::pg_catalog.text)::pg_catalog.text COLLATE "C" IN ((''user'')::pg_catalog.text COLLATE "C")')) AS c
        WHERE NOT EXISTS (
          SELECT 1 FROM TABLE("auth".system.query(query => 'SELECT lower(replace(lower(hex(`id`)), ''-'', '''')) AS k1 FROM `[database]`.`users` WHERE `id` IS NOT NULL')) AS p WHERE p.k1 = c.k1
        )
        UNION ALL
        -- specs:members.(tenant, code)
        SELECT DISTINCT '[id]' AS reference, c.k0 AS key
        FROM TABLE("specs".system.query(query => 'SELECT pg_catalog.json_build_array("tenant"::pg_catalog.text, "code"::pg_catalog.text)::pg_catalog.text AS k0, "tenant"::pg_catalog.text AS k1, "code"::pg_catalog.text AS k2 FROM "public"."members" WHERE "tenant" IS NOT NULL AND "code" IS NOT NULL')) AS c
        WHERE NOT EXISTS (
          SELECT 1 FROM TABLE("auth".system.query(query => 'SELECT CAST(`tenant` AS char CHARACTER SET utf8mb4) AS k1, convert(`code` USING utf8mb4) AS k2 FROM `[database]`.`tenants` WHERE `tenant` IS NOT NULL AND `code` IS NOT NULL')) AS p WHERE p.k1 = c.k1 AND p.k2 = c.k2
        )
        UNION ALL
        -- specs:projects.user_id
        SELECT DISTINCT '[id]' AS reference, c.k0 AS key
        FROM TABLE("specs".system.query(query => 'SELECT "user_id"::pg_catalog.text AS k0, lower(replace("user_id"::pg_catalog.text, ''-'', '''')) AS k1 FROM "public"."projects" WHERE "user_id" IS NOT NULL AND (
        kind <> ''it''''s'' -- of another kind
        )')) AS c
        WHERE NOT EXISTS (
          SELECT 1 FROM TABLE("auth".system.query(query => 'SELECT lower(replace(lower(hex(`id`)), ''-'', '''')) AS k1 FROM `[database]`.`users` WHERE `id` IS NOT NULL AND (
        deleted IS NULL -- and no other
        )')) AS p WHERE p.k1 = c.k1
        );
        "#);
    });
}
