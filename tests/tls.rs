//! Encrypted connections, on servers of the tests' own with certificates made here: who is refused, and what is said of it.
//! `localhost` is the server's name; its address is another one, which its certificate does not have.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use support::certificates::{Authority, Certificate};
use support::pair::{json, kind};
use support::server::{Setup, TestServer};
use support::{Engine, Outcome, TestDatabase, TestProject};

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::Mariadb];

/// PostgreSQL lets in: `strict` encrypted only, `shown` with a certificate of its own, `plain` unencrypted only, and the rest
/// any way.
const HBA: &str = "hostssl all strict all scram-sha-256\nhostnossl all strict all reject\n\
                   hostssl all shown all scram-sha-256 clientcert=verify-full\nhostnossl all plain all scram-sha-256\n\
                   hostssl all plain all reject\nhost all all all scram-sha-256\n";

const PASSWORD: &str = "S3kr3tOfTheUser";

/// A server that encrypts, and what its clients know of it.
struct Encrypted {
    server: TestServer,
    authority: Authority,
    other: Authority,
}

impl Encrypted {
    fn new(engine: Engine) -> Self {
        let (authority, other) = (Authority::new("one"), Authority::new("other"));
        let Certificate { certificate, key } = authority.server("localhost");
        let setup = Setup::default()
            .file("server.pem", certificate)
            .file("server.key", key)
            .file("ca.pem", authority.certificate())
            .file("hba.conf", HBA);
        let setup = match engine {
            Engine::Postgres => [
                "ssl=on",
                "ssl_cert_file={folder}/server.pem",
                "ssl_key_file={folder}/server.key",
                "ssl_ca_file={folder}/ca.pem",
                "hba_file={folder}/hba.conf",
            ]
            .into_iter()
            .fold(setup, |setup, option| setup.option("-c").option(option)),
            _ => ["--ssl-cert={folder}/server.pem", "--ssl-key={folder}/server.key", "--ssl-ca={folder}/ca.pem"]
                .into_iter()
                .fold(setup, Setup::option),
        };
        let server = TestServer::with(engine, setup);
        let administrator = server.database();
        for user in ["strict", "shown", "plain"] {
            match engine {
                Engine::Postgres => {
                    administrator.execute(&format!("CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{PASSWORD}'"))
                }
                _ => {
                    let requires = match user {
                        "strict" => "REQUIRE SSL",
                        "shown" => "REQUIRE X509",
                        _ => "REQUIRE NONE",
                    };
                    administrator.execute(&format!("CREATE USER {user}@'%' IDENTIFIED BY '{PASSWORD}' {requires}"));
                    administrator.execute(&format!("GRANT ALL ON *.* TO {user}@'%'"));
                }
            }
        }
        Self { server, authority, other }
    }

