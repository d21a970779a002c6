//! The last thing that librdkafka complained of. A wrong password, certificate or protocol looks like a time-out to whoever called it: the
//! reason comes beside, as an error event or as a line of its log.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};

/// Older complaints explain nothing any more. librdkafka repeats itself at least as often while it tries to connect.
const FRESH: Duration = Duration::from_secs(30);

/// One client's complaints; a clone is the same client's. It is the context of a client, or a part of one: see [`ClientContext`].
#[derive(Clone, Debug, Default)]
pub struct Reasons(Arc<Mutex<Option<(Instant, String)>>>);

impl Reasons {
    /// The last complaint, if it is not old.
    pub fn last(&self) -> Option<String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = last.as_ref().filter(|(since, _)| since.elapsed() < FRESH);
        fresh.map(|(_, reason)| reason.clone())
    }

    /// A failure's text with the last complaint behind it.
    pub fn explain(&self, failure: impl fmt::Display) -> String {
        match self.last() {
            Some(reason) => format!("{failure} ({reason})"),
            None => failure.to_string(),
        }
    }

    /// All is well again: what was said before explains no later failure.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn keep(&self, reason: &str) {
        let reason = (Instant::now(), bare(reason).to_owned());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

/// Without the name of librdkafka's thread.
fn bare(line: &str) -> &str {
    let rest = line
        .strip_prefix("[thrd:")
        .and_then(|rest| rest.split_once("]: "));
    rest.map_or(line, |(_, rest)| rest)
}

impl ClientContext for Reasons {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                self.keep(line);
                tracing::warn!(facility, "librdkafka: {line}");
            }
            _ => tracing::debug!(facility, "librdkafka: {line}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // It comes after the reason of each broker's failure and says less.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.keep(reason);
        }
        tracing::debug!("librdkafka: {error}: {reason}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_explained_by_the_last_complaint() {
        let reasons = Reasons::default();
        assert_eq!(reasons.explain("no answer"), "no answer");
        let line = "[thrd:sasl_ssl://b:9093/bootstrap]: sasl_ssl://b:9093/bootstrap: SASL authentication error: no such user";
        reasons.log(RDKafkaLogLevel::Error, "FAIL", line);
        let down = KafkaError::Global(RDKafkaErrorCode::AllBrokersDown);
        reasons.error(down, "1/1 brokers are down");
        reasons.log(RDKafkaLogLevel::Info, "INIT", "all is well");
        assert_eq!(
            reasons.explain("no answer"),
            "no answer (sasl_ssl://b:9093/bootstrap: SASL authentication error: no such user)"
        );
        reasons.clear();
        assert_eq!(reasons.last(), None);
    }
}
