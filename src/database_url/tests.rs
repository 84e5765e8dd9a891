use std::path::Path;

use proptest::prelude::*;

use super::{DatabaseUrl, Host, MysqlSslMode, PostgresSslMode, SqliteMode, Target, UrlError, percent};
use crate::dialect::Dialect;

fn url(text: &str) -> DatabaseUrl {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> UrlError {
    text.parse::<DatabaseUrl>().expect_err(text)
}

fn password(text: &str) -> String {
    url(text).server().and_then(|server| server.password.clone()).expect(text).expose().to_owned()
}

#[test]
fn parts() {
    let url = url("postgresql://app:secret@db.example:5433/auth?sslmode=verify-full&application_name=a%20b");
    assert_eq!(url.dialect(), Dialect::Postgres);
    let Target::Postgres { server, parameters } = url.target() else { panic!() };
    assert_eq!(server.host, Host::Tcp("db.example".into()));
    assert_eq!((server.port, server.user.as_deref(), server.database.as_str()), (Some(5433), Some("app"), "auth"));
    assert_eq!(parameters.ssl_mode, Some(PostgresSslMode::VerifyFull));
    assert_eq!(parameters.application_name.as_deref(), Some("a b"));
}

#[test]
fn shown_without_secrets() {
    for (text, shown) in [
        ("postgres://app:secret@db/auth", "postgres://app@db/auth"),
        ("postgresql://app:secret@db:5433/auth?sslrootcert=/x", "postgres://app@db:5433/auth"),
        ("POSTGRES://db/auth", "postgres://db/auth"),
        ("postgres://:secret@db/auth", "postgres://db/auth"),
        ("postgres:///auth", "postgres://localhost/auth"),
        ("mysql://root:secret@[::1]:3307/auth", "mysql://root@[::1]:3307/auth"),
        ("mariadb://u@h/d?socket=/run/mysqld.sock", "mariadb://u@%2Frun%2Fmysqld.sock/d"),
        ("postgres://u%40x:p@%2Frun%2Fpg/a%20b", "postgres://u%40x@%2Frun%2Fpg/a%20b"),
        ("sqlite:data/auth.sqlite", "sqlite:data/auth.sqlite"),
        ("sqlite://data/auth.sqlite?mode=ro", "sqlite:data/auth.sqlite"),
        ("sqlite:///var/auth.sqlite", "sqlite:/var/auth.sqlite"),
        ("sqlite:/var/my db\u{1b}.sqlite", "sqlite:/var/my db%1B.sqlite"),
    ] {
        assert_eq!(url(text).to_string(), shown);
        assert_eq!(format!("{:?}", url(text)), shown);
        assert_eq!(url(shown).to_string(), shown, "what is shown can be read again");
        assert!(!format!("{:?}", url(text).target()).contains("secret"));
    }
}

#[test]
fn a_raw_password_works() {
    assert_eq!(password("postgres://app:p@ss:/?#[]%@127.0.0.1:5432/auth"), "p@ss:/?#[]%");
    assert_eq!(password("postgres://app:p%40ss%3A%2F%3F%23%5B%5D%25@127.0.0.1:5432/auth"), "p@ss:/?#[]%");
    assert_eq!(password("mysql://app:a@b/c?ssl-mode=required@h/d"), "a@b/c?ssl-mode=required");
    assert_eq!(password("mysql://app:@h/d"), "");
    assert_eq!(password("mysql://app:100%@h/d"), "100%");
    assert_eq!(password("mysql://app:%FF@h/d"), "%FF");
}

#[test]
fn sockets() {
    let host = |text: &str| url(text).server().unwrap().host.clone();
    assert_eq!(host("postgres:///auth?host=/run/postgresql"), Host::Socket("/run/postgresql".into()));
    assert_eq!(host("postgres://%2Frun%2Fpostgresql/auth"), Host::Socket("/run/postgresql".into()));
    assert_eq!(host("postgres://a/auth?host=b"), Host::Tcp("b".into()));
    assert_eq!(host("mysql://h/auth?socket=/run/mysqld/mysqld.sock"), Host::Socket("/run/mysqld/mysqld.sock".into()));
}

#[test]
fn mysql_parameters() {
    let url = url("mysql://h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=/ca.pem&charset=utf8mb4");
    let Target::Mysql { parameters, .. } = url.target() else { panic!() };
    assert_eq!(parameters.ssl_mode, Some(MysqlSslMode::VerifyIdentity));
    assert_eq!(parameters.ssl_ca.as_deref(), Some(Path::new("/ca.pem")));
    assert_eq!(parameters.charset.as_deref(), Some("utf8mb4"));
}

/// An authority that is named is asked: nobody is to believe that it is where it is not.
#[test]
fn an_authority_is_asked_or_refused() {
    let postgres = |query: &str| match url(&format!("postgres://h/d?{query}")).target() {
        Target::Postgres { parameters, .. } => parameters.ssl_mode,
        _ => None,
    };
    let mysql = |query: &str| match url(&format!("mysql://h/d?{query}")).target() {
        Target::Mysql { parameters, .. } => parameters.ssl_mode,
        _ => None,
    };
    assert_eq!(postgres("sslrootcert=x"), Some(PostgresSslMode::VerifyCa));
    assert_eq!(postgres("sslrootcert=x&sslmode=require"), Some(PostgresSslMode::VerifyCa));
    assert_eq!(postgres("sslrootcert=x&sslmode=verify-full"), Some(PostgresSslMode::VerifyFull));
    assert_eq!(postgres("sslmode=require"), Some(PostgresSslMode::Require));
    assert_eq!(mysql("ssl-ca=x"), Some(MysqlSslMode::VerifyCa));
    assert_eq!(mysql("ssl-ca=x&ssl-mode=verify-identity"), Some(MysqlSslMode::VerifyIdentity));
    for mode in ["disable", "allow", "prefer"] {
        let error = error(&format!("postgres://h/d?sslrootcert=x&sslmode={mode}"));
        assert!(matches!(error, UrlError::BadParameter { name: "sslmode", .. }), "{mode}");
    }
    for mode in ["disabled", "preferred", "required"] {
        let error = error(&format!("mysql://h/d?ssl-ca=x&ssl-mode={mode}"));
        assert!(matches!(error, UrlError::BadParameter { name: "ssl-mode", .. }), "{mode}");
    }
    assert!(matches!(error("postgres://h/d?sslmode=verify-ca"), UrlError::NoAuthority { .. }));
}

#[test]
fn certificates_are_relative_to_the_project() {
    let url = url("postgres://h/d?sslrootcert=ca.pem&sslcert=/c.pem&sslkey=k.pem").relative_to(Path::new("/project"));
    let Target::Postgres { parameters, .. } = url.target() else { panic!() };
    let paths =
        [&parameters.ssl_root_cert, &parameters.ssl_cert, &parameters.ssl_key].map(|path| path.clone().unwrap());
    assert_eq!(paths, ["/project/ca.pem", "/c.pem", "/project/k.pem"].map(std::path::PathBuf::from));
}

#[test]
fn sqlite_files() {
    let file = |text: &str| {
        let url = url(text).relative_to(Path::new("/project"));
        let Target::Sqlite(file) = url.target() else { panic!() };
        (file.file().to_str().unwrap().to_owned(), file.mode)
    };
    assert_eq!(file("sqlite:a/b.sqlite"), ("/project/a/b.sqlite".into(), SqliteMode::ReadWriteCreate));
    assert_eq!(file("sqlite://b.sqlite?mode=rw"), ("/project/b.sqlite".into(), SqliteMode::ReadWrite));
    assert_eq!(file("sqlite:///b%20c.sqlite?mode=ro"), ("/b c.sqlite".into(), SqliteMode::ReadOnly));
}

#[test]
fn what_is_wrong() {
    let known = "postgres://h/d?";
    for (text, expected) in [
        ("postgres://h/d\nsecret", UrlError::SeveralLines),
        ("", UrlError::Empty),
        (" \n", UrlError::Empty),
        ("app", UrlError::NoScheme),
        ("app:secret@h/d", UrlError::NoScheme),
        ("sec ret://h/d", UrlError::NoScheme),
        ("oracle://app:secret@h/d", UrlError::UnknownScheme("oracle".into())),
        ("postgres:h/d", UrlError::NoSlashes),
        ("postgres://h", UrlError::NoDatabase),
        ("postgres://h/", UrlError::NoDatabase),
        ("postgres://u:p@h?sslmode=require", UrlError::NoDatabase),
        ("postgres://h/d/e", UrlError::BadDatabase),
        ("postgres://h/d%00", UrlError::BadDatabase),
        ("postgres://h:0/d", UrlError::BadPort),
        ("postgres://h:65536/d", UrlError::BadPort),
        ("postgres://h:+1/d", UrlError::BadPort),
        ("postgres://app:secret/d", UrlError::BadPort),
        ("postgres://a b/d", UrlError::BadHost),
        ("postgres://[::1/d", UrlError::BadHost),
        ("postgres://[x]/d", UrlError::BadHost),
        ("sqlite:", UrlError::NoFile),
        ("sqlite:?mode=ro", UrlError::NoFile),
        ("sqlite::memory:", UrlError::Memory),
        ("sqlite://:memory:", UrlError::Memory),
        ("sqlite:x?mode=memory", UrlError::Memory),
        ("postgres://h/d?sslmode=require&sslmode=require", UrlError::RepeatedParameter("sslmode")),
    ] {
        assert_eq!(error(text), expected, "{text}");
        assert!(matches!(expected, UrlError::RepeatedParameter(_)) || expected.hint().is_some(), "{text}");
    }
    assert!(matches!(error(&format!("{known}sslmode=on")), UrlError::BadParameter { name: "sslmode", .. }));
    assert!(matches!(error("sqlite:x?mode=x"), UrlError::BadParameter { name: "mode", .. }));
    for half in
        ["postgres://h/d?sslcert=x", "postgres://h/d?sslkey=x", "mysql://h/d?ssl-cert=x", "mysql://h/d?ssl-key=x"]
    {
        assert!(matches!(error(half), UrlError::HalfClientCertificate { .. }), "{half}");
    }
    assert!(matches!(error("mysql://h/d?ssl-ca="), UrlError::BadParameter { name: "ssl-ca", .. }));
}

#[test]
fn hints_name_the_nearest() {
    let hint = |text: &str| error(text).hint().unwrap();
    assert_eq!(hint("postgress://h/d"), "did you mean `postgres`, or `postgresql`?");
    assert_eq!(hint("postgresql+psycopg2://h/d"), "did you mean `postgresql`, or `postgres`?");
    assert_eq!(hint("sqlite3:///x"), "did you mean `sqlite`?");
    assert_eq!(hint("postgres://h/d?ssl_mode=require"), "did you mean `sslmode`?");
    assert_eq!(hint("mysql://h/d?sslmode=required"), "did you mean `ssl-mode`?");
    assert_eq!(hint("postgres://h/d?password=secret"), "user and password stand before the host: USER:PASSWORD@HOST");
    assert!(hint("postgres://h/d?foobarbaz=1").starts_with("known here: sslmode, "));
    assert_eq!(error("postgres://h/d?sslmod=x").to_string(), "unknown parameter `sslmod` in the database URL");
    assert_eq!(error("postgres://h/d?s%20x=1").to_string(), "unknown parameter in the database URL");
}

#[test]
fn the_same_place() {
    for (one, other, same) in [
        ("postgres://a:x@h/d", "postgresql://b:y@H:5432/d?sslmode=require", true),
        ("postgres://h/d", "postgres://h/e", false),
        ("postgres://h/d", "postgres://h:5433/d", false),
        ("postgres://h/d", "mysql://h/d", false),
        ("mysql://h:3306/d", "mariadb://h/d", true),
        ("postgres://localhost/d", "postgres://127.0.0.1/d", true),
        ("postgres://localhost/d", "postgres:///d?host=/run/postgresql", false),
        ("sqlite:a.sqlite", "sqlite:./x/../a.sqlite?mode=ro", true),
        ("sqlite:a.sqlite", "sqlite:b.sqlite", false),
        ("sqlite:../a.sqlite", "sqlite:a.sqlite", false),
    ] {
        assert_eq!(url(one).place() == url(other).place(), same, "{one} {other}");
    }
    let relative = url("sqlite:a.sqlite").relative_to(Path::new("/p"));
    assert_eq!(relative.place(), url("sqlite:/p/a.sqlite").place());
}

/// What a part of a password in a text is recognised by.
const MARK: &str = "SEKRET";

/// Passwords that begin and end with the mark, and hold everything that a URL gives a meaning to.
fn passwords() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        "[ -~]{0,24}",
        "\\PC{0,16}",
        "[@:/?#%\\[\\]&=+a0]{0,16}",
        Just("@h:1/d?sslmode=x".to_owned()),
        Just("@h/d".to_owned()),
    ];
    hostile.prop_map(|middle| format!("{MARK}{middle}{MARK}"))
}

