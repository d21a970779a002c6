//! Puts batches that several threads scored side by side back into the order in which they were taken.

use std::sync::{Condvar, Mutex, PoisonError};

use super::{answer::Job, queue::Turn};

/// Lets one turn through after the other.
#[derive(Default)]
pub struct Turnstile {
    next: Mutex<u64>,
    moved: Condvar,
}

impl Turnstile {
    /// Runs `through` when it is this turn's turn, and lets the next one follow. Every turn that was taken must pass, once.
    pub fn pass(&self, turn: Turn, through: impl FnOnce()) {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self
            .moved
            .wait_while(next, |next| *next < turn.nth)
            .unwrap_or_else(PoisonError::into_inner);
        drop(next);
        through();
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.moved.notify_all();
    }
}

/// A batch's place in the order, while it is scored. A panic gives it up: the events' receipts are dropped first, so that their sources
/// know before anything that came after them is delivered.
pub struct Place<'t> {
    turnstile: Option<&'t Turnstile>,
    turn: Turn,
    pub jobs: &'t mut Vec<Job>,
    passed: bool,
}

impl<'t> Place<'t> {
    /// Without a turnstile nobody waits for anybody.
    pub fn new(turnstile: Option<&'t Turnstile>, turn: Turn, jobs: &'t mut Vec<Job>) -> Self {
        Self {
            turnstile,
            turn,
            jobs,
            passed: false,
        }
    }

    /// Hands on what became of the batch when all before it was handed on.
    pub fn pass(mut self, through: impl FnOnce()) {
        self.passed = true;
        match self.turnstile {
            Some(turnstile) => turnstile.pass(self.turn, through),
            None => through(),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.passed {
            self.jobs.clear();
            if let Some(turnstile) = self.turnstile {
                turnstile.pass(self.turn, || {});
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
        time::Instant,
    };

    use super::*;

    fn turn(nth: u64) -> Turn {
        Turn {
            oldest: Instant::now(),
            nth,
        }
    }

    #[test]
    fn whoever_is_ready_first_waits_for_the_turns_before() {
        let turnstile = Arc::new(Turnstile::default());
        let (tell, told) = mpsc::channel();
        let threads: Vec<_> = [3, 1, 2, 0]
            .map(|nth| {
                let (turnstile, tell) = (turnstile.clone(), tell.clone());
                thread::spawn(move || turnstile.pass(turn(nth), || tell.send(nth).unwrap()))
            })
            .into();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn a_panic_lets_the_next_turn_through() {
        let turnstile = Arc::new(Turnstile::default());
        let theirs = turnstile.clone();
        let panics = thread::spawn(move || {
            let mut jobs = Vec::new();
            let _place = Place::new(Some(&theirs), turn(0), &mut jobs);
            panic!("a bug in scoring");
        });
        assert!(panics.join().is_err());
        let mut passed = false;
        turnstile.pass(turn(1), || passed = true);
        assert!(passed);
    }
}
