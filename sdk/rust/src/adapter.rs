use crate::{Config, Contract, Event, Features, Outcome, Rejection, Scores};

/// Maps events to a model's features, and its scores to outcomes. Exported by [`export_adapter!`](crate::export_adapter).
pub trait Adapter: Sized + 'static {
    /// What is kept of an event between `preprocess` and `postprocess`, so that it need not be read twice.
    type Row;

    /// Makes the adapter from the slot's configuration.
    ///
    /// # Errors
    /// One sentence that says what is wrong with the configuration.
    fn configure(config: &Config<'_>) -> Result<Self, String>;

    /// What it makes and what it expects. Asked once after each `configure`.
    fn contract(&self) -> Contract;

    /// Writes one event's row of each feature tensor.
    ///
    /// # Errors
    /// Why this event cannot be scored; what it has written by then is taken back.
    fn preprocess(
        &self,
        event: &Event<'_>,
        features: &mut Features,
    ) -> Result<Self::Row, Rejection>;

    /// Makes the outcome of one event from its scores.
    ///
    /// # Errors
    /// Why there is no outcome for this event.
    fn postprocess(&self, row: Self::Row, scores: &Scores<'_>) -> Result<Outcome, Rejection>;
}
