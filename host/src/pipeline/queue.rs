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

/// What a reader got.
#[derive(Debug, PartialEq, Eq)]
pub enum Took {
    /// Items; the oldest of them came then.
    Items { oldest: Instant },
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
                closed: false,
            }),
            ready: Condvar::new(),
            deserted: Condvar::new(),
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
        Took::Items { oldest }
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
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    const IDLE: Duration = Duration::from_millis(20);

    #[test]
    fn the_first_item_asks_for_a_reader_and_the_next_do_not() {
        let queue = Queue::new(8, 1);
        assert_eq!(queue.push(1), Ok(Pushed::StartReader));
        assert_eq!(queue.push(2), Ok(Pushed::Taken));
        let mut batch = Vec::new();
        assert!(matches!(
            queue.take(&mut batch, 8, IDLE),
            Took::Items { .. }
        ));
        assert_eq!(batch, [1, 2]);
        assert_eq!(queue.take(&mut batch, 8, IDLE), Took::Leave);
        assert_eq!(queue.push(3), Ok(Pushed::StartReader));
    }

    #[test]
    fn a_full_queue_hands_the_item_back_at_once() {
        let queue = Queue::new(2, 1);
        queue.push(1).unwrap();
        queue.push(2).unwrap();
        assert!(queue.is_full());
        assert_eq!(queue.push(3), Err(3));
        let mut batch = Vec::new();
        queue.take(&mut batch, 1, IDLE);
        assert_eq!(queue.push(3), Ok(Pushed::Taken));
    }

    #[test]
    fn a_closed_queue_gives_out_what_it_has_and_then_dismisses_its_readers() {
        let queue = Queue::new(8, 1);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(2));
        assert!(!queue.wait_deserted(Duration::ZERO));
        let mut batch = Vec::new();
        assert!(matches!(
            queue.take(&mut batch, 8, IDLE),
            Took::Items { .. }
        ));
        assert_eq!(
            queue.take(&mut batch, 8, Duration::from_secs(60)),
            Took::Leave
        );
        assert!(queue.wait_deserted(Duration::ZERO));
    }

    #[test]
    fn items_of_a_lost_reader_are_dropped_and_not_forgotten() {
        let queue = Queue::new(8, 1);
        let item = Arc::new(());
        queue.push(item.clone()).unwrap();
        queue.reader_lost();
        assert_eq!(Arc::strong_count(&item), 1);
        assert_eq!((queue.len(), queue.readers()), (0, 0));
    }

    #[test]
    fn many_writers_and_readers_lose_nothing_and_double_nothing() {
        let queue = Arc::new(Queue::new(16, 3));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let start_reader = |queue: &Arc<Queue<usize>>| {
            let (queue, seen) = (queue.clone(), seen.clone());
            thread::spawn(move || {
                let mut batch = Vec::new();
                while queue.take(&mut batch, 5, Duration::from_millis(1)) != Took::Leave {
                    seen.lock().unwrap().append(&mut batch);
                }
            });
        };
        thread::scope(|scope| {
            for writer in 0..4 {
                let (queue, start_reader) = (&queue, &start_reader);
                scope.spawn(move || {
                    for i in 0..2_000 {
                        let mut item = writer * 2_000 + i;
                        loop {
                            match queue.push(item) {
                                Ok(Pushed::StartReader) => break start_reader(queue),
                                Ok(Pushed::Taken) => break,
                                Err(back) => item = back,
                            }
                            thread::yield_now();
                        }
                    }
                });
            }
        });
        queue.close();
        assert!(queue.wait_deserted(Duration::from_secs(10)));
        let mut seen = seen.lock().unwrap().clone();
        seen.sort_unstable();
        assert_eq!(seen, (0..8_000).collect::<Vec<_>>());
    }
}
