//! Certificates for one test, made by the `openssl` program: an authority, and what it has signed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// An authority that nobody but the test knows.
pub struct Authority {
    folder: TempDir,
}

/// A certificate and its key, in PEM form.
pub struct Certificate {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let authority = Self { folder: tempfile::Builder::new().prefix("branchline-ca-").tempdir().unwrap() };
        authority.write("ca.cnf", "[req]\ndistinguished_name = dn\nx509_extensions = v3\n[dn]\n[v3]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign\n");
        authority.openssl(&format!("req -x509 -config ca.cnf -subj /CN={name} -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout ca.key -out ca.pem"));
        authority
    }

    /// The authority's own certificate, in PEM form.
    pub fn certificate(&self) -> String {
        self.read("ca.pem")
    }

    /// For a server of this name.
    pub fn server(&self, name: &str) -> Certificate {
        self.issue(name, &format!("subjectAltName = DNS:{name}\nextendedKeyUsage = serverAuth\n"))
    }

    /// For a client that is called so.
    pub fn client(&self, name: &str) -> Certificate {
        self.issue(name, "extendedKeyUsage = clientAuth\n")
    }

    fn issue(&self, name: &str, extensions: &str) -> Certificate {
        self.write("leaf.cnf", "[req]\ndistinguished_name = dn\n[dn]\n");
        self.write("extensions", &format!("basicConstraints = CA:FALSE\n{extensions}"));
        self.openssl(&format!("req -new -config leaf.cnf -subj /CN={name} -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout leaf.key -out leaf.csr"));
        self.openssl(
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out leaf.pem",
        );
        Certificate { certificate: self.read("leaf.pem"), key: self.read("leaf.key") }
    }

    fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        command.args(line.split(' ')).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap_or_else(|error| panic!("the program openssl is needed: {error}"));
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }
}
