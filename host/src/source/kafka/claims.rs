//! Partitions that a database gives to this gateway: each is asked for until it answers.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use tokio::{runtime::Handle, time};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    lane::Stream,
    limits::BACKOFF_MAX_MS,
    sink::{Claim, Ledger},
};

/// One try; a database that takes longer is asked again.
const CLAIM_MAX: Duration = Duration::from_secs(10);
const BACKOFF_FIRST: Duration = Duration::from_millis(100);

/// See the module.
pub struct Claims {
    ledger: Arc<Ledger>,
    stream: Arc<Stream>,
    runtime: Handle,
    tell: Sender<Answer>,
    told: Receiver<Answer>,
}

/// Of one try for a partition; after a failure there will be another.
pub struct Answer {
    pub partition: i32,
    pub claim: Result<Claim, String>,
}

impl Claims {
    pub fn new(ledger: Arc<Ledger>, stream: Arc<Stream>, runtime: Handle) -> Self {
        let (tell, told) = channel();
        Self {
            ledger,
            stream,
            runtime,
            tell,
            told,
        }
    }

    /// Asks for a partition for as long as what it returns is kept.
    pub fn ask(&self, partition: i32) -> AbortOnDropHandle<()> {
        let (ledger, stream) = (self.ledger.clone(), self.stream.clone());
        let tell = self.tell.clone();
        let task = self.runtime.spawn(async move {
            let mut backoff = BACKOFF_FIRST;
            loop {
                let claim = time::timeout(CLAIM_MAX, ledger.claim(&stream, partition)).await;
                let claim = match claim {
                    Ok(claim) => claim.map_err(|error| error.to_string()),
                    Err(_) => Err("the database does not answer".to_owned()),
                };
                let claimed = claim.is_ok();
                let told = tell.send(Answer { partition, claim });
                if claimed || told.is_err() {
                    return;
                }
                time::sleep(backoff).await;
                backoff = (backoff * 2).min(Duration::from_millis(BACKOFF_MAX_MS));
            }
        });
        AbortOnDropHandle::new(task)
    }

    /// Answers that came since.
    pub fn answers(&self) -> Vec<Answer> {
        self.told.try_iter().collect()
    }
}
