//! Whether everything that was sent arrived exactly once, and in order within a key.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use crate::servers::records::Record;

/// One event, as the checker knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    pub key: String,
    /// Unique among all that was sent.
    pub id: String,
}

impl Mark {
    pub fn new(key: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            id: id.into(),
        }
    }
}

/// What a comparison found. Lists hold all breaches, in order; the text shows the first few of each.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    pub sent: usize,
    pub read: usize,
    /// Sent and never read.
    pub lost: Vec<Mark>,
    /// Read again, once for each time too many.
    pub doubled: Vec<Mark>,
    /// Read for the first time after one of the same key that was sent later.
    pub disordered: Vec<Mark>,
    /// Never sent, or not with this key.
    pub foreign: Vec<Mark>,
}

/// What a report shows of each list.
const SHOWN: usize = 5;

impl Verdict {
    /// Compares events in the order in which they were sent with those read, in the order in which they lie there. Only the order within a key counts.
    pub fn of(sent: impl IntoIterator<Item = Mark>, read: impl IntoIterator<Item = Mark>) -> Self {
        let sent: Vec<Mark> = sent.into_iter().collect();
        let places: HashMap<&Mark, usize> = sent.iter().zip(0..).collect();
        assert_eq!(
            places.len(),
            sent.len(),
            "a mark was sent twice: nothing can be told"
        );
        let mut verdict = Self {
            sent: sent.len(),
            ..Self::default()
        };
        let mut seen = HashSet::new();
        let mut last_of_key: HashMap<&str, usize> = HashMap::new();
        for mark in read {
            verdict.read += 1;
            let Some((original, place)) = places.get_key_value(&mark) else {
                verdict.foreign.push(mark);
                continue;
            };
            if !seen.insert(*place) {
                verdict.doubled.push(mark);
                continue;
            }
            let last = last_of_key.entry(&original.key).or_insert(*place);
            if *place < *last {
                verdict.disordered.push(mark);
            } else {
                *last = *place;
            }
        }
        let lost = sent.iter().zip(0_usize..);
        let lost = lost.filter(|(_, place)| !seen.contains(place));
        verdict.lost = lost.map(|(mark, _)| mark.clone()).collect();
        verdict
    }

    /// For rows of a table, which have no order.
    pub fn of_rows(
        sent: impl IntoIterator<Item = Mark>,
        rows: impl IntoIterator<Item = Mark>,
    ) -> Self {
        let verdict = Self::of(sent, rows);
        Self {
            disordered: Vec::new(),
            ..verdict
        }
    }

    /// Fails with the report where anything is lost, doubled, out of order or foreign.
    #[track_caller]
    pub fn assert_exactly_once(&self) {
        let holds = self.doubled.is_empty() && self.holds_at_least_once();
        assert!(holds, "not exactly once: {self}");
    }

    /// Fails with the report where anything is lost or foreign, or comes for the first time out of order.
    #[track_caller]
    pub fn assert_at_least_once(&self) {
        assert!(self.holds_at_least_once(), "not at least once: {self}");
    }

    fn holds_at_least_once(&self) -> bool {
        self.lost.is_empty() && self.disordered.is_empty() && self.foreign.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sent, {} read", self.sent, self.read)?;
        for (name, marks) in [
            ("lost", &self.lost),
            ("doubled", &self.doubled),
            ("disordered", &self.disordered),
            ("foreign", &self.foreign),
        ] {
            write!(f, "\n{} {name}", marks.len())?;
            for (nth, mark) in marks.iter().take(SHOWN).enumerate() {
                let before = if nth == 0 { ":" } else { "," };
                write!(f, "{before} {} (key {})", mark.id, mark.key)?;
            }
            if marks.len() > SHOWN {
                f.write_str(", ...")?;
            }
        }
        Ok(())
    }
}

/// A topic's records as a gateway names them: `topic/partition/offset`.
pub fn sources(topic: &str, records: &[Record]) -> Vec<Mark> {
    let mark = |record: &Record| {
        let id = format!("{topic}/{}/{}", record.partition, record.offset);
        Mark::new(text(record.key.as_deref().unwrap_or_default()), id)
    };
    records.iter().map(mark).collect()
}

/// A gateway's records: the event's id is in a header.
pub fn outcomes(records: &[Record]) -> Vec<Mark> {
    let mark = |record: &Record| {
        let id = record.header("scoregate-event-id").unwrap_or_default();
        Mark::new(text(record.key.as_deref().unwrap_or_default()), text(id))
    };
    records.iter().map(mark).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How many partitions each key was found in: more than one breaks its order whatever the offsets say.
pub fn partitions_of_keys(records: &[Record]) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, HashSet<i32>> = BTreeMap::new();
    for record in records {
        let key = text(record.key.as_deref().unwrap_or_default());
        found.entry(key).or_default().insert(record.partition);
    }
    let counted = found.into_iter();
    counted.map(|(key, found)| (key, found.len())).collect()
}
