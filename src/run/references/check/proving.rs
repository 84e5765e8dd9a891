//! Takes suspects as they come, has them proved, and counts what they came to be.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::sync::mpsc::Receiver;

use crate::database::Session;
use crate::names::BranchName;
use crate::reference::Class;

use super::compare::{Message, Suspect};
use super::feed::interrupted;
use super::pass::{Failed, Pass, PassLeg, Tally};
use super::progress::Progress;
use super::prove::{LOT, Prover, Verdict};
use super::run::Check;

impl Check<'_, '_> {
    /// Proves what comes, until nothing more does.
    pub(super) async fn prove_all(
        &self,
        pass: &Pass,
        mut messages: Receiver<Message>,
        begun: Option<Vec<Tally>>,
    ) -> Result<Vec<Tally>, Failed> {
        let mut proving = Proving {
            check: self,
            pass,
            sessions: Sessions { check: self, open: BTreeMap::new() },
            tallies: begun.unwrap_or_else(|| pass.legs.iter().map(|_| Tally::default()).collect()),
            waiting: BTreeMap::new(),
        };
        let outcome = async {
            while let Some(message) = messages.recv().await {
                proving.take(message).await?;
            }
            proving.prove_waiting(0).await
        };
        let outcome = outcome.await;
        match outcome {
            Ok(()) => proving.sessions.give_back(),
            Err(_) => proving.sessions.close().await,
        }
        outcome.map(|()| proving.tallies)
    }
}

/// Those that prove suspects, and what they came to so far.
struct Proving<'p, 'c, 'a> {
    check: &'c Check<'c, 'a>,
    pass: &'p Pass,
    sessions: Sessions<'c, 'a>,
    tallies: Vec<Tally>,
    /// Suspects of each leg that are better proved with more.
    waiting: BTreeMap<usize, Lot>,
}

/// Suspects that wait for more, and about what they take in memory, in bytes.
#[derive(Default)]
struct Lot {
    suspects: Vec<Suspect>,
    size: usize,
}

impl Proving<'_, '_, '_> {
    async fn take(&mut self, message: Message) -> Result<(), Failed> {
        match message {
            Message::Suspects(suspects) => {
                for suspect in suspects {
                    let lot = self.waiting.entry(suspect.leg).or_default();
                    lot.size += suspect.size();
                    lot.suspects.push(suspect);
                }
                let places: Vec<usize> = self.waiting.keys().copied().collect();
                for place in places {
                    let goes_in_lots =
                        self.check.options.proves && self.sessions.goes_in_lots(&self.pass.legs[place]).await?;
                    if !goes_in_lots {
                        self.prove(place).await?;
                    }
                }
                self.prove_waiting(LOT).await
            }
            Message::Mark(mark) => {
                // What was sent before it is to be proved where it is kept.
                self.prove_waiting(0).await?;
                if let Some(checkpoint) = self.check.ears.checkpoint {
                    (checkpoint.keep)(&Progress::at(self.pass, &self.tallies, &mark));
                }
                Ok(())
            }
        }
    }

    /// Proves what waits, the most first, until that takes no more than so many bytes.
    async fn prove_waiting(&mut self, most: usize) -> Result<(), Failed> {
        while let Some((&place, _)) = self.waiting.iter().max_by_key(|(_, lot)| lot.size)
            && self.waiting.values().map(|lot| lot.size).sum::<usize>() > most
        {
            self.prove(place).await?;
        }
        Ok(())
    }

    async fn prove(&mut self, place: usize) -> Result<(), Failed> {
        let Some(Lot { suspects, .. }) = self.waiting.remove(&place) else { return Ok(()) };
        let (leg, options) = (&self.pass.legs[place], self.check.options);
        let verdicts = match options.proves {
            true => self.sessions.prove(leg, suspects).await?,
            false => suspects.into_iter().map(unproved).collect(),
        };
        match leg.grace.is_zero() {
            true => self.tallies[place].take(leg, verdicts, options, self.check.ears.tell),
            false => self.tallies[place].hold(leg, verdicts, options, self.check.ears.tell),
        }
        Ok(())
    }
}

/// Sessions of those that prove, opened where there is something to prove.
pub(super) struct Sessions<'c, 'a> {
    pub(super) check: &'c Check<'c, 'a>,
    pub(super) open: BTreeMap<(BranchName, bool), Session>,
}

impl Sessions<'_, '_> {
    /// Proves suspects of a leg.
    pub(super) async fn prove(&mut self, leg: &PassLeg, suspects: Vec<Suspect>) -> Result<Vec<Verdict>, Failed> {
        let proved = self.prover(leg).await?.prove(suspects).await;
        if proved.is_err() {
            // Whoever goes on does so with others: what these were asked last may still be answered.
            self.close().await;
        }
        proved.map_err(|(is_parent, error)| {
            (if is_parent { leg.leg.parent_branch.clone() } else { leg.branch.clone() }, error)
        })
    }

    /// Whether many suspects of a leg are better proved together.
    async fn goes_in_lots(&mut self, leg: &PassLeg) -> Result<bool, Failed> {
        Ok(self.prover(leg).await?.goes_in_lots())
    }

    async fn prover<'s, 'l>(&'s mut self, leg: &'l PassLeg) -> Result<Prover<'s, 'l>, Failed> {
        let (child, parent) = ((leg.branch.clone(), false), (leg.leg.parent_branch.clone(), true));
        for key in [&child, &parent] {
            if !self.open.contains_key(key) {
                let session = self.check.open_reading(&key.0).await?;
                self.open.insert(key.clone(), session);
            }
        }
        let (mut children, mut parents) = (None, None);
        for (key, session) in &mut self.open {
            if *key == child {
                children = Some(session);
            } else if *key == parent {
                parents = Some(session);
            }
        }
        match (children, parents) {
            (Some(children), Some(parents)) => {
                Ok(Prover { children, parents, leg: &leg.leg, swept: leg.swept.as_ref() })
            }
            _ => Err((leg.branch.clone(), interrupted())),
        }
    }

    /// For whoever goes on with them.
    pub(super) fn give_back(self) {
        for ((branch, _), session) in self.open {
            self.check.spares.give(&branch, session);
        }
    }

    pub(super) async fn close(&mut self) {
        join_all(std::mem::take(&mut self.open).into_values().map(Session::close)).await;
    }
}

fn unproved(suspect: Suspect) -> Verdict {
    let class = if suspect.key.is_some() { Class::Confirmed } else { Class::Malformed };
    Verdict { rows: suspect.rows, class, suspect, row_ids: Vec::new() }
}
