use serde::Serialize;

/// What became of one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The number to keep and to compare releases by.
    pub score: Option<f64>,
    /// The answer in a word, such as `approve`.
    pub decision: Option<String>,
    /// What the caller or the next system reads: JSON, unless both agreed on something else.
    pub payload: Vec<u8>,
    /// Which of the pipeline's routes takes it; the default one where `None`.
    pub route: Option<String>,
    /// Why the payload could not be written. Kept here so that the calls below can be chained.
    pub(crate) unwritable: Option<String>,
}

impl Outcome {
    /// An empty outcome, to be filled by the calls below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the score.
    #[must_use]
    pub const fn score(mut self, score: f64) -> Self {
        self.score = Some(score);
        self
    }

    /// Sets the decision.
    #[must_use]
    pub fn decision(mut self, decision: impl Into<String>) -> Self {
        self.decision = Some(decision.into());
        self
    }

    /// Sets the payload to this value as JSON. A value that JSON cannot hold (a map whose keys are no strings)
    /// rejects the event.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(payload) => self.payload = payload,
            Err(error) => {
                self.unwritable = Some(format!("the outcome cannot be written as JSON: {error}"))
            }
        }
        self
    }

    /// Sets the payload to these bytes.
    #[must_use]
    pub fn payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.payload = payload.into();
        self
    }

    /// Chooses the route.
    #[must_use]
    pub fn route(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }
}
