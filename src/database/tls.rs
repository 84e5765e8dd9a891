//! What both servers' connections need to be encrypted: the certificates' files, and what it means when it fails.
//!
//! The files are read here, and their texts handed to the driver: it would not say which of them is missing, and a file without
//! a certificate in it would be to it no authority at all.

use std::fs;
use std::path::Path;

use super::error::{DatabaseError, DatabaseErrorKind};
use crate::redact;

/// What a file is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pem {
    Certificate,
    Key,
}

/// The text of the file that a parameter names.
pub(super) fn read(database: &str, parameter: &str, file: &Path, holds: Pem) -> Result<Vec<u8>, DatabaseError> {
    let fails = |message: String, hint: &str| DatabaseError::new(DatabaseErrorKind::Tls, database, message).hint(hint);
    let named = redact::path(file);
    let text = fs::read(file).map_err(|error| {
        let message = format!("the file of `{parameter}`, {named}, cannot be read: {error}");
        fails(message, "a relative path is taken from the project's folder")
    })?;
    let has = |what: &[u8]| text.windows(what.len()).any(|window| window == what);
    match holds {
        Pem::Certificate if !has(b"-----BEGIN CERTIFICATE-----") => {
            let message = format!("the file of `{parameter}`, {named}, holds no certificate in PEM form");
            Err(fails(message, "PEM is text that begins with -----BEGIN CERTIFICATE-----; openssl x509 converts to it"))
        }
        Pem::Key if has(b"ENCRYPTED") => {
            let message = format!("the key of `{parameter}`, {named}, is locked with a passphrase");
            Err(fails(message, "nobody could be asked for it: store the key without one, readable by its user only"))
        }
        Pem::Key if !has(b"PRIVATE KEY-----") => {
            let message = format!("the file of `{parameter}`, {named}, holds no private key in PEM form");
            Err(fails(message, "PEM is text that begins with -----BEGIN PRIVATE KEY-----; openssl pkey converts to it"))
        }
        _ => Ok(text),
    }
}

/// What rustls says of a connection that it refuses, or that the server does; nothing where it is about something else.
pub(super) fn refused(database: &str, error: &sqlx::Error) -> Option<DatabaseError> {
    let said = match error {
        sqlx::Error::Tls(inner) => inner.to_string(),
        // rustls' own errors come through the socket.
        sqlx::Error::Io(inner) if inner.kind() == std::io::ErrorKind::InvalidData => inner.to_string(),
        _ => return None,
    };
    let (message, hint) = explained(&said);
    Some(DatabaseError::new(DatabaseErrorKind::Tls, database, message).hint(hint))
}

const AUTHORITY: &str =
    "name the certificate of its authority (`sslrootcert` on PostgreSQL, `ssl-ca` on MySQL and MariaDB)";

/// In words, and what helps.
fn explained(said: &str) -> (String, String) {
    if said.contains("does not support TLS") {
        let hint = "configure TLS in the server; `sslmode=prefer` (PostgreSQL) or `ssl-mode=preferred` does without where \
                    it has none, and then everybody on the way can read along";
        return ("the server does not encrypt, and the URL asks for it".to_owned(), hint.to_owned());
    }
    if let Some(reason) = said.strip_prefix("invalid peer certificate: ") {
        let hint = if reason.contains("UnknownIssuer") || reason.contains("BadSignature") {
            format!("no known authority has signed it: {AUTHORITY}; or somebody else answers there")
        } else if reason.contains("not valid for name") {
            "it is another host's: connect by a name that the certificate has; or somebody else answers there"
                .to_owned()
        } else if reason.contains("expired") || reason.contains("Expired") {
            "renew it, or look at the clock of this machine".to_owned()
        } else if reason.contains("CaUsedAsEndEntity") {
            "the server shows an authority's own certificate: give it one that this authority has signed".to_owned()
        } else {
            format!("{AUTHORITY}, or give the server another certificate")
        };
        return (format!("the server's certificate is refused: {reason}"), hint);
    }
    if let Some((_, alert)) = said.split_once("received fatal alert: ") {
        let hint = "does it want a certificate of ours, or another one? `sslcert` and `sslkey` (PostgreSQL), `ssl-cert` and \
                    `ssl-key` (MySQL, MariaDB) name it";
        return (format!("the server ended the encrypted connection: {alert}"), hint.to_owned());
    }
    let hint = "is that the port of the server itself, and do both sides have a version of TLS in common?";
    (format!("no encrypted connection could be made: {said}"), hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Pem, read};

    #[test]
    fn files_that_hold_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.pem");
        let said = |holds| {
            let error = read("postgres://h/d", "sslkey", &file, holds).unwrap_err();
            assert!(error.hint.is_some());
            error.to_string()
        };
        assert!(said(Pem::Key).contains("cannot be read"));
        std::fs::write(&file, "SEKRET").unwrap();
        assert!(said(Pem::Certificate).contains("no certificate in PEM form"));
        assert!(said(Pem::Key).contains("no private key in PEM form") && !said(Pem::Key).contains("SEKRET"));
        std::fs::write(&file, "-----BEGIN ENCRYPTED PRIVATE KEY-----").unwrap();
        assert!(said(Pem::Key).contains("locked with a passphrase"));
    }
}