    /// A project with certificates in a folder of its own, and a branch on a fresh database that notes how it is connected.
    fn project(&self) -> (TestProject, TestDatabase) {
        let project = TestProject::new();
        let database = self.server.database();
        project.branch("auth", "");
        project.write("tls/ca.pem", self.authority.certificate()).write("tls/other.pem", self.other.certificate());
        for (name, authority) in [("shown", &self.authority), ("stranger", &self.authority), ("foreign", &self.other)] {
            let called = if name == "foreign" { "shown" } else { name };
            let Certificate { certificate, key } = authority.client(called);
            project.write(format!("tls/{name}.pem"), certificate).write(format!("tls/{name}.key"), key);
        }
        let how = match self.server.engine() {
            Engine::Postgres => {
                "SELECT CASE WHEN ssl THEN 'encrypted' ELSE 'plain' END AS how FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            }
            _ => {
                "SELECT if(variable_value = '', 'plain', 'encrypted') AS how FROM information_schema.session_status \
                 WHERE variable_name = 'Ssl_cipher'"
            }
        };
        let down = "DROP TABLE connected;\n";
        project.revision(
            "auth",
            "1_how",
            "parents = []\n",
            &[("up.sql", &format!("CREATE TABLE connected AS {how};\n")), ("down.sql", down)],
        );
        (project, database)
    }

    fn url(&self, database: &TestDatabase, user: &str, host: &str, parameters: &str) -> String {
        format!(
            "{}://{user}:{PASSWORD}@{host}:{}/{}?{parameters}",
            self.server.engine(),
            self.server.port(),
            database.name()
        )
    }
}

/// What became of a connection: `encrypted`, `plain`, or the error's kind with its message and hint.
#[track_caller]
fn connected(project: &mut TestProject, database: &TestDatabase, url: &str) -> String {
    project.variable("DATABASE_URL_AUTH", url);
    let outcome = json(project, "upgrade -vvv");
    assert_hides(project, &outcome);
    if outcome.code == Some(0) {
        let how = database.query_value("SELECT how FROM connected");
        project.run_line("downgrade auth@base --yes").success();
        return how;
    }
    let outcome = outcome.expect(5);
    let error = outcome.json()["error"].clone();
    let text = |key: &str| error[key].as_str().unwrap_or_else(|| panic!("no {key}\n{outcome}")).to_owned();
    let said = format!("{}: {}; {}", kind(&outcome), text("message"), text("hint"));
    assert!(!said.contains("sqlx") && said.contains(database.name()), "{said}");
    said
}

#[track_caller]
fn assert_hides(project: &TestProject, outcome: &Outcome) {
    let keys = ["shown", "stranger", "foreign"].map(|name| project.path().join(format!("tls/{name}.key")));
    let keys = keys.into_iter().filter_map(|key| std::fs::read_to_string(key).ok()).collect::<String>();
    let of_keys = keys.lines().filter(|line| !line.starts_with("-----"));
    for secret in of_keys.chain([PASSWORD]) {
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{secret} is printed\n{outcome}");
    }
}

/// User, host, parameters, and what is to come of it: how it is connected, or words of the error.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const REFUSED: &str = "tls_refused: ";

const POSTGRES: &[Case] = &[
    ("any", "localhost", "", &["encrypted"]),
    ("any", "localhost", "sslmode=disable", &["plain"]),
    ("any", "localhost", "sslmode=allow", &["plain"]),
    ("any", "localhost", "sslmode=prefer", &["encrypted"]),
    ("any", "localhost", "sslmode=require", &["encrypted"]),
    // `require` asks nobody, unless an authority is named.
    ("any", "127.0.0.1", "sslmode=require", &["encrypted"]),
    ("any", "localhost", "sslmode=require&sslrootcert=tls/other.pem", &[REFUSED, "UnknownIssuer", "`sslrootcert`"]),
    ("any", "localhost", "sslrootcert=tls/other.pem", &[REFUSED, "UnknownIssuer"]),
    ("any", "localhost", "sslmode=verify-ca&sslrootcert=tls/ca.pem", &["encrypted"]),
    ("any", "127.0.0.1", "sslmode=verify-ca&sslrootcert=tls/ca.pem", &["encrypted"]),
    ("any", "localhost", "sslmode=verify-ca&sslrootcert=tls/other.pem", &[REFUSED, "UnknownIssuer", "somebody else"]),
    ("any", "localhost", "sslmode=verify-full&sslrootcert=tls/ca.pem", &["encrypted"]),
    (
        "any",
        "127.0.0.1",
        "sslmode=verify-full&sslrootcert=tls/ca.pem",
        &[REFUSED, "not valid for name", "localhost", "another host's"],
    ),
    ("any", "localhost", "sslmode=verify-full&sslrootcert=tls/other.pem", &[REFUSED, "UnknownIssuer"]),
    // The system's authorities do not know ours.
    ("any", "localhost", "sslmode=verify-full", &[REFUSED, "UnknownIssuer", "`sslrootcert`"]),
    ("strict", "localhost", "sslmode=disable", &["login_refused: ", "no encryption", "sslmode=verify-full"]),
    ("strict", "localhost", "sslmode=allow", &["encrypted"]),
    ("strict", "localhost", "", &["encrypted"]),
    // Encrypted or not is settled before anybody is asked in: libpq would try again without.
    ("plain", "localhost", "sslmode=prefer", &["login_refused: ", "SSL encryption"]),
    ("plain", "localhost", "sslmode=disable", &["plain"]),
    ("shown", "localhost", "sslmode=require", &["login_refused: ", "valid client certificate", "`sslcert`"]),
    ("shown", "localhost", "sslmode=require&sslcert=tls/shown.pem&sslkey=tls/shown.key", &["encrypted"]),
    (
        "shown",
        "localhost",
        "sslmode=verify-full&sslrootcert=tls/ca.pem&sslcert=tls/shown.pem&sslkey=tls/shown.key",
        &["encrypted"],
    ),
    ("shown", "localhost", "sslcert=tls/stranger.pem&sslkey=tls/stranger.key", &["login_refused: "]),
    ("shown", "localhost", "sslcert=tls/foreign.pem&sslkey=tls/foreign.key", &[REFUSED, "`sslcert`"]),
    ("any", "localhost", "sslcert=tls/shown.pem&sslkey=tls/stranger.key", &[REFUSED]),
    (
        "any",
        "localhost",
        "sslrootcert=tls/missing.pem",
        &[REFUSED, "`sslrootcert`, ", "tls/missing.pem, cannot be read", "project's folder"],
    ),
    ("any", "localhost", "sslrootcert=tls/shown.key", &[REFUSED, "holds no certificate in PEM form"]),
    ("any", "localhost", "sslcert=tls/shown.pem&sslkey=tls/ca.pem", &[REFUSED, "holds no private key in PEM form"]),
];

const MARIADB: &[Case] = &[
    ("any", "localhost", "", &["encrypted"]),
    ("any", "localhost", "ssl-mode=disabled", &["plain"]),
    ("any", "localhost", "ssl-mode=PREFERRED", &["encrypted"]),
    ("any", "127.0.0.1", "ssl-mode=required", &["encrypted"]),
    ("any", "localhost", "ssl-ca=tls/other.pem", &[REFUSED, "UnknownIssuer"]),
    ("any", "localhost", "ssl-mode=VERIFY_CA&ssl-ca=tls/ca.pem", &["encrypted"]),
    ("any", "127.0.0.1", "ssl-mode=verify-ca&ssl-ca=tls/ca.pem", &["encrypted"]),
    ("any", "localhost", "ssl-mode=verify-ca&ssl-ca=tls/other.pem", &[REFUSED, "UnknownIssuer", "`ssl-ca`"]),
    ("any", "localhost", "ssl-mode=VERIFY_IDENTITY&ssl-ca=tls/ca.pem", &["encrypted"]),
    (
        "any",
        "127.0.0.1",
        "ssl-mode=verify-identity&ssl-ca=tls/ca.pem",
        &[REFUSED, "not valid for name", "another host's"],
    ),
    ("any", "localhost", "ssl-mode=verify-identity&ssl-ca=tls/other.pem", &[REFUSED, "UnknownIssuer"]),
    ("any", "localhost", "ssl-mode=verify-identity", &[REFUSED, "UnknownIssuer"]),
    ("strict", "localhost", "ssl-mode=disabled", &["login_refused: "]),
    ("strict", "localhost", "", &["encrypted"]),
    ("shown", "localhost", "ssl-mode=required", &["login_refused: ", "encryption or a certificate", "`ssl-cert`"]),
    ("shown", "localhost", "ssl-cert=tls/shown.pem&ssl-key=tls/shown.key", &["encrypted"]),
    (
        "shown",
        "localhost",
        "ssl-mode=verify-identity&ssl-ca=tls/ca.pem&ssl-cert=tls/shown.pem&ssl-key=tls/shown.key",
        &["encrypted"],
    ),
    ("shown", "localhost", "ssl-cert=tls/foreign.pem&ssl-key=tls/foreign.key", &[REFUSED, "`ssl-cert`"]),
    ("any", "localhost", "ssl-ca=tls/missing.pem", &[REFUSED, "`ssl-ca`, ", "tls/missing.pem, cannot be read"]),
    ("any", "localhost", "ssl-ca=tls/shown.key", &[REFUSED, "holds no certificate in PEM form"]),
];

fn cases(engine: Engine, cases: &[Case]) {
    let encrypted = Encrypted::new(engine);
    let (mut project, database) = encrypted.project();
    // Whoever is not said to be somebody else is let in either way.
    let any = "anybody";
    match engine {
        Engine::Postgres => database.execute(&format!("CREATE ROLE {any} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")),
        _ => {
            database.execute(&format!("CREATE USER {any}@'%' IDENTIFIED BY '{PASSWORD}'"));
            database.execute(&format!("GRANT ALL ON *.* TO {any}@'%'"));
        }
    }
    let mut wrong = Vec::new();
    for (user, host, parameters, expected) in cases {
        let user = if *user == "any" { any } else { user };
        let url = encrypted.url(&database, user, host, parameters);
        let said = connected(&mut project, &database, &url);
        let is_so = match expected {
            [how @ ("encrypted" | "plain")] => said == **how,
            words => words.iter().all(|word| said.contains(word)),
        };
        if !is_so {
            wrong.push(format!("{user}@{host} {parameters}\n  expected {expected:?}\n  {said}"));
        }
    }
    assert!(wrong.is_empty(), "{engine}:\n{}", wrong.join("\n"));
}

#[test]
fn postgres_as_its_mode_says() {
    cases(Engine::Postgres, POSTGRES);
}

#[test]
fn mariadb_as_its_mode_says() {
    cases(Engine::Mariadb, MARIADB);
}

/// The servers that the tests share do not encrypt.
#[test]
fn a_server_that_does_not_encrypt() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine);
        let mut project = TestProject::new();
        project.branch("auth", "");
        let (parameter, modes) = match engine {
            Engine::Postgres => ("sslmode", ["require", "verify-full", "prefer", "allow"]),
            _ => ("ssl-mode", ["required", "verify-identity", "preferred", "disabled"]),
        };
        for mode in modes {
            project.variable("DATABASE_URL_AUTH", &format!("{}?{parameter}={mode}", database.url()));
            if matches!(mode, "require" | "verify-full" | "required" | "verify-identity") {
                let refused = json(&project, "status").expect(5);
                assert_eq!(kind(&refused), "tls_refused", "{refused}");
                let said = refused.json()["error"].to_string();
                assert!(said.contains("the server does not encrypt, and the URL asks for it"), "{refused}");
            } else {
                project.run_line("status").success();
            }
        }
        // Waiting does not help.
        project.variable("DATABASE_URL_AUTH", &format!("{}?{parameter}={}", database.url(), modes[0]));
        project.run_line("upgrade --wait 1000s").expect(5);
    }
}

