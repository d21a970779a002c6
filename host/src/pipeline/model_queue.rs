//! A model slot's own way in, without an adapter: what the Open Inference Protocol calls `infer`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use arc_swap::ArcSwap;
use tokio::{sync::oneshot, time::Instant};

use super::{queue::Queue, workers::Workers};
use crate::{
    event::Refusal,
    plugin::{CallError, Info, ModelInstance, ModelRelease},
    release::ReleaseName,
    tensor::{Signature, Tensor},
};

/// One request for inference.
pub struct InferJob {
    /// What it was checked against, and what answers it, whatever becomes active meanwhile.
    pub model: ServedModel,
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

/// The releases of a model slot that can be asked.
#[derive(Clone)]
pub struct Models {
    /// Answers whoever asks for no version.
    pub active: Arc<ModelRelease>,
    /// On trial, and what was active before: whoever names their versions is answered by them.
    pub candidate: Option<Arc<ModelRelease>>,
    pub previous: Option<Arc<ModelRelease>>,
}

/// A release that answers.
#[derive(Clone)]
pub struct ServedModel(Arc<ModelRelease>);

/// The requests of one model slot and the threads that serve them.
pub struct ModelQueue {
    name: String,
    models: ArcSwap<Models>,
    workers: Workers<InferJob>,
    draining: AtomicBool,
}

impl ModelQueue {
    pub fn new(name: &str, release: Arc<ModelRelease>, queue_max: usize, batch_max: usize) -> Self {
        let queue = Arc::new(Queue::new(queue_max, 1));
        let workers = Workers::new(name.to_owned(), queue, batch_max, || {
            let mut server = Server { held: None };
            Box::new(move |jobs: &mut Vec<InferJob>, _| {
                for job in jobs.drain(..) {
                    server.serve(job);
                }
            })
        });
        Self {
            name: name.to_owned(),
            models: ArcSwap::from_pointee(Models::only(release)),
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

    /// What answers whoever asks for no version.
    pub fn active(&self) -> ServedModel {
        ServedModel(self.models.load().active.clone())
    }

    /// All that can be asked, the active one first.
    pub fn models(&self) -> Vec<ServedModel> {
        let models = self.models.load();
        let others = [&models.candidate, &models.previous];
        let mut served: Vec<ServedModel> = vec![ServedModel(models.active.clone())];
        for other in others.into_iter().flatten() {
            if served
                .iter()
                .all(|known| known.release() != &other.parts.name)
            {
                served.push(ServedModel(other.clone()));
            }
        }
        served
    }

    /// Serves these from the next request on. Requests that were taken are answered by what they were checked against.
    pub fn serve(&self, models: Models) {
        self.models.store(Arc::new(models));
    }

    /// Answers what was accepted, takes nothing more, and returns when that is done.
    pub fn drain(&self, wait_max: std::time::Duration) -> bool {
        self.draining.store(true, Ordering::Relaxed);
        self.workers.queue().close();
        self.workers.queue().wait_deserted(wait_max)
    }
}

impl Models {
    /// One release, and nothing beside it.
    pub fn only(active: Arc<ModelRelease>) -> Self {
        Self {
            active,
            candidate: None,
            previous: None,
        }
    }
}

impl ServedModel {
    pub fn release(&self) -> &ReleaseName {
        &self.0.parts.name
    }

    pub fn signature(&self) -> &Signature {
        &self.0.signature
    }

    pub fn info(&self) -> &Info {
        &self.0.parts.info
    }
}

/// One thread's instance of the release that was asked last.
struct Server {
    held: Option<Held>,
}

struct Held {
    release: Arc<ModelRelease>,
    /// None after a fault.
    instance: Option<ModelInstance>,
}

impl Drop for Held {
    /// What did nothing wrong is warm for the next one.
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.release.give_back(instance);
        }
    }
}

impl Server {
    /// A request is a call of its own, so a fault has no neighbours; a caller who left needs no answer.
    fn serve(&mut self, job: InferJob) {
        let late = |deadline| deadline <= Instant::now();
        let result = if job.deadline.is_some_and(late) {
            Err(Refusal::DeadlinePassed)
        } else {
            self.infer(job.model.0, &job.inputs)
        };
        drop(job.reply.send(result));
    }

    fn infer(
        &mut self,
        release: Arc<ModelRelease>,
        inputs: &[Tensor],
    ) -> Result<Inferred, Refusal> {
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        let same = |held: &Held| Arc::ptr_eq(&held.release, &release);
        let (instance, touched) = match self.held.take().filter(same) {
            Some(mut held) => match held.instance.take() {
                Some(instance) => (Ok(instance), true),
                None => (release.fresh_instance(), false),
            },
            // Somebody left it warm, whose requests may have left their traces in it.
            None => (release.instance(), true),
        };
        let mut instance = instance.map_err(refusal)?;
        let mut result = instance.infer(&inputs);
        // What earlier requests left in the instance is no guilt of this one.
        if touched && matches!(result, Err(CallError::Fault(_))) {
            instance = release.fresh_instance().map_err(refusal)?;
            result = instance.infer(&inputs);
        }
        let model = release.parts.name.clone();
        let faulted = matches!(result, Err(CallError::Fault(_)));
        self.held = Some(Held {
            release,
            instance: (!faulted).then_some(instance),
        });
        let outputs = result.map_err(refusal)?;
        Ok(Inferred { outputs, model })
    }
}

fn refusal(error: CallError) -> Refusal {
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
