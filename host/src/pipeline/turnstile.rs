//! Puts batches that several threads scored side by side back into the order in which they were taken.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{answer::Job, queue::Turn};

/// Where batches go that were scored.
pub type HandOn<T> = Arc<dyn Fn(T) + Send + Sync>;

/// Hands on what one turn after the other has become. Who is early leaves it and goes on: a slow batch does not stop the threads beside
/// it, until there is no room for more to wait behind it.
pub struct Turnstile<T> {
    order: Mutex<Order<T>>,
    moved: Condvar,
    hand_on: HandOn<T>,
    ahead_max: usize,
}

struct Order<T> {
    /// The first turn that has not come.
    next: u64,
    /// What is left here of the turns from `next` on.
    turns: VecDeque<Left<T>>,
    /// A thread hands on, and looks for more before it goes.
    moving: bool,
}

enum Left<T> {
    NotYet,
    Became(T),
    /// There was a panic.
    Nothing,
}

impl<T> Turnstile<T> {
    /// At most `ahead_max` turns wait for one before them.
    pub fn new(ahead_max: usize, hand_on: HandOn<T>) -> Self {
        Self {
            order: Mutex::new(Order {
                next: 0,
                turns: VecDeque::new(),
                moving: false,
            }),
            moved: Condvar::new(),
            hand_on,
            ahead_max,
        }
    }

    /// Every turn that was taken must pass, once. Waits while there is no room, or until all that came is handed on.
    fn pass(&self, turn: Turn, left: Left<T>) {
        let ahead = |order: &Order<T>| (turn.nth - order.next) as usize;
        let mut order = self
            .moved
            .wait_while(self.lock(), |order| ahead(order) > self.ahead_max)
            .unwrap_or_else(PoisonError::into_inner);
        let at = ahead(&order);
        if order.turns.len() <= at {
            order.turns.resize_with(at + 1, || Left::NotYet);
        }
        order.turns[at] = left;
        if order.moving {
            return;
        }
        order.moving = true;
        while let Some(left) = order.pop() {
            drop(order);
            self.moved.notify_all();
            if let Left::Became(batch) = left {
                (self.hand_on)(batch);
            }
            order = self.lock();
        }
        order.moving = false;
    }

    /// A panic elsewhere must not take the order with it: it is whole between any two statements.
    fn lock(&self) -> MutexGuard<'_, Order<T>> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Order<T> {
    /// The next turn, if it came.
    fn pop(&mut self) -> Option<Left<T>> {
        let came = |left: &mut Left<T>| !matches!(left, Left::NotYet);
        let left = self.turns.pop_front_if(came)?;
        self.next += 1;
        Some(left)
    }
}

/// A batch's place in the order, while it is scored. A panic gives it up: the events' receipts are dropped first, so that their sources
/// know before anything that came after them is delivered.
pub struct Place<'t, T> {
    turnstile: &'t Turnstile<T>,
    turn: Turn,
    pub jobs: &'t mut Vec<Job>,
    passed: bool,
}

impl<'t, T> Place<'t, T> {
    pub fn new(turnstile: &'t Turnstile<T>, turn: Turn, jobs: &'t mut Vec<Job>) -> Self {
        Self {
            turnstile,
            turn,
            jobs,
            passed: false,
        }
    }

    /// What became of the batch is handed on when all before it was.
    pub fn pass(mut self, became: T) {
        self.passed = true;
        self.turnstile.pass(self.turn, Left::Became(became));
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        if !self.passed {
            self.jobs.clear();
            self.turnstile.pass(self.turn, Left::Nothing);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Instant};

    use super::*;

    fn turn(nth: u64) -> Turn {
        Turn {
            oldest: Instant::now(),
            nth,
        }
    }

    fn turnstile(ahead_max: usize) -> (Arc<Turnstile<u64>>, mpsc::Receiver<u64>) {
        let (tell, told) = mpsc::channel();
        let hand_on = move |nth| tell.send(nth).unwrap();
        (Arc::new(Turnstile::new(ahead_max, Arc::new(hand_on))), told)
    }

    fn pass(turnstile: &Turnstile<u64>, nth: u64) {
        Place::new(turnstile, turn(nth), &mut Vec::new()).pass(nth);
    }

    #[test]
    fn whoever_is_early_goes_on_and_comes_after_the_turns_before() {
        let (turnstile, told) = turnstile(3);
        for nth in [3, 1, 2] {
            pass(&turnstile, nth);
        }
        assert_eq!(told.try_iter().count(), 0);
        pass(&turnstile, 0);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn whoever_is_too_early_waits() {
        let (turnstile, told) = turnstile(1);
        let threads: Vec<_> = [3, 1, 2, 0]
            .map(|nth| {
                let turnstile = turnstile.clone();
                thread::spawn(move || pass(&turnstile, nth))
            })
            .into();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn a_panic_lets_the_next_turns_through() {
        let (turnstile, told) = turnstile(3);
        pass(&turnstile, 1);
        let theirs = turnstile.clone();
        let panics = thread::spawn(move || {
            let mut jobs = Vec::new();
            let _place = Place::new(&theirs, turn(0), &mut jobs);
            panic!("a bug in scoring");
        });
        assert!(panics.join().is_err());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [1]);
    }
}
