//! A way to a server that breaks where it is told to: at a byte of either direction, or behind a word.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The way that bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// Where the way breaks.
#[derive(Debug, Clone)]
pub enum Place {
    /// Behind so many bytes in one direction, over all connections.
    Byte(Direction, u64),
    /// Behind what the client sends the nth time, from 1, that such a text stands in.
    Text(&'static str, usize),
}

/// How it breaks.
#[derive(Debug, Clone, Copy)]
pub enum Break {
    /// The connection ends, and can be made anew at once.
    Cut,
    /// Nothing comes through any more, either way; after this time all connections end, and new ones can be made.
    Swallow(Duration),
    /// What follows is late.
    Delay(Duration),
}

/// A proxy that listens on a loopback port, for as long as the test runs.
pub struct Proxy {
    server: String,
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    armed: Option<(Place, Break)>,
    /// Bytes that came through since it was armed.
    passed: [u64; 2],
    /// How often the text was seen.
    seen: usize,
    broken: bool,
    /// Whether nothing comes through, be it an old connection or a new one.
    away: bool,
    connections: Vec<(TcpStream, TcpStream)>,
}

/// What to do with bytes that came.
struct Decision {
    /// So many of them go on.
    pass: usize,
    then: Option<Break>,
}

impl Proxy {
    /// A way to the server that is at this address (`127.0.0.1:5432`).
    pub fn new(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            server: server.to_owned(),
            port: listener.local_addr().unwrap().port(),
            shared: Arc::new(Shared::default()),
        };
        let (shared, server) = (Arc::clone(&proxy.shared), proxy.server.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                shared.connect(client.unwrap(), &server);
            }
        });
        proxy
    }

    /// A way to the server of this URL.
    pub fn of(url: &str) -> Self {
        Self::new(address(url))
    }

    /// A URL of that server, by this way.
    pub fn through(&self, url: &str) -> String {
        url.replace(&self.server, &format!("127.0.0.1:{}", self.port))
    }

    /// Has it break, once; bytes and texts count from here on.
    pub fn arm(&self, place: Place, how: Break) {
        let mut state = self.shared.state();
        let connections = std::mem::take(&mut state.connections);
        *state = State { armed: Some((place, how)), connections, ..State::default() };
    }

    /// Whether it broke since it was armed.
    pub fn has_broken(&self) -> bool {
        self.shared.state().broken
    }

    /// The bytes that came through since it was armed.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.shared.state().passed[direction as usize]
    }

    /// Ends all connections, and lets no new one through for a while.
    pub fn go_away(&self, while_away: Duration) {
        self.shared.state().away = true;
        self.shared.cut_all();
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            thread::sleep(while_away);
            shared.come_back();
        });
    }
}

/// The host and port of a URL.
fn address(url: &str) -> &str {
    let behind = url.rsplit_once('@').expect("a server's URL").1;
    behind.split_once('/').expect("a URL with a database").0
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, client: TcpStream, server: &str) {
        let mut state = self.state();
        if state.away {
            let _ = client.shutdown(Shutdown::Both);
            return;
        }
        // A server that was killed answers nobody; then the client hears that.
        let Ok(server) = TcpStream::connect(server) else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        for (direction, from, to) in [(Direction::ToServer, &client, &server), (Direction::ToClient, &server, &client)]
        {
            let (shared, from, to) = (Arc::clone(self), from.try_clone().unwrap(), to.try_clone().unwrap());
            thread::spawn(move || shared.pump(direction, from, to));
        }
        state.connections.push((client, server));
    }

    fn pump(&self, direction: Direction, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let bytes = &buffer[..length];
            let Decision { pass, then } = self.state().decide(direction, bytes);
            if to.write_all(&bytes[..pass]).is_err() {
                break;
            }
            match then {
                None => {}
                Some(Break::Cut) => break,
                Some(Break::Delay(time)) => {
                    thread::sleep(time);
                    if to.write_all(&bytes[pass..]).is_err() {
                        break;
                    }
                }
                Some(Break::Swallow(time)) => {
                    thread::sleep(time);
                    self.cut_all();
                    self.come_back();
                }
            }
        }
        for stream in [&from, &to] {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn cut_all(&self) {
        for (client, server) in self.state().connections.drain(..) {
            for stream in [client, server] {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    fn come_back(&self) {
        self.state().away = false;
    }
}

impl State {
    fn decide(&mut self, direction: Direction, bytes: &[u8]) -> Decision {
        if self.away {
            return Decision { pass: 0, then: None };
        }
        let before = self.passed[direction as usize];
        let all = Decision { pass: bytes.len(), then: None };
        let decision = match &self.armed {
            Some((Place::Byte(at, byte), how)) if *at == direction && before + bytes.len() as u64 > *byte => {
                Decision { pass: usize::try_from(byte - before).unwrap(), then: Some(*how) }
            }
            Some((Place::Text(text, nth), how)) if direction == Direction::ToServer => {
                let found = bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
                self.seen += found;
                if found > 0 && self.seen >= *nth { Decision { then: Some(*how), ..all } } else { all }
            }
            _ => all,
        };
        self.passed[direction as usize] += decision.pass as u64;
        if let Some(how) = decision.then {
            self.armed = None;
            self.broken = true;
            self.away = matches!(how, Break::Swallow(_));
        }
        decision
    }
}