/// `prefer` does without encryption where the server has none. Where the server says that it has, nothing goes there as plain text,
/// whatever becomes of it.
#[test]
fn what_is_preferred_is_not_given_up_on_the_way() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let mut heard = Vec::new();
        let (mut client, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        client.read_exact(&mut request).unwrap();
        client.write_all(b"S").unwrap();
        let mut begin = [0; 1];
        client.read_exact(&mut begin).unwrap();
        heard.push(begin[0]);
        client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        drop(client);
        listener.set_nonblocking(true).unwrap();
        (heard, listener)
    });
    let mut project = TestProject::new();
    project.branch("auth", "");
    project.variable("DATABASE_URL_AUTH", &format!("postgres://app:{PASSWORD}@127.0.0.1:{port}/shop"));
    let refused = json(&project, "status").expect(5);
    assert_eq!(kind(&refused), "tls_refused", "{refused}");
    assert_hides(&project, &refused);
    let (heard, listener) = heard.join().unwrap();
    // A handshake begins with 22.
    assert_eq!(heard, [22]);
    assert!(listener.accept().is_err(), "it came back");
}

/// A server that lets nobody in unencrypted says so, and is understood.
#[test]
fn a_server_that_wants_encryption() {
    let authority = Authority::new("one");
    let Certificate { certificate, key } = authority.server("localhost");
    let setup = Setup::default()
        .file("server.pem", certificate)
        .file("server.key", key)
        .option("--ssl-cert={folder}/server.pem")
        .option("--ssl-key={folder}/server.key")
        .option("--require-secure-transport=ON");
    let server = TestServer::with(Engine::Mariadb, setup);
    let database = server.database();
    let mut project = TestProject::new();
    project.branch("auth", "");
    project.variable("DATABASE_URL_AUTH", &format!("{}?ssl-mode=disabled", database.url()));
    let refused = json(&project, "status").expect(5);
    assert!(refused.json()["error"]["hint"].as_str().unwrap().contains("wants encryption"), "{refused}");
    project.variable("DATABASE_URL_AUTH", database.url());
    project.run_line("status").success();
}

