//! The clock of deadlines: a thread of its own that advances the engine's epoch.

use std::{
    io,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often the epoch advances: the grain of every deadline.
pub const TICK_MS: u64 = 2;

/// Ticks that give a call at least `deadline_ms`: one more, for the current tick may be about to end.
pub fn ticks(deadline_ms: u64) -> u64 {
    deadline_ms.div_ceil(TICK_MS) + 1
}

/// A running ticker. It ends with its last owner.
pub struct Ticker {
    beat: Arc<Beat>,
}

struct Beat {
    start: Instant,
    last_ms: AtomicU64,
}

impl Ticker {
    /// A ticker that is silent for so long is dead: deadlines no longer hold.
    const SILENCE_MAX_MS: u64 = 2_000;

    /// Starts the thread. It is an operating-system thread: busy tokio workers must not delay a deadline.
    pub fn start(engine: wasmtime::EngineWeak) -> io::Result<Self> {
        let beat = Arc::new(Beat {
            start: Instant::now(),
            last_ms: AtomicU64::new(0),
        });
        let watched = Arc::downgrade(&beat);
        thread::Builder::new()
            .name("epoch".into())
            .spawn(move || tick(&engine, &watched))?;
        Ok(Self { beat })
    }

    /// Whether deadlines hold: false fails readiness.
    pub fn is_alive(&self) -> bool {
        let now_ms = self.beat.start.elapsed().as_millis() as u64;
        now_ms.saturating_sub(self.beat.last_ms.load(Ordering::Relaxed)) < Self::SILENCE_MAX_MS
    }
}

fn tick(engine: &wasmtime::EngineWeak, beat: &Weak<Beat>) {
    let mut next = Instant::now();
    loop {
        let (Some(engine), Some(beat)) = (engine.upgrade(), beat.upgrade()) else {
            return;
        };
        engine.increment_epoch();
        let now = Instant::now();
        beat.last_ms.store(
            now.duration_since(beat.start).as_millis() as u64,
            Ordering::Relaxed,
        );
        drop((engine, beat));
        next += Duration::from_millis(TICK_MS);
        // After a stall (a suspended machine) the missed ticks are not made up: that would cut calls short.
        match next.checked_duration_since(now) {
            Some(wait) => thread::sleep(wait),
            None => next = now,
        }
    }
}
