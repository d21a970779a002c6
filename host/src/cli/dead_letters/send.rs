//! Sends an event to where it came from.

use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;

use crate::{
    cli::reach::Reach,
    config,
    dead_letter::header,
    event::Header,
    http::client::Client,
    kafka::{Resender, Resent},
    sink::dead::Letter,
    source::{OutboxSource, Returned},
};

/// How often a gateway that is busy is asked, and how long apart.
const BUSY_TRIES: usize = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Why an event was not sent.
pub enum Unsent {
    /// This one cannot be; others may.
    Refused(String),
    /// None can be at the moment.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Unsent {
    fn from(error: E) -> Self {
        Unsent::Broken(error.into())
    }
}

/// The ways back of one pipeline, opened by the first event that needs them.
pub struct Sender {
    pipeline: config::Pipeline,
    /// The scoring listener of a gateway: the URL, and how it is reached.
    url: Option<(String, Reach)>,
    topics: Vec<(String, Resender)>,
    gateway: Option<Client>,
}

impl Sender {
    pub fn new(pipeline: &config::Pipeline, url: Option<(String, Reach)>) -> Self {
        Self {
            pipeline: pipeline.clone(),
            url,
            topics: Vec::new(),
            gateway: None,
        }
    }

    /// On Ok the receiver has acknowledged the event.
    pub async fn send(&mut self, letter: &Letter) -> Result<(), Unsent> {
        let headers = again(&letter.headers);
        match letter.origin.split_once(':') {
            Some(("kafka", place)) => self.send_to_topic(place, letter, &headers).await,
            Some(("postgres", place)) => self.send_to_outbox(place, letter, &headers).await,
            _ => self.send_to_gateway(letter, &headers).await,
        }
    }

    async fn send_to_topic(
        &mut self,
        place: &str,
        letter: &Letter,
        headers: &[Header],
    ) -> Result<(), Unsent> {
        // `topic/partition/offset`; no topic's name has a slash.
        let mut parts = place.split('/');
        let (topic, partition) = (parts.next().unwrap_or_default(), parts.next());
        let Some(partition) = partition.and_then(|partition| partition.parse().ok()) else {
            return Err(self.unknown(letter));
        };
        let nth = match self.topics.iter().position(|(known, _)| known == topic) {
            Some(nth) => nth,
            None => {
                let source = self
                    .pipeline
                    .sources
                    .iter()
                    .find_map(|source| match source {
                        config::Source::Kafka(kafka) if kafka.topic == topic => Some(kafka),
                        _ => None,
                    });
                let Some(source) = source else {
                    return Err(self.unknown(letter));
                };
                let resender = Resender::new(&source.client, topic)?;
                self.topics.push((topic.to_owned(), resender));
                self.topics.len() - 1
            }
        };
        let event = Resent {
            partition,
            key: letter.key.as_deref(),
            value: letter.payload.as_deref(),
            headers,
            timestamp_ms: letter.event_time_ms,
        };
        Ok(self.topics[nth].1.send(event).await?)
    }

    async fn send_to_outbox(
        &self,
        place: &str,
        letter: &Letter,
        headers: &[Header],
    ) -> Result<(), Unsent> {
        let table = place.rsplit_once('/').map(|(table, _)| table);
        let outbox = self
            .pipeline
            .sources
            .iter()
            .find_map(|source| match source {
                config::Source::Postgres(outbox) if Some(outbox.table.as_str()) == table => {
                    Some(outbox)
                }
                _ => None,
            });
        let Some(outbox) = outbox else {
            return Err(self.unknown(letter));
        };
        let event = Returned {
            key: letter.key.as_deref(),
            payload: letter.payload.as_deref(),
            headers,
            created_ms: letter.event_time_ms,
        };
        let put_back = OutboxSource::put_back(outbox, &event).await;
        put_back.map_err(|reason| Unsent::Broken(anyhow!("{reason}")))
    }

    async fn send_to_gateway(&mut self, letter: &Letter, headers: &[Header]) -> Result<(), Unsent> {
        let name = &self.pipeline.name;
        if !self.pipeline.sources.contains(&config::Source::Http) {
            return Err(Unsent::Refused(format!(
                "it came from {}, and pipeline `{name}` takes no requests: add a source of kind \"http\" to send it again",
                letter.origin
            )));
        }
        let Some((url, reach)) = &self.url else {
            return Err(Unsent::Refused(format!(
                "it came from {}: give --url http://HOST:PORT, the scoring listener of a gateway that serves pipeline `{name}`",
                letter.origin
            )));
        };
        let path = format!("/pipelines/{name}/score");
        let mut sent: Vec<(&str, &str)> = vec![("idempotency-key", &letter.event_id)];
        let text = |value: &'_ Option<Bytes>| {
            value
                .as_deref()
                .and_then(|value| str::from_utf8(value).ok().map(str::to_owned))
        };
        let key = text(&letter.key);
        sent.extend(key.as_deref().map(|key| ("scoregate-key", key)));
        let values: Vec<_> = headers
            .iter()
            .map(|header| (header.name.as_str(), text(&header.value)))
            .collect();
        for (name, value) in &values {
            sent.extend(value.as_deref().map(|value| (*name, value)));
        }
        let body = letter.payload.clone().unwrap_or_default();
        for _ in 0..BUSY_TRIES {
            let client = match &mut self.gateway {
                Some(client) => client,
                None => self.gateway.insert(reach.connect().await?),
            };
            let (status, answer) = client.post(&path, &sent, body.clone()).await?;
            match status.as_u16() {
                200 => return Ok(()),
                429 | 503 | 504 => tokio::time::sleep(BUSY_PAUSE).await,
                404 | 405 => {
                    return Err(Unsent::Broken(anyhow!("{url}{path}: {}", reason(&answer))));
                }
                status => {
                    let reason = reason(&answer);
                    return Err(Unsent::Refused(format!("answered with {status}: {reason}")));
                }
            }
        }
        Err(Unsent::Broken(anyhow!(
            "the gateway at {url} is too busy: try again later"
        )))
    }

    fn unknown(&self, letter: &Letter) -> Unsent {
        Unsent::Refused(format!(
            "it came from {}, which is no source of pipeline `{}` any more",
            letter.origin, self.pipeline.name
        ))
    }
}

/// The event's headers, and how often it was sent again.
fn again(headers: &[Header]) -> Vec<Header> {
    let is_count = |header: &&Header| header.name == header::RETRY;
    let count = headers.iter().rfind(is_count).and_then(|header| {
        let value = header.value.as_deref()?;
        str::from_utf8(value).ok()?.parse::<u64>().ok()
    });
    let mut again: Vec<_> = headers
        .iter()
        .filter(|header| !is_count(header))
        .cloned()
        .collect();
    again.push(Header {
        name: header::RETRY.into(),
        value: Some(Bytes::from(
            count.unwrap_or(0).saturating_add(1).to_string(),
        )),
    });
    again
}

/// The sentence of an answer's `error`.
fn reason(answer: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(answer).ok();
    let error = json.as_ref().and_then(|json| json["error"].as_str());
    error.unwrap_or("no reason was given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_that_an_event_is_sent_again_is_counted() {
        let trace = Header {
            name: "trace".into(),
            value: None,
        };
        let once = again(std::slice::from_ref(&trace));
        let twice = again(&once);
        assert_eq!((twice.len(), &twice[0]), (2, &trace));
        assert_eq!(twice[1].value.as_deref(), Some(&b"2"[..]));
    }
}
