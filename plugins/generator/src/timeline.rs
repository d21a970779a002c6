//! Sessions that overlap, told event by event in the order of time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::Sample;
use crate::calendar::START_S;

/// An event and when it happens, in seconds since 1970.
pub struct Timed {
    pub time_s: f64,
    pub sample: Sample,
}

/// The whole session that begins at that time, and how many seconds later the next one begins.
pub type Arrive = Box<dyn FnMut(f64) -> (Vec<Timed>, f64) + Send>;

/// See the module.
pub struct Timeline {
    arrive: Arrive,
    /// When the next session begins.
    arrives_s: f64,
    waiting: BinaryHeap<Waiting>,
    /// Events so far: of two at the same time, the earlier made comes first.
    made: u64,
}

impl Timeline {
    pub fn new(arrive: Arrive) -> Self {
        Self {
            arrive,
            arrives_s: START_S as f64,
            waiting: BinaryHeap::new(),
            made: 0,
        }
    }
}

impl Iterator for Timeline {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        while self
            .waiting
            .peek()
            .is_none_or(|first| first.timed.time_s >= self.arrives_s)
        {
            let (session, wait_s) = (self.arrive)(self.arrives_s);
            for timed in session {
                self.made += 1;
                let made = self.made;
                self.waiting.push(Waiting { timed, made });
            }
            self.arrives_s += wait_s;
        }
        self.waiting.pop().map(|waiting| waiting.timed.sample)
    }
}

struct Waiting {
    timed: Timed,
    made: u64,
}

impl Ord for Waiting {
    /// The heap gives its greatest: the earliest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        let time = other.timed.time_s.total_cmp(&self.timed.time_s);
        time.then(other.made.cmp(&self.made))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}
