//! A pipeline's pause: nothing more is taken until an operator lets it go on.

use std::{
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// See the module.
#[derive(Default)]
pub struct Pause {
    paused: AtomicBool,
    gate: Mutex<()>,
    resumed: Condvar,
}

impl Pause {
    pub fn set(&self, paused: bool) {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.paused.store(paused, Ordering::Relaxed);
        drop(gate);
        self.resumed.notify_all();
    }

    pub fn is_on(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// `false` where the pause lasts longer than `wait_max`. Blocks only while it lasts.
    pub fn wait(&self, wait_max: Duration) -> bool {
        if !self.is_on() {
            return true;
        }
        if wait_max.is_zero() {
            return false;
        }
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .resumed
            .wait_timeout_while(gate, wait_max, |()| self.is_on());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        !self.is_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_goes_on_when_the_pause_ends() {
        let pause = std::sync::Arc::new(Pause::default());
        assert!(pause.wait(Duration::ZERO));
        pause.set(true);
        assert!(!pause.wait(Duration::ZERO));
        assert!(!pause.wait(Duration::from_millis(1)));
        let theirs = pause.clone();
        let waits = std::thread::spawn(move || theirs.wait(Duration::from_secs(60)));
        pause.set(false);
        assert!(waits.join().unwrap());
    }
}