/// The driver adds the system's authorities to the one that is named; `SSL_CERT_FILE` names those here. So `verify-ca` also believes
/// a certificate of theirs, for whichever host: documented, since only the driver could change it.
#[test]
fn the_systems_authorities_are_believed_besides() {
    for engine in SERVERS {
        let encrypted = Encrypted::new(engine);
        let (mut project, database) = encrypted.project();
        let (mode, authority, full) = match engine {
            Engine::Postgres => ("sslmode", "sslrootcert", "verify-full"),
            _ => ("ssl-mode", "ssl-ca", "verify-identity"),
        };
        let user = if engine == Engine::Postgres { "strict" } else { "plain" };
        let system = project.path().join("tls/ca.pem").display().to_string();
        project.variable("SSL_CERT_FILE", &system);
        for (host, parameters, expected) in [
            ("localhost", format!("{mode}={full}"), "encrypted"),
            ("127.0.0.1", format!("{mode}={full}"), "tls_refused: "),
            ("127.0.0.1", format!("{mode}=verify-ca&{authority}=tls/other.pem"), "encrypted"),
            ("127.0.0.1", format!("{mode}={full}&{authority}=tls/other.pem"), "tls_refused: "),
        ] {
            let said = connected(&mut project, &database, &encrypted.url(&database, user, host, &parameters));
            assert!(said.starts_with(expected), "{engine} {host} {parameters}: {said}");
        }
        // Who is to be believed is said, or it is no check at all.
        project
            .variable("DATABASE_URL_AUTH", &encrypted.url(&database, user, "localhost", &format!("{mode}=verify-ca")));
        let refused = project.run_line("upgrade").expect(2);
        assert!(refused.stderr.contains("names no authority") && refused.stderr.contains(authority), "{refused}");
        assert_hides(&project, &refused);
    }
}

/// What the clients' own file says of certificates counts, and its relative paths are from its own folder.
#[test]
fn certificates_of_the_option_file() {
    let encrypted = Encrypted::new(Engine::Mariadb);
    let (mut project, database) = encrypted.project();
    let write = |name: &str, text: &str| std::fs::write(project.home().join(name), text).unwrap();
    write("ca.pem", &encrypted.authority.certificate());
    write("other.pem", &encrypted.other.certificate());
    for (options, host, expected) in [
        ("ssl-verify-server-cert\nssl-ca=ca.pem", "localhost", "encrypted"),
        ("ssl-verify-server-cert\nssl-ca=ca.pem", "127.0.0.1", "tls_refused: "),
        ("ssl-ca=ca.pem", "127.0.0.1", "encrypted"),
        ("ssl-ca=other.pem", "localhost", "tls_refused: "),
        ("skip-ssl", "localhost", "plain"),
    ] {
        std::fs::write(project.home().join(".my.cnf"), format!("[client]\n{options}\n")).unwrap();
        let said = connected(&mut project, &database, &encrypted.url(&database, "plain", host, ""));
        assert!(said.starts_with(expected), "{options} {host}: {said}");
    }
}
