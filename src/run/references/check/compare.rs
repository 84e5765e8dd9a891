//! Compares streams of referring keys with their parents: side by side where both keep the order, by looking up where not.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use tokio::sync::mpsc::{Receiver, Sender};

use crate::database::{DatabaseError, Session};
use crate::reference::keys::{KeyKind, KeyPage, KeySet, Merge, Odd, OutOfOrder, Range, Reading, Shape, Value};
use crate::reference::{Choice, End, Leg, MEMORY, Part, Strategy};

use super::feed::PAGE;
use super::progress::Mark;
use super::prove::BATCH;
use super::seen::Hashes;
use super::through::read_through;

/// As many keys are looked up by one statement.
pub(super) const PROBES: usize = 1_000;

/// A referring key for which no parent was found.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    /// The leg, by its place in the pass.
    pub(super) leg: usize,
    /// The values as the referring column has them; where only the key is known, each way in which it may have them.
    pub(super) forms: Vec<Vec<Value>>,
    /// Whether that is how the column has them, and not only what is made of the key.
    pub(super) as_read: bool,
    /// The typed bytes; none where the values are no key.
    pub(super) key: Option<Vec<u8>>,
    /// How many rows have it, as far as was seen.
    pub(super) rows: u64,
}

/// What goes to whoever proves.
#[derive(Debug)]
pub(super) enum Message {
    /// Keys to prove.
    Suspects(Vec<Suspect>),
    /// All that was sent before is all there is up to here.
    Mark(Mark),
}

/// A stream of referring keys, and how far it has been compared.
pub(super) struct Stream<'a> {
    pub(super) leg: &'a Leg,
    pub(super) reading: Reading,
    pub(super) pages: Receiver<KeyPage>,
    pub(super) choices: Vec<Choice>,
    pub(super) rows: u64,
    pub(super) distinct: u64,
    page: Option<KeyPage>,
    at: usize,
    /// Only this part of the keys is looked at.
    part: Option<Part>,
    /// The suspects so far, where the same key may come again: a hash of each.
    seen: Hashes,
}

impl Suspect {
    /// About what it takes in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        let of_value = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) | Value::Garbled(bytes) => bytes.len(),
            Value::Integer(_) | Value::Real(_) | Value::Uuid(_) => 0,
        };
        let of_forms = |forms: &Vec<Value>| forms.iter().map(|value| of_value(value) + 64).sum::<usize>() + 40;
        let key = self.key.as_ref().map_or(0, Vec::len);
        size_of::<Self>() + key + self.forms.iter().map(of_forms).sum::<usize>()
    }
}

impl<'a> Stream<'a> {
    pub(super) fn new(
        leg: &'a Leg,
        reading: Reading,
        pages: Receiver<KeyPage>,
        choice: Choice,
        part: Option<Part>,
    ) -> Self {
        Self {
            leg,
            reading,
            pages,
            choices: vec![choice],
            rows: 0,
            distinct: 0,
            page: None,
            at: 0,
            part,
            seen: Hashes::default(),
        }
    }
}

/// Streams that have the same parents, and where suspects go.
pub(super) struct Comparison<'a> {
    pub(super) streams: Vec<Stream<'a>>,
    pub(super) suspects: Sender<Message>,
    /// The parents that count.
    pub(super) parent: &'a End,
    /// Without which one does not.
    pub(super) filter: Option<&'a str>,
    /// Behind which the parents begin that are looked at, where their order tells.
    pub(super) parents_after: Option<Vec<Value>>,
    /// Whether somebody keeps how far this comes.
    pub(super) marks: bool,
}

/// Why side by side was not to be.
enum Broken {
    Order,
    Database(DatabaseError),
}

impl From<OutOfOrder> for Broken {
    fn from(_: OutOfOrder) -> Self {
        Self::Order
    }
}

impl From<DatabaseError> for Broken {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl Comparison<'_> {
    /// Compares all keys of all streams.
    pub(super) async fn run(&mut self, session: &mut Session, strategy: Strategy) -> Result<(), DatabaseError> {
        let mut strategy = strategy;
        if strategy == Strategy::Merge {
            match self.merge(session).await {
                Ok(()) => return Ok(()),
                Err(Broken::Database(error)) => return Err(error),
                Err(Broken::Order) => strategy = self.fall_back("the keys do not come in the order of their bytes"),
            }
        }
        let mut parents = None;
        if strategy == Strategy::Hash {
            parents = self.load(session).await?;
            if parents.is_none() {
                let why = "the parents do not fit into memory, against what the statistics said";
                self.each_choice(|_| Choice { strategy: Strategy::Probe, why: why.to_owned() });
            }
        }
        for place in 0..self.streams.len() {
            self.look_up(place, session, parents.as_ref()).await?;
        }
        Ok(())
    }

    fn fall_back(&mut self, why: &str) -> Strategy {
        self.each_choice(|leg| Choice::unordered(leg, why));
        let last = self.streams.first().and_then(|stream| stream.choices.last());
        last.map_or(Strategy::Probe, |choice| choice.strategy)
    }

