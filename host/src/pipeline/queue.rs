//! A bounded queue whose readers take what is waiting and wait for nobody.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a reader looks for the next item before it sleeps; less than the two wake-ups that it saves.
const LOOK_MAX: Duration = Duration::from_micros(100);

/// Larger batches share the cost of a wake-up, and grow by it: looking would only take the processor from those who fill the queue.
const LOOK_BATCH_MAX: usize = 8;

/// A yield that takes so long gave the processor to somebody who computes, such as a looping plugin: a thread that sleeps is
/// preferred to such a one when it wakes, a thread that yields is not. So nobody looks for a while.
const CONTENDED: Duration = Duration::from_micros(1_500);
const CONTENDED_REST: Duration = Duration::from_secs(1);

/// See the module.
pub struct Queue<J> {
    state: Mutex<State<J>>,
    /// Somebody may take: an item came, or the queue was closed.
    ready: Condvar,
    /// The last reader left.
    deserted: Condvar,
    /// Somebody who waits for room may look again.
    room: Condvar,
    items_max: usize,
    readers_max: usize,
    /// The queue's length for those who only look.
    length: AtomicUsize,
    /// The last wait for an item was short: the next one may be as well.
    brisk: AtomicBool,
    start: Instant,
    /// Milliseconds after `start` until which no reader looks.
    rest_until_ms: AtomicU64,
}

struct State<J> {
    items: VecDeque<(Instant, J)>,
    /// Readers that wait at the moment.
    waiting: usize,
    /// Readers that look for an item without sleeping.
    looking: usize,
    /// Readers that exist.
    readers: usize,
    /// Writers that wait for room.
    writers: usize,
    /// Of the next batch that is taken.
    turn: u64,
    closed: bool,
}

/// What became of a push.
#[derive(Debug, PartialEq, Eq)]
pub enum Pushed {
    /// A reader will take it.
    Taken,
    /// Nobody waits and there is room for one more reader: the caller must start one, which is counted already.
    StartReader,
}

/// A batch that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When its oldest item came.
    pub oldest: Instant,
    /// Its place among all batches of the queue, from 0: their order is that of the items.
    pub nth: u64,
}

/// What a reader got.
#[derive(Debug, PartialEq, Eq)]
pub enum Took {
    Items(Turn),
    /// Nothing came for so long, or nothing will ever come: the reader is no longer counted and must end.
    Leave,
}

impl<J> Queue<J> {
    pub fn new(items_max: usize, readers_max: usize) -> Self {
        Self {
            state: Mutex::new(State {
                items: VecDeque::new(),
                waiting: 0,
                looking: 0,
                readers: 0,
                writers: 0,
                turn: 0,
                closed: false,
            }),
            ready: Condvar::new(),
            deserted: Condvar::new(),
            room: Condvar::new(),
            items_max,
            readers_max,
            length: AtomicUsize::new(0),
            brisk: AtomicBool::new(false),
            start: Instant::now(),
            rest_until_ms: AtomicU64::new(0),
        }
    }

    /// Never waits: hands the item back where the queue is full or closed.
    pub fn push(&self, item: J) -> Result<Pushed, J> {
        let mut state = self.lock();
        if state.closed || state.items.len() >= self.items_max {
            return Err(item);
        }
        state.items.push_back((Instant::now(), item));
        self.length.store(state.items.len(), Ordering::Relaxed);
        if state.looking > 0 {
            return Ok(Pushed::Taken);
        }
        if state.waiting > 0 {
            drop(state);
            self.ready.notify_one();
            return Ok(Pushed::Taken);
        }
        if state.readers < self.readers_max {
            state.readers += 1;
            return Ok(Pushed::StartReader);
        }
        Ok(Pushed::Taken)
    }

    /// Moves items from the front of `items` into the queue while fewer than `items_max` wait there; where none fits, waits for room, at most
    /// `wait_max`. `None` where none was moved.
    pub fn push_some(
        &self,
        items: &mut VecDeque<J>,
        items_max: usize,
        wait_max: Duration,
    ) -> Option<Pushed> {
        let mut state = self.lock();
        if state.items.len() >= items_max && !state.closed {
            state.writers += 1;
            let full = |state: &mut State<J>| state.items.len() >= items_max && !state.closed;
            state = self
                .room
                .wait_timeout_while(state, wait_max, full)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.writers -= 1;
        }
        let count = items.len().min(items_max.saturating_sub(state.items.len()));
        if state.closed || count == 0 {
            return None;
        }
        let now = Instant::now();
        state
            .items
            .extend(items.drain(..count).map(|item| (now, item)));
        self.length.store(state.items.len(), Ordering::Relaxed);
        if state.looking == 0 && state.waiting > 0 {
            drop(state);
            // Several readers share what came.
            self.ready.notify_all();
        } else if state.looking == 0 && state.readers < self.readers_max {
            state.readers += 1;
            return Some(Pushed::StartReader);
        }
        Some(Pushed::Taken)
    }

