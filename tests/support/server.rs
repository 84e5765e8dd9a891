//! A server of one test's own: to be stopped, killed and started again, or set up in a way that others would not like.
//!
//! Its data is in a temporary folder; it listens on a loopback port, and ends with its value. It does not wait for the disk, yet
//! all that it has confirmed is in the system's hands: `kill -9` of the server loses none of it.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;
use uuid::Uuid;

use super::database::can_connect;
use super::running::until;
use super::{Engine, TestDatabase};

const USER_NAME: &str = "branchline";

const START_LIMIT: Duration = Duration::from_secs(60);

/// What a server is to have beyond what every one has.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    options: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
}

impl Setup {
    /// An option of the server's command line; `{folder}` in it is the folder that the files are in. `-c name=value` are two for
    /// PostgreSQL, `--name=value` one for MariaDB.
    pub fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    /// A file that the server, and nobody else, may read.
    pub fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((name.to_owned(), content.as_ref().to_owned()));
        self
    }
}

/// A PostgreSQL or MariaDB server.
pub struct TestServer {
    engine: Engine,
    folder: TempDir,
    setup: Setup,
    password: String,
    port: u16,
    process: Option<Child>,
}

impl TestServer {
    /// Starts a server.
    pub fn new(engine: Engine) -> Self {
        Self::with(engine, Setup::default())
    }