    fn each_choice(&mut self, choice: impl Fn(&Leg) -> Choice) {
        for stream in &mut self.streams {
            let choice = choice(stream.leg);
            stream.choices.push(choice);
        }
    }

    /// Goes through all streams side by side, a window at a time: referring keys up to a border first, then the parents up to it.
    async fn merge(&mut self, session: &mut Session) -> Result<(), Broken> {
        let source = &self.parent.source;
        let reading = self.parent.in_key_order().unwrap_or(Reading::Ordered);
        let shape = source.shape();
        let mut part = Range { after: self.parents_after.clone(), limit: Some(PAGE), ..Range::default() };
        let mut page = session.new_page(source);
        loop {
            for place in 0..self.streams.len() {
                self.fill(place).await;
            }
            let lasts = self.streams.iter().filter_map(|stream| stream.page.as_ref()?.last());
            let Some(border) = lasts.min().map(<[u8]>::to_vec) else { return Ok(()) };
            self.leap(&shape, &mut part.after);
            let mut merges = Vec::with_capacity(self.streams.len());
            for (place, stream) in self.streams.iter().enumerate() {
                if let Some(page) = &stream.page {
                    merges.push((place, Merge::new(page, stream.at, Some(&border))?));
                }
            }
            let last = source.columns.iter().zip(shape.values(&border)).map(|(column, value)| column.last_form(&value));
            part.until = Some(last.collect());
            loop {
                let read = session.read_keys(source, reading, &part, page, None).await?;
                page = read.page.next();
                if let Some(cursor) = read.cursor {
                    part.after = Some(cursor);
                }
                for (_, merge) in &mut merges {
                    merge.parents(&read.page)?;
                }
                if !read.is_full {
                    break;
                }
            }
            let finished: Vec<(usize, (Vec<usize>, usize))> =
                merges.into_iter().map(|(place, merge)| (place, merge.finish())).collect();
            for (place, (absent, next)) in finished {
                self.streams[place].at = next;
                self.suspect(place, absent.into_iter().map(|at| (at, None))).await;
            }
            if self.marks {
                self.mark(border).await;
            }
        }
    }

    /// Leaves out parents in front of the first referring key, where a part of whole numbers has none.
    fn leap(&self, shape: &Shape, after: &mut Option<Vec<Value>>) {
        let is_part = self.streams.iter().all(|stream| stream.part.is_some());
        let keys = self.streams.iter().filter_map(|stream| stream.page.as_ref().map(|page| page.key(stream.at)));
        let Some(least) = keys.min().filter(|_| is_part && shape.kinds() == [KeyKind::Integer]) else { return };
        if let [Value::Integer(least)] = shape.values(least).as_slice()
            && after
                .as_ref()
                .is_none_or(|after| matches!(after.as_slice(), [Value::Integer(after)] if *after < least - 1))
        {
            *after = Some(vec![Value::Integer(least - 1)]);
        }
    }

    /// Says that all keys up to the border are compared. Not where a page has values that are no keys: they are sent with their
    /// page, wherever in it they stand.
    async fn mark(&self, border: Vec<u8>) {
        let pages = || self.streams.iter().filter_map(|stream| stream.page.as_ref());
        if pages().any(|page| !page.odd().is_empty()) {
            return;
        }
        let counts = self.streams.iter().map(|stream| {
            let Some(page) = &stream.page else { return (stream.rows, stream.distinct) };
            let holds = |at: &usize| stream.part.is_none_or(|part| part.holds(page.shape().kinds(), page.key(*at)));
            let ahead = (stream.at..page.len()).filter(holds);
            let (rows, keys) = ahead.fold((0, 0), |(rows, keys), at| (rows + page.rows(at), keys + 1));
            (stream.rows - rows, stream.distinct - keys)
        });
        let counts = counts.collect();
        let _ = self.suspects.send(Message::Mark(Mark { border, counts })).await;
    }

    /// Takes the next page of a stream, where the last one has been compared.
    async fn fill(&mut self, place: usize) {
        let stream = &mut self.streams[place];
        while stream.page.as_ref().is_none_or(|page| stream.at >= page.len()) {
            stream.at = 0;
            stream.page = None;
            // Whoever proves has failed, and says so: what else there is will not be told.
            tokio::select! {
                biased;
                () = self.suspects.closed() => return,
                page = stream.pages.recv() => stream.page = page,
            }
            let Some(page) = &stream.page else { return };
            match stream.part {
                None => {
                    stream.rows += page.all_rows();
                    stream.distinct += page.len() as u64;
                }
                Some(part) => {
                    let held = (0..page.len()).filter(|&at| part.holds(page.shape().kinds(), page.key(at)));
                    let (rows, keys) = held.fold((0, 0), |(rows, keys), at| (rows + page.rows(at), keys + 1));
                    stream.rows += rows;
                    stream.distinct += keys;
                    if !part.is_first() {
                        continue;
                    }
                    stream.rows += page.odd().iter().map(|odd| odd.rows).sum::<u64>();
                }
            }
            let mut odd: Vec<Suspect> = Vec::new();
            for Odd { values, rows } in page.odd() {
                let forms: Vec<Vec<Value>> = values.iter().map(|value| vec![value.clone()]).collect();
                if stream.reading == Reading::Grouped || stream.seen.insert(hash(&forms)) {
                    odd.push(Suspect { leg: place, forms, as_read: true, key: None, rows: *rows });
                }
            }
            send(&self.suspects, odd).await;
        }
    }

