//! Scoring threads of their own for each queue: started by the first item, ended when idle, so that a thousand pipelines cost nothing at rest.

use std::{collections::VecDeque, sync::Arc, thread, time::Duration};

use tracing::{debug, error};

use super::queue::{Pushed, Queue, Took, Turn};
use crate::limits::WORKER_IDLE_MAX_MS;

/// What a scoring thread does with a batch: it takes every item out of the vector.
pub type Scorer<J> = Box<dyn FnMut(&mut Vec<J>, Turn)>;

/// A queue and its threads.
pub struct Workers<J> {
    name: String,
    queue: Arc<Queue<J>>,
    batch_max: usize,
    scorer: Arc<dyn Fn() -> Scorer<J> + Send + Sync>,
}

impl<J: Send + 'static> Workers<J> {
    /// The queue's readers are its threads; `scorer` is called once on each new one.
    pub fn new(
        name: String,
        queue: Arc<Queue<J>>,
        batch_max: usize,
        scorer: impl Fn() -> Scorer<J> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            queue,
            batch_max,
            scorer: Arc::new(scorer),
        }
    }

    /// Never waits: hands the item back where there is no room.
    pub fn submit(&self, item: J) -> Result<(), J> {
        if self.queue.push(item)? == Pushed::StartReader {
            self.start();
        }
        Ok(())
    }

    /// Moves items from the front of `items` into the queue while fewer than `items_max` wait there; where none fits, waits at most
    /// `wait_max` for room. `false` where none was moved.
    pub fn submit_some(
        &self,
        items: &mut VecDeque<J>,
        items_max: usize,
        wait_max: Duration,
    ) -> bool {
        let pushed = self.queue.push_some(items, items_max, wait_max);
        if pushed == Some(Pushed::StartReader) {
            self.start();
        }
        pushed.is_some()
    }

    pub fn queue(&self) -> &Queue<J> {
        &self.queue
    }

    fn start(&self) {
        let lost = ReaderGuard(self.queue.clone());
        let (queue, scorer, batch_max) = (self.queue.clone(), self.scorer.clone(), self.batch_max);
        // Linux shows at most 15 bytes of a thread's name.
        let name = self.name[..self.name.floor_char_boundary(15)].to_owned();
        let started = thread::Builder::new().name(name).spawn(move || {
            let lost = lost;
            work(&queue, &mut scorer(), batch_max);
            std::mem::forget(lost);
        });
        if let Err(error) = started {
            error!(pipeline = self.name, %error, "a scoring thread could not be started");
        }
    }
}

fn work<J>(queue: &Queue<J>, score: &mut Scorer<J>, batch_max: usize) {
    let idle_max = Duration::from_millis(WORKER_IDLE_MAX_MS);
    let mut batch = Vec::with_capacity(batch_max);
    while let Took::Items(turn) = queue.take(&mut batch, batch_max, idle_max) {
        score(&mut batch, turn);
        batch.clear();
    }
    debug!("a scoring thread ends idle");
}

/// Tells the queue of a thread that did not start or that panicked; an orderly end forgets it.
struct ReaderGuard<J>(Arc<Queue<J>>);

impl<J> Drop for ReaderGuard<J> {
    fn drop(&mut self) {
        self.0.reader_lost();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_in_a_batch_costs_that_batch_alone() {
        let workers = Workers::new("test".into(), Arc::new(Queue::new(8, 1)), 1, || {
            Box::new(|batch: &mut Vec<Option<mpsc::Sender<()>>>, _| {
                for item in batch.drain(..) {
                    item.expect("a poisoned item").send(()).unwrap();
                }
            })
        });
        workers.submit(None).unwrap();
        while workers.queue().readers() > 0 {
            thread::yield_now();
        }
        let (done, answer) = mpsc::channel();
        workers.submit(Some(done)).unwrap();
        answer.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