    /// Starts a server that is set up so.
    pub fn with(engine: Engine, setup: Setup) -> Self {
        // A short path that the servers' own users can reach: a socket's may have 107 bytes.
        let folder = tempfile::Builder::new().prefix("branchline-server-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let password = Uuid::new_v4().simple().to_string();
        let mut server = Self { engine, folder, setup, password, port: 0, process: None };
        server.prepare();
        // Another may take the port between our looking for it and the server's.
        for _ in 0..5 {
            server.port = free_port();
            server.spawn();
            if server.answers_soon() {
                return server;
            }
        }
        panic!("{engine} does not start:\n{}", server.log());
    }

    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// The administrator's URL, with the password.
    pub fn url(&self) -> String {
        let database = if self.engine == Engine::Postgres { "postgres" } else { "mysql" };
        format!("{}://{USER_NAME}:{}@{}/{database}", self.engine, self.password, self.address())
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the files that it was set up with.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server's process, while it runs: PostgreSQL's postmaster, MariaDB itself.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// A fresh database on this server; it is gone with the server.
    pub fn database(&self) -> TestDatabase {
        TestDatabase::on(self.engine, &self.url())
    }

    /// The end of what the server has written to its log.
    pub fn log(&self) -> String {
        let log = fs::read(self.path("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Kills it (`kill -9`), with all its processes.
    pub fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // Stopped first: then it starts no process that is not seen, and forgets none whose number another could get meanwhile.
        send(process.id(), Signal::STOP);
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&process)), stopped).unwrap();
        for child in children(process.id()) {
            send(child, Signal::KILL);
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Stops it in good order, whoever is connected.
    pub fn stop(&mut self) {
        // PostgreSQL's fast shutdown; MariaDB knows one only.
        self.end(if self.engine == Engine::Postgres { Signal::INT } else { Signal::TERM });
    }

    /// Starts it again, on the same port, and waits until it answers: after a kill, when it has recovered.
    pub fn start(&mut self) {
        assert!(self.process.is_none(), "the server runs");
        self.spawn();
        assert!(self.answers_soon(), "{} does not start again:\n{}", self.engine, self.log());
    }

    /// Waits until it lets somebody in, after it was disturbed.
    pub fn answers(&self) {
        until("an answer", || can_connect(self.engine, &self.url()));
    }

    fn end(&mut self, signal: Signal) {
        let Some(mut process) = self.process.take() else { return };
        send(process.id(), signal);
        process.wait().unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn prepare(&self) {
        let data = self.path("data");
        // A MariaDB that starts removes what others of its kind have in the temporary folder that they share.
        for folder in [&data, &self.path("tmp")] {
            fs::create_dir(folder).unwrap();
            self.give(folder);
        }
        for (name, content) in &self.setup.files {
            let file = self.path(name);
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&file)
                .unwrap()
                .write_all(content)
                .unwrap();
            self.give(&file);
        }
        let mut command = match self.engine {
            Engine::Postgres => {
                let password = self.path("password");
                fs::write(&password, &self.password).unwrap();
                self.give(&password);
                let mut command = self.as_user(&postgres_programs().join("initdb"));
                command.arg("--pgdata").arg(&data).args(["--username", USER_NAME, "--pwfile"]).arg(&password);
                command.args(["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]);
                command
            }
            Engine::Mariadb => {
                let user = format!(
                    "CREATE OR REPLACE USER '{USER_NAME}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{}');\n\
                     GRANT ALL PRIVILEGES ON *.* TO '{USER_NAME}'@'%' WITH GRANT OPTION;\n\
                     DELETE FROM mysql.global_priv WHERE User IN ('', 'root');\nFLUSH PRIVILEGES;\n",
                    self.password
                );
                let file = self.path("user.sql");
                fs::write(&file, user).unwrap();
                self.give(&file);
                let mut command = self.as_user(&program("mariadb-install-db"));
                command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
                command.arg(format!("--tmpdir={}", self.path("tmp").display()));
                command.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
                command.args(["--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0"]);
                command
            }
            Engine::Sqlite => panic!("SQLite has no server"),
        };
        assert!(command.status().unwrap().success(), "{} cannot be set up:\n{}", self.engine, self.log());
    }

    fn spawn(&mut self) {
        let data = self.path("data");
        let mut command = match self.engine {
            Engine::Postgres => {
                let mut command = self.as_user(&postgres_programs().join("postgres"));
                command.arg("-D").arg(&data);
                for option in [
                    "listen_addresses=127.0.0.1",
                    "unix_socket_directories=",
                    "timezone=UTC",
                    "max_connections=100",
                    "shared_buffers=16MB",
                    // Of a server that is killed, nothing may stay behind.
                    "dynamic_shared_memory_type=mmap",
                    "fsync=off",
                    "full_page_writes=off",
                ] {
                    command.args(["-c", option]);
                }
                command.arg("-c").arg(format!("port={}", self.port));
                command
            }
            Engine::Mariadb => {
                let mut command = self.as_user(&program("mariadbd"));
                command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
                command.arg(format!("--tmpdir={}", self.path("tmp").display()));
                for (option, file) in [("socket", "socket"), ("pid-file", "pid")] {
                    command.arg(format!("--{option}={}", data.join(file).display()));
                }
                command.arg(format!("--init-file={}", self.path("user.sql").display()));
                command.arg(format!("--port={}", self.port));
                command.args([
                    "--bind-address=127.0.0.1",
                    "--skip-name-resolve",
                    "--skip-log-bin",
                    "--character-set-server=utf8mb4",
                    "--collation-server=utf8mb4_general_ci",
                    "--innodb-flush-method=nosync",
                    "--innodb-flush-log-at-trx-commit=2",
                    "--sync-frm=0",
                ]);
                command
            }
            Engine::Sqlite => panic!("SQLite has no server"),
        };
        let folder = self.folder.path().display().to_string();
        command.args(self.setup.options.iter().map(|option| option.replace("{folder}", &folder)));
        self.process = Some(command.spawn().unwrap());
    }

    /// Waits until it answers, or has ended.
    fn answers_soon(&mut self) -> bool {
        let started = Instant::now();
        let url = self.url();
        loop {
            if let Some(process) = &mut self.process
                && process.try_wait().unwrap().is_some()
            {
                self.process = None;
                return false;
            }
            if can_connect(self.engine, &url) {
                return true;
            }
            assert!(started.elapsed() < START_LIMIT, "{} does not answer:\n{}", self.engine, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A command of the server's user where we are root, which the servers refuse to run as; else of ourselves. It is told to end
    /// when the thread that started it dies.
    fn as_user(&self, program: &Path) -> Command {
        let mut command = Command::new("setsid");
        command.args(["setpriv", "--pdeathsig", if self.engine == Engine::Postgres { "INT" } else { "TERM" }]);
        if let Some((user, group)) = self.user() {
            command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
        }
        let log = || fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        command.arg(program).current_dir(self.folder.path()).stdin(Stdio::null()).stdout(log()).stderr(log());
        command
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = self.user() {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }

    /// The user that the server runs as, and its group; none where that is ourselves.
    fn user(&self) -> Option<(u32, u32)> {
        let name = if self.engine == Engine::Postgres { "postgres" } else { "mysql" };
        rustix::process::geteuid().is_root().then(|| (id("-u", name), id("-g", name)))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // PostgreSQL's immediate shutdown takes its children along, and leaves no memory behind that is shared.
        self.end(if self.engine == Engine::Postgres { Signal::QUIT } else { Signal::KILL });
    }
}

fn id(what: &str, user: &str) -> u32 {
    let said = Command::new("id").args([what, user]).output().unwrap().stdout;
    String::from_utf8(said).unwrap().trim().parse().unwrap_or_else(|_| panic!("there is no user {user}"))
}

/// Sends a signal to a process that the test, or its server, has started.
pub fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).expect("a process");
    // It may have ended by itself.
    let _ = kill_process(pid, signal);
}

/// The processes that a process has started and not yet heard the end of.
pub fn children(parent: u32) -> Vec<u32> {
    fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))
        .expect("the system tells a process's children")
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

/// The folder of PostgreSQL's programs, which Debian keeps off the PATH.
fn postgres_programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("BRANCHLINE_TEST_PGBIN") {
        return folder.into();
    }
    program("initdb").canonicalize().unwrap().parent().expect("a program is in a folder").to_owned()
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    let mut places = folders.map(|folder| folder.join(name));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!("{name} is not on the PATH: run `make test`, or one test with `.ci/servers run -- cargo test NAME`")
    })
}

/// A port below the range from which the system hands out its own.
fn free_port() -> u16 {
    let (low, high) = (10_000, 32_000);
    for _ in 0..100 {
        let port = low + u16::try_from(Uuid::new_v4().as_u128() % u128::from(high - low)).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && TcpStream::connect(("127.0.0.1", port)).is_err() {
            return port;
        }
    }
    panic!("no port is free");
}