    /// Hands on the keys at these places of a stream's page, with their rows where the page does not tell them.
    async fn suspect(&mut self, place: usize, keys: impl Iterator<Item = (usize, Option<u64>)>) {
        let Stream { page: Some(page), reading, part, seen, .. } = &mut self.streams[place] else { return };
        let mut suspects = Vec::new();
        for (at, rows) in keys {
            let forms: Vec<Vec<Value>> = page.values(at).into_iter().map(|value| vec![value]).collect();
            if part.is_some_and(|part| !part.holds(page.shape().kinds(), page.key(at))) {
                continue;
            }
            let comes_once = matches!(reading, Reading::Grouped | Reading::Leaping);
            if comes_once || seen.insert(hash(&forms)) {
                let rows = rows.unwrap_or_else(|| page.rows(at));
                let as_read = page.keeps_originals();
                suspects.push(Suspect { leg: place, forms, as_read, key: Some(page.key(at).to_vec()), rows });
            }
            // All keys of a page may be suspects, and each is larger than its key.
            if suspects.len() == BATCH {
                send(&self.suspects, std::mem::take(&mut suspects)).await;
            }
        }
        send(&self.suspects, suspects).await;
    }

    /// All parents; none where they are too many.
    async fn load(&self, session: &mut Session) -> Result<Option<KeySet>, DatabaseError> {
        let mut set = KeySet::default();
        let mut fits = true;
        let take = |page: &KeyPage| {
            fits = set.extend(page, MEMORY);
            fits
        };
        read_through(session, self.parent, take).await?;
        set.finish();
        Ok(fits.then_some(set))
    }

    /// Looks up what is left of a stream, in memory or in the database.
    async fn look_up(
        &mut self,
        place: usize,
        session: &mut Session,
        parents: Option<&KeySet>,
    ) -> Result<(), DatabaseError> {
        loop {
            self.fill(place).await;
            let stream = &self.streams[place];
            let Some(page) = &stream.page else { return Ok(()) };
            let keys = once_each(page, stream.at);
            let absent = match parents {
                Some(parents) => keys.into_iter().filter(|&(at, _)| !parents.contains(page.key(at))).collect(),
                None => self.probe(session, page, keys).await?,
            };
            self.suspect(place, absent.into_iter().map(|(at, rows)| (at, Some(rows)))).await;
            let stream = &mut self.streams[place];
            stream.at = stream.page.as_ref().map_or(0, KeyPage::len);
        }
    }

    async fn probe(
        &self,
        session: &mut Session,
        page: &KeyPage,
        keys: Vec<(usize, u64)>,
    ) -> Result<Vec<(usize, u64)>, DatabaseError> {
        let mut absent = Vec::new();
        let source = &self.parent.source;
        let shape = source.shape();
        for some in keys.chunks(PROBES) {
            let values: Vec<Vec<Value>> = some.iter().map(|&(at, _)| page.shape().values(page.key(at))).collect();
            let found = session.probe_keys(source, &values, self.filter).await?;
            let counting = found.iter().filter(|(_, counts)| *counts);
            let found: HashSet<Vec<u8>> = counting.filter_map(|(values, _)| key_of(&shape, values)).collect();
            absent.extend(some.iter().filter(|&&(at, _)| !found.contains(page.key(at))));
        }
        Ok(absent)
    }
}

async fn send(to: &Sender<Message>, suspects: Vec<Suspect>) {
    if !suspects.is_empty() {
        // Where nobody takes them, no further page is compared either.
        let _ = to.send(Message::Suspects(suspects)).await;
    }
}

/// The typed bytes of values.
pub(super) fn key_of(shape: &Shape, values: &[Value]) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    for (column, value) in values.iter().enumerate() {
        shape.push(column, value.as_cell(), &mut key).ok()?;
    }
    Some(key)
}

/// The places from `from` on whose keys differ, and how many rows of the page have each.
fn once_each(page: &KeyPage, from: usize) -> Vec<(usize, u64)> {
    let mut keys: Vec<(usize, u64)> = Vec::new();
    for at in page.sorted().into_iter().filter(|&at| at >= from) {
        match keys.last_mut() {
            // The same value only: one that is written otherwise is another to whoever reads the row again.
            Some((last, rows)) if page.key(*last) == page.key(at) && page.is_same(*last, at) => *rows += page.rows(at),
            _ => keys.push((at, page.rows(at))),
        }
    }
    keys
}

/// A hash of values: 128 bits, so that no two of them are ever taken for one.
fn hash(forms: &[Vec<Value>]) -> u128 {
    hash_of(&format!("{forms:?}"))
}

/// A hash that tells apart whatever is in memory at one time.
pub(super) fn hash_of(what: &impl Hash) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        what.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
