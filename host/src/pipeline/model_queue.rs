//! A model slot's own way in, without an adapter: what the Open Inference Protocol calls `infer`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use arc_swap::ArcSwap;
use tokio::{sync::oneshot, time::Instant};

use super::workers::Workers;
use crate::{
    event::Refusal,
    plugin::{CallError, Info, ModelInstance, ModelRelease},
    release::ReleaseName,
    tensor::{Signature, Tensor},
};

/// One request for inference.
pub struct InferJob {
    /// In the signature's order.
    pub inputs: Vec<Tensor>,
    pub deadline: Option<Instant>,
    pub reply: oneshot::Sender<Result<Inferred, Refusal>>,
}

/// A model's answer, in the signature's order.
#[derive(Debug)]
pub struct Inferred {
    pub outputs: Vec<Tensor>,
    pub model: ReleaseName,
}

/// What answers at the moment.
#[derive(Clone)]
pub struct ActiveModel {
    pub release: ReleaseName,
    pub signature: Arc<Signature>,
    pub info: Info,
}

/// The requests of one model slot and the threads that serve them.
pub struct ModelQueue {
    name: String,
    active: Arc<ArcSwap<ModelRelease>>,
    workers: Workers<InferJob>,
    draining: AtomicBool,
}

impl ModelQueue {
    pub fn new(name: &str, release: Arc<ModelRelease>, queue_max: usize, batch_max: usize) -> Self {
        let active = Arc::new(ArcSwap::from(release));
        let served = active.clone();
        let workers = Workers::new(name.to_owned(), queue_max, 1, batch_max, move || {
            let mut server = Server {
                active: served.clone(),
                held: None,
                take_warm: true,
            };
            Box::new(move |jobs: &mut Vec<InferJob>, _| {
                for job in jobs.drain(..) {
                    server.serve(job);
                }
            })
        });
        Self {
            name: name.to_owned(),
            active,
            workers,
            draining: AtomicBool::new(false),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a request could be taken now: asked before its body is read.
    pub fn room(&self) -> Result<(), Refusal> {
        let reason = if self.draining.load(Ordering::Relaxed) {
            "the gateway is shutting down".to_owned()
        } else if self.workers.queue().is_full() {
            format!("the queue of model `{}` is full", self.name)
        } else {
            return Ok(());
        };
        Err(Refusal::Unavailable {
            reason,
            retry_after_s: 1,
        })
    }

    /// Never waits: hands the job back where there is no room.
    pub fn submit(&self, job: InferJob) -> Result<(), InferJob> {
        self.workers.submit(job)
    }

    pub fn active(&self) -> ActiveModel {
        let release = self.active.load();
        ActiveModel {
            release: release.parts.name.clone(),
            signature: release.signature.clone(),
            info: release.parts.info.clone(),
        }
    }

    /// Answers what was accepted, takes nothing more, and returns when that is done.
    pub fn drain(&self, wait_max: std::time::Duration) -> bool {
        self.draining.store(true, Ordering::Relaxed);
        self.workers.queue().close();
        self.workers.queue().wait_deserted(wait_max)
    }
}

/// One thread's instance of the active release.
struct Server {
    active: Arc<ArcSwap<ModelRelease>>,
    held: Option<(Arc<ModelRelease>, ModelInstance)>,
    /// The first request may begin on an instance that another thread left.
    take_warm: bool,
}

impl Server {
    /// A request is a call of its own, so a fault has no neighbours; a caller who left needs no answer.
    fn serve(&mut self, job: InferJob) {
        let result = if job
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            Err(Refusal::DeadlinePassed)
        } else {
            self.infer(&job.inputs)
        };
        drop(job.reply.send(result));
    }

    fn infer(&mut self, inputs: &[Tensor]) -> Result<Inferred, Refusal> {
        let active = self.active.load_full();
        // The request was checked against the release that was active when it came in.
        for (tensor, spec) in std::iter::zip(inputs, &active.signature.inputs) {
            let checked = tensor.check(spec);
            checked.map_err(|mismatch| Refusal::InvalidInput(mismatch.to_string()))?;
        }
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        let held = self.held.take();
        let (mut instance, touched) = match held {
            Some((release, instance)) if Arc::ptr_eq(&release, &active) => (instance, true),
            // An earlier thread left it warm, and its requests may have left their traces in it.
            _ if std::mem::take(&mut self.take_warm) => {
                let warm = active.instance();
                (warm.map_err(|error| self.refusal(error))?, true)
            }
            _ => {
                let fresh = active.fresh_instance();
                (fresh.map_err(|error| self.refusal(error))?, false)
            }
        };
        let mut result = instance.infer(&inputs);
        // What earlier requests left in the instance is no guilt of this one.
        if touched && matches!(result, Err(CallError::Fault(_))) {
            instance = active
                .fresh_instance()
                .map_err(|error| self.refusal(error))?;
            result = instance.infer(&inputs);
        }
        let model = active.parts.name.clone();
        if !matches!(result, Err(CallError::Fault(_))) {
            self.held = Some((active, instance));
        }
        match result {
            Ok(outputs) => Ok(Inferred { outputs, model }),
            Err(error) => Err(self.refusal(error)),
        }
    }

    fn refusal(&self, error: CallError) -> Refusal {
        match error {
            CallError::InvalidInput(reason) => Refusal::InvalidInput(reason),
            CallError::Fault(fault) => {
                tracing::warn!(%fault, "a request for inference met a fault");
                Refusal::Fault(fault)
            }
            CallError::NoRoom => Refusal::Unavailable {
                reason: "there is no room for another instance of the model".to_owned(),
                retry_after_s: 1,
            },
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((release, instance)) = self.held.take() {
            release.give_back(instance);
        }
    }
}