    /// Takes all that waits, at most `batch_max`, into `batch`; waits for a first item at most `idle_max`.
    pub fn take(&self, batch: &mut Vec<J>, batch_max: usize, idle_max: Duration) -> Took {
        let mut state = self.lock();
        if state.items.is_empty() && !state.closed {
            state = self.look(state);
        }
        let start = Instant::now();
        let deadline = start + idle_max;
        while state.items.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed || left.is_zero() {
                self.leave(state);
                return Took::Leave;
            }
            state.waiting += 1;
            state = self
                .ready
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting -= 1;
            self.brisk
                .store(start.elapsed() < LOOK_MAX, Ordering::Relaxed);
        }
        let oldest = state.items.front().map_or(deadline, |(since, _)| *since);
        let count = state.items.len().min(batch_max);
        if count > LOOK_BATCH_MAX {
            self.brisk.store(false, Ordering::Relaxed);
        }
        batch.extend(state.items.drain(..count).map(|(_, item)| item));
        self.length.store(state.items.len(), Ordering::Relaxed);
        let turn = state.turn;
        state.turn += 1;
        if state.writers > 0 {
            self.room.notify_all();
        }
        Took::Items(Turn { oldest, nth: turn })
    }

    /// Where items come briskly, looks for the next one for a moment before it sleeps: to sleep and to be woken costs both sides more.
    /// Whoever else wants the processor gets it meanwhile.
    fn look<'q>(&'q self, mut state: MutexGuard<'q, State<J>>) -> MutexGuard<'q, State<J>> {
        let rested = || {
            self.start.elapsed().as_millis() as u64 >= self.rest_until_ms.load(Ordering::Relaxed)
        };
        if !self.brisk.load(Ordering::Relaxed) || !rested() {
            return state;
        }
        state.looking += 1;
        drop(state);
        let start = Instant::now();
        let mut looked = Duration::ZERO;
        while self.length.load(Ordering::Relaxed) == 0 && looked < LOOK_MAX {
            std::thread::yield_now();
            let before = std::mem::replace(&mut looked, start.elapsed());
            if looked - before > CONTENDED {
                let until = self.start.elapsed() + CONTENDED_REST;
                self.rest_until_ms
                    .store(until.as_millis() as u64, Ordering::Relaxed);
            }
        }
        let mut state = self.lock();
        state.looking -= 1;
        state
    }

    /// A reader that ends without [`Took::Leave`]: it could not start, or it panicked. Where nobody is left to take them,
    /// the items are dropped, so that their owners learn that no answer comes.
    pub fn reader_lost(&self) {
        let mut state = self.lock();
        let orphans = if state.readers == 1 {
            std::mem::take(&mut state.items)
        } else {
            VecDeque::new()
        };
        self.length.store(state.items.len(), Ordering::Relaxed);
        self.leave(state);
        drop(orphans);
    }

    /// Nothing more comes in; readers take what is there and leave.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
        self.room.notify_all();
    }

    /// Waits until a closed queue has no reader left; `false` if that takes longer than `wait_max`.
    pub fn wait_deserted(&self, wait_max: Duration) -> bool {
        let state = self.lock();
        let (state, _) = self
            .deserted
            .wait_timeout_while(state, wait_max, |state| state.readers > 0)
            .unwrap_or_else(PoisonError::into_inner);
        state.readers == 0
    }

    /// Items that wait at the moment.
    pub fn len(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    pub fn is_full(&self) -> bool {
        self.len() >= self.items_max
    }

    pub fn readers(&self) -> usize {
        self.lock().readers
    }

    fn leave(&self, mut state: MutexGuard<'_, State<J>>) {
        state.readers -= 1;
        if state.readers == 0 {
            self.deserted.notify_all();
        }
    }

    /// A panic elsewhere must not take the queue with it: its state is whole between any two statements.
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