fn has_escape(text: &str) -> bool {
    percent::decode(text) != text
}

fn shows(url: &DatabaseUrl) -> String {
    format!("{url} {url:?} {url:#?} {:?} {:#?}", url.target(), url.server())
}

proptest! {
    #[test]
    fn encoded_passwords_come_back_and_are_never_shown(secret in passwords(), scheme in "postgres|mysql|mariadb") {
        let url = url(&format!("{scheme}://app:{}@127.0.0.1:5432/auth", percent::encode(&secret)));
        prop_assert_eq!(url.server().unwrap().password.as_ref().unwrap().expose(), &secret);
        prop_assert!(!shows(&url).contains(MARK));
    }

    #[test]
    fn raw_passwords_come_back_and_are_never_shown(secret in passwords(), tail in "(:5432)?/auth(\\?|)") {
        prop_assume!(!has_escape(&secret));
        let url = url(&format!("postgres://app:{secret}@127.0.0.1{tail}"));
        prop_assert_eq!(url.server().unwrap().password.as_ref().unwrap().expose(), &secret);
        prop_assert!(!shows(&url).contains(MARK));
    }

    #[test]
    fn errors_never_show_a_password(
        secret in passwords(),
        scheme in "(postgres|mysql|sqlit|oracle|x y)?(:|:/|://|)",
        tail in "@(h|h h|\\[::1|)(:x|:99999|:1|)(/|/d|/d/e|)(\\?nope=1|\\?sslmode=x|\\?x|)",
    ) {
        let text = format!("{scheme}app:{secret}{tail}");
        match text.parse::<DatabaseUrl>() {
            Ok(url) => prop_assert!(!shows(&url).contains(MARK), "{text}"),
            Err(error) => {
                let said = format!("{error} {error:?} {:?}", error.hint());
                prop_assert!(!said.contains(MARK), "{said}");
            }
        }
    }

    #[test]
    fn errors_never_show_a_password_whose_host_was_forgotten(secret in passwords(), tail in "(/d|)(\\?nope=1|)") {
        prop_assume!(!secret.contains('@'));
        let error = error(&format!("postgres://app:{secret}{tail}"));
        let said = format!("{error} {error:?} {:?}", error.hint());
        prop_assert!(!said.contains(MARK), "{said}");
    }

    #[test]
    fn nothing_panics(text in "(postgres|mysql|sqlite)?:?(//)?\\PC{0,40}") {
        let _ = text.parse::<DatabaseUrl>();
    }
}
