//! Proves what somebody else suspects: keys as texts, from an engine that spans databases.
//!
//! How the referring columns have a key is not known. Where they can be asked for it in every form, they are; else their keys are
//! read through once for many candidates, and each is proved as it stands there.

use tokio::sync::mpsc::{Sender, channel};

use crate::database::Session;
use crate::reference::keys::{Cell, KeyPage, KeySet, Value};

use super::compare::{Message, Suspect, hash_of, key_of};
use super::feed::{PAGE, interrupted};
use super::pass::{Failed, Pass, PassLeg, SUSPECTS_AHEAD, Tally};
use super::prove::BATCH;
use super::run::Check;
use super::seen::Hashes;
use super::through::read_through;

/// Where candidates of a leg go, and which have gone there.
struct Sending<'s> {
    leg: usize,
    to: &'s Sender<Message>,
    seen: Hashes,
    suspects: Vec<Suspect>,
}

impl Check<'_, '_> {
    /// Proves these keys, a text a column each, of all legs of a pass, and looks at nothing else.
    pub(super) async fn run_candidates(&self, pass: &Pass, keys: &[Vec<String>]) -> Result<Vec<Tally>, Failed> {
        let (sender, receiver) = channel(SUSPECTS_AHEAD);
        let send = async {
            let mut sent = Ok(());
            for (place, leg) in pass.legs.iter().enumerate() {
                sent = self.send_candidates(leg, keys, Sending::new(place, &sender)).await;
                if sent.is_err() {
                    break;
                }
            }
            drop(sender);
            sent
        };
        let (sent, proved) = tokio::join!(send, self.prove_all(pass, receiver, None));
        match (self.is_interrupted(), pass.legs.first()) {
            (true, Some(leg)) => Err((leg.branch.clone(), interrupted())),
            _ => sent.and(proved),
        }
    }

    async fn send_candidates(
        &self,
        leg: &PassLeg,
        keys: &[Vec<String>],
        mut sending: Sending<'_>,
    ) -> Result<(), Failed> {
        let mut session = self.open_reading(&leg.branch).await?;
        let every_form = session.finds_every_form(&leg.leg.child.source);
        for keys in keys.chunks(PAGE) {
            if self.is_interrupted() || sending.to.is_closed() {
                break;
            }
            if !every_form && let Err(failed) = sending.read_through(&mut session, leg, keys).await {
                session.close().await;
                return Err(failed);
            }
            sending.send_all(&session, leg, keys).await;
        }
        self.spares.give(&leg.branch, session);
        Ok(())
    }
}

impl<'s> Sending<'s> {
    fn new(leg: usize, to: &'s Sender<Message>) -> Self {
        Self { leg, to, seen: Hashes::default(), suspects: Vec::new() }
    }

    /// Takes those of these keys that the referring columns have, as they have them.
    async fn read_through(&mut self, session: &mut Session, leg: &PassLeg, keys: &[Vec<String>]) -> Result<(), Failed> {
        let child = &leg.leg.child;
        let mut candidates = KeyPage::new(child.source.shape(), false);
        for texts in keys {
            let cells: Vec<Cell<'_>> = texts.iter().map(|text| Cell::Text(text)).collect();
            candidates.push(&cells, None);
        }
        let mut wanted = KeySet::default();
        wanted.extend(&candidates, usize::MAX);
        wanted.finish();
        let mut found = Vec::new();
        let take = |page: &KeyPage| {
            for at in (0..page.len()).filter(|&at| wanted.contains(page.key(at))) {
                let values = page.values(at);
                let is_new = self.seen.insert(hash_of(&format!("{values:?}")));
                self.seen.insert(hash_of(&page.key(at).to_vec()));
                if is_new {
                    let forms = values.into_iter().map(|value| vec![value]).collect();
                    let (key, rows) = (Some(page.key(at).to_vec()), page.rows(at));
                    found.push(Suspect { leg: self.leg, forms, as_read: true, key, rows });
                }
            }
            !self.to.is_closed()
        };
        read_through(session, child, take).await.map_err(|error| (leg.branch.clone(), error))?;
        for suspect in found {
            self.send(suspect).await;
        }
        Ok(())
    }

    /// Those that were not read, each in all forms that can be asked for.
    async fn send_all(&mut self, session: &Session, leg: &PassLeg, keys: &[Vec<String>]) {
        let source = &leg.leg.child.source;
        let shape = source.shape();
        for texts in keys {
            let values: Vec<Value> = texts.iter().cloned().map(Value::Text).collect();
            let key = key_of(&shape, &values);
            let is_new = match &key {
                Some(key) => self.seen.insert(hash_of(key)),
                None => self.seen.insert(hash_of(&format!("{values:?}"))),
            };
            if !is_new {
                continue;
            }
            // What is no key of the parent's type can only be asked for as it stands.
            let forms = match &key {
                Some(key) => session.forms_of_key(source, &shape.values(key)),
                None => values.into_iter().map(|value| vec![value]).collect(),
            };
            self.send(Suspect { leg: self.leg, forms, as_read: key.is_none(), key, rows: 0 }).await;
        }
        self.flush().await;
    }

    async fn send(&mut self, suspect: Suspect) {
        self.suspects.push(suspect);
        if self.suspects.len() == BATCH {
            self.flush().await;
        }
    }

    async fn flush(&mut self) {
        let suspects = std::mem::take(&mut self.suspects);
        if !suspects.is_empty() {
            // Where nobody takes them, whoever proves has failed and says so.
            let _ = self.to.send(Message::Suspects(suspects)).await;
        }
    }
}
