//! Adding to a URL what it does not say: the URL always wins.

use super::error::UrlError;
use super::{DatabaseUrl, Host, MysqlSslMode, OptionFile, PasswordFile, Target};

impl DatabaseUrl {
    /// The same, with the system's user where a PostgreSQL URL names none, as psql has it.
    #[must_use]
    pub fn with_system_user(mut self, user: Option<&str>) -> Self {
        if let Target::Postgres { server, .. } = &mut self.target
            && server.user.is_none()
        {
            server.user = user.map(str::to_owned);
        }
        self
    }

    /// The same, with the password that the file has for it, where it has none.
    #[must_use]
    pub fn with_password_file(mut self, file: &PasswordFile) -> Self {
        if let Target::Postgres { server, .. } = &mut self.target
            && server.password.is_none()
        {
            server.password = file.password(server).cloned();
        }
        self
    }

    /// The same, with what the option file says and a MySQL or MariaDB URL does not.
    ///
    /// # Errors
    ///
    /// [`UrlError`] where both together make no sense.
    pub fn with_option_file(mut self, file: &OptionFile) -> Result<Self, UrlError> {
        let Target::Mysql { server, parameters } = &mut self.target else { return Ok(self) };
        if server.host_is_default {
            match (&file.socket, &file.host) {
                // As the clients have it: a socket is for this machine.
                (Some(socket), None) => server.host = Host::Socket(socket.clone()),
                (Some(socket), Some(host)) if host == "localhost" => server.host = Host::Socket(socket.clone()),
                (_, Some(host)) => server.host = super::parse::host_of(host.clone())?,
                (None, None) => {}
            }
            server.host_is_default = false;
        }
        server.port = server.port.or(file.port);
        server.user = server.user.take().or_else(|| file.user.clone());
        server.password = server.password.take().or_else(|| file.password.clone());
        let wants_authority = match (parameters.ssl_mode, file.ssl_mode) {
            // Whoever says in the URL that nobody is to be asked, means it.
            (Some(said), _) => matches!(said, MysqlSslMode::VerifyCa | MysqlSslMode::VerifyIdentity),
            (None, in_file) => in_file != Some(MysqlSslMode::Disabled),
        };
        if wants_authority && parameters.ssl_ca.is_none() && file.ssl_ca.is_some() {
            parameters.ssl_ca.clone_from(&file.ssl_ca);
            let verifies = file.ssl_mode.filter(|mode| *mode == MysqlSslMode::VerifyIdentity);
            parameters.ssl_mode = parameters.ssl_mode.or(verifies).or(Some(MysqlSslMode::VerifyCa));
        }
        parameters.ssl_mode = parameters.ssl_mode.or(file.ssl_mode);
        if parameters.ssl_cert.is_none() && parameters.ssl_key.is_none() {
            parameters.ssl_cert.clone_from(&file.ssl_cert);
            parameters.ssl_key.clone_from(&file.ssl_key);
        }
        parameters.check_together()?;
        if parameters.ssl_mode == Some(MysqlSslMode::VerifyCa) && parameters.ssl_ca.is_none() {
            let (mode, authority, full) = ("ssl-mode=verify-ca", "ssl-ca", "verify-identity");
            return Err(UrlError::NoAuthority { mode, authority, full });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{DatabaseUrl, MysqlSslMode, OptionFile, PasswordFile, Target, UrlError};

    fn completed(url: &str, file: &str) -> DatabaseUrl {
        let url: DatabaseUrl = url.parse().unwrap();
        let file = OptionFile::parse(&format!("[client]\n{file}"), Path::new("/home/app"), url.dialect()).unwrap();
        url.with_option_file(&file).unwrap()
    }

    fn password(url: &DatabaseUrl) -> Option<&str> {
        url.server().unwrap().password.as_ref().map(|password| password.expose())
    }

    fn mode(url: &DatabaseUrl) -> Option<MysqlSslMode> {
        let Target::Mysql { parameters, .. } = url.target() else { panic!() };
        parameters.ssl_mode
    }

    #[test]
    fn the_url_wins() {
        let file = "user=u\npassword=p\nhost=h\nport=3307\nsocket=/s\nssl-mode=disabled\nssl-ca=ca.pem\n";
        let url = completed("mysql://me:mine@there:1/d?ssl-mode=required", file);
        assert_eq!((url.to_string().as_str(), password(&url)), ("mysql://me@there:1/d", Some("mine")));
        assert_eq!(mode(&url), Some(MysqlSslMode::Required));
        let url = completed("mysql://me:@there/d", "password=p");
        assert_eq!(password(&url), Some(""));
    }

    #[test]
    fn what_the_url_does_not_say() {
        let url = completed("mysql:///d", "user=u\npassword=p\nhost=h\nport=3307\nsocket=/s");
        assert_eq!((url.to_string().as_str(), password(&url)), ("mysql://u@h:3307/d", Some("p")));
        assert_eq!(completed("mysql:///d", "socket=/s").to_string(), "mysql://%2Fs/d");
        assert_eq!(completed("mysql:///d", "socket=/s\nhost=localhost").to_string(), "mysql://%2Fs/d");
        assert_eq!(completed("mysql://h/d", "socket=/s").to_string(), "mysql://h/d");
        assert_eq!(mode(&completed("mysql:///d", "ssl-ca=x")), Some(MysqlSslMode::VerifyCa));
        assert_eq!(
            mode(&completed("mysql:///d", "ssl-ca=x\nssl-mode=verify_identity")),
            Some(MysqlSslMode::VerifyIdentity)
        );
        assert_eq!(
            mode(&completed("mysql://h/d?ssl-mode=verify-identity", "ssl-ca=x")),
            Some(MysqlSslMode::VerifyIdentity)
        );
        assert_eq!(mode(&completed("mysql://h/d?ssl-ca=/x", "ssl=0")), Some(MysqlSslMode::VerifyCa));
        assert_eq!(mode(&completed("mysql://h/d", "ssl=0\nssl-ca=x")), Some(MysqlSslMode::Disabled));
        assert_eq!(mode(&completed("mysql://h/d", "ssl\nssl-ca=x")), Some(MysqlSslMode::VerifyCa));
        let unnamed: DatabaseUrl = "mysql://h/d?ssl-mode=verify-ca".parse().unwrap();
        assert!(matches!(unnamed.with_option_file(&OptionFile::default()), Err(UrlError::NoAuthority { .. })));
    }

    #[test]
    fn passwords_and_users_of_postgres() {
        let file = PasswordFile::parse("h:*:*:app:right\nh:*:*:me:mine");
        let complete = |url: &str| {
            let url: DatabaseUrl = url.parse().unwrap();
            let url = url.with_system_user(Some("me")).with_password_file(&file);
            (url.to_string(), password(&url).map(str::to_owned))
        };
        assert_eq!(complete("postgres://app@h/d"), ("postgres://app@h/d".into(), Some("right".into())));
        assert_eq!(complete("postgres://h/d"), ("postgres://me@h/d".into(), Some("mine".into())));
        assert_eq!(complete("postgres://app:own@h/d"), ("postgres://app@h/d".into(), Some("own".into())));
        assert_eq!(complete("postgres://app@other/d"), ("postgres://app@other/d".into(), None));
        assert_eq!(complete("mysql://h/d"), ("mysql://h/d".into(), None));
    }
}
