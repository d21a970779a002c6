//! Transactions on a real Kafka, without a gateway around them.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use rdkafka::consumer::Consumer as _;
use scoregate::{
    config::{Guarantee, KafkaClient, KafkaSource, KafkaTopic},
    dead_letter::{Cause, DeadLetter},
    event::{Event, Origin, Outcome, Releases, Scored},
    health::Health,
    kafka::Group,
    lane::{Hold, Lane, Load, Position, Stream, StreamKind},
    release::{Digest, ReleaseName},
    sink::{ExactSink, SinkError, TransactionTopics, Transactions},
};
use scoregate_tests::servers::{Kafka, records};

/// A member of a group that reads one partition, and the sink of what comes of it.
struct Pair {
    kafka: Arc<Kafka>,
    source: String,
    outcomes: String,
    dead: String,
    group: Arc<Group>,
    lane: Arc<Lane>,
    sink: ExactSink,
}

impl Pair {
    fn new(librdkafka: &[(&str, &str)]) -> Self {
        let kafka = Kafka::shared();
        let [source, outcomes, dead] =
            ["t-payments", "t-decisions", "t-dead"].map(|topic| kafka.fresh_topic(topic, 1));
        let client = KafkaClient {
            brokers: kafka.brokers().into(),
            librdkafka: Vec::new(),
        };
        let config = KafkaSource {
            client: client.clone(),
            topic: source.clone(),
            group: source.clone(),
            delivery: Guarantee::ExactlyOnce,
        };
        let group = Arc::new(Group::new(&config, "gw-1", Health::default()).expect("a group"));
        join(&group, &source);
        let stream = Stream {
            kind: StreamKind::Kafka,
            name: source.clone(),
            group: source.clone(),
        };
        let lane = Lane::new(Arc::new(stream), 0, 0, 0, Arc::new(Load::default()));
        group.open(lane.clone());
        let sink = sink(&client, librdkafka, &outcomes, &dead, &group);
        Self {
            kafka,
            source,
            outcomes,
            dead,
            group,
            lane,
            sink,
        }
    }

    fn rows(&self, offsets: Range<i64>) -> (Vec<Scored>, Vec<Hold>) {
        let row = |at| {
            let (position, hold) = self.lane.hold(at, at + 1, 0);
            (scored(&format!("e-{at}"), Some(position)), hold)
        };
        offsets.map(row).unzip()
    }

    fn committed(&self) -> Option<i64> {
        records::committed(&self.kafka.client(), &self.source, &self.source)
    }

    /// The ids of the committed records of a topic.
    fn ids(&self, topic: &str) -> Vec<String> {
        let read = records::read_committed(&self.kafka.client(), topic);
        let id = |record: &records::Record| {
            let id = record.header("scoregate-event-id").expect("an id");
            String::from_utf8(id.to_vec()).expect("text")
        };
        read.iter().map(id).collect()
    }
}

fn join(group: &Group, topic: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    group.consumer().subscribe(&[topic]).expect("a topic");
    while group.take_changes().is_empty() {
        group.consumer().poll(Duration::from_millis(20));
        assert!(Instant::now() < deadline, "the group takes no member");
    }
}

fn sink(
    client: &KafkaClient,
    librdkafka: &[(&str, &str)],
    outcomes: &str,
    dead: &str,
    group: &Arc<Group>,
) -> ExactSink {
    let settings = librdkafka.iter();
    let topic = |topic: &str| KafkaTopic {
        client: KafkaClient {
            librdkafka: settings
                .clone()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..client.clone()
        },
        topic: topic.to_owned(),
    };
    let (outcomes, dead) = (topic(outcomes), topic(dead));
    let topics = TransactionTopics {
        outcomes: vec![&outcomes],
        dead: &dead,
    };
    Transactions::open(&topics, group.clone(), "fraud", "gw-1")
        .map(ExactSink::Kafka)
        .expect("a sink")
}

fn scored(id: &str, position: Option<Position>) -> Scored {
    let origin = position.map_or(Origin::Http, |position| Origin::Stream {
        position,
        null_payload: false,
    });
    Scored {
        event: Event {
            id: id.into(),
            key: Some(Bytes::from_static(b"card-7")),
            payload: Bytes::from_static(b"{}"),
            timestamp_ms: 1_700_000_000_000,
            headers: Vec::new(),
            origin,
        },
        outcome: Outcome {
            score: Some(0.5),
            ..Outcome::default()
        },
        releases: Arc::new(Releases {
            adapter: ReleaseName::new("payments", Digest::of(b"adapter")),
            model: ReleaseName::new("fraud", Digest::of(b"model")),
        }),
        scored_at_ms: 1_700_000_000_005,
    }
}

fn letter(of: &Scored) -> DeadLetter {
    DeadLetter {
        event: of.event.clone(),
        reason: "no amount".into(),
        cause: Cause::Rejected,
        releases: of.releases.clone(),
        dead_at_ms: 0,
    }
}

fn release(holds: Vec<Hold>) {
    holds.into_iter().for_each(Hold::release);
}

/// The ids of events `range`.
fn events(range: Range<i64>) -> Vec<String> {
    range.map(|at| format!("e-{at}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_dead_letters_and_offsets_go_together() {
    let pair = Pair::new(&[]);
    let (mut rows, holds) = pair.rows(0..5);
    let dead = letter(&rows.pop().expect("a row"));
    rows.push(scored("a-request", None));
    pair.sink.write(&rows, &[dead]).await.expect("it is taken");
    assert_eq!(pair.committed(), Some(5));
    let expected = [events(0..4), vec!["a-request".to_owned()]].concat();
    assert_eq!(pair.ids(&pair.outcomes), expected);
    assert_eq!(pair.ids(&pair.dead), ["e-4"]);
    release(holds);
    pair.sink.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_is_not_written_again() {
    let pair = Pair::new(&[]);
    let (rows, holds) = pair.rows(0..3);
    for rows in [&rows[..2], &rows, &rows] {
        pair.sink.write(rows, &[]).await.expect("it is taken");
    }
    assert_eq!(pair.committed(), Some(3));
    assert_eq!(pair.ids(&pair.outcomes), events(0..3));
    release(holds);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_closed_lane_is_written() {
    let pair = Pair::new(&[]);
    let (rows, holds) = pair.rows(0..2);
    pair.lane.close();
    let error = pair.sink.write(&rows, &[]).await.expect_err("it is closed");
    assert!(matches!(error, SinkError::Closed(_)), "{error}");
    assert_eq!(pair.committed(), None);
    assert!(pair.ids(&pair.outcomes).is_empty());
    release(holds);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_too_large_are_named_and_nothing_is_committed() {
    let pair = Pair::new(&[("message.max.bytes", "3000")]);
    let (mut rows, holds) = pair.rows(0..3);
    rows[1].outcome.payload = vec![b'x'; 4_000];
    let error = pair.sink.write(&rows, &[]).await.expect_err("too large");
    let SinkError::Rows(_, refused) = error else {
        panic!("{error}");
    };
    assert_eq!(refused.iter().map(|row| row.row).collect::<Vec<_>>(), [1]);
    assert_eq!(pair.committed(), None);
    let dead = letter(&rows.remove(1));
    pair.sink.write(&rows, &[dead]).await.expect("it is taken");
    assert_eq!(pair.committed(), Some(3));
    assert_eq!(pair.ids(&pair.outcomes), ["e-0", "e-2"]);
    release(holds);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_was_fenced_begins_anew_and_writes_nothing_twice() {
    let pair = Pair::new(&[]);
    let client = KafkaClient {
        brokers: pair.kafka.brokers().into(),
        librdkafka: Vec::new(),
    };
    let other = sink(&client, &[], &pair.outcomes, &pair.dead, &pair.group);
    for (at, sink) in [&pair.sink, &other, &pair.sink, &other]
        .into_iter()
        .enumerate()
    {
        let at = at as i64;
        let (rows, holds) = pair.rows(at..at + 1);
        let mut tries = 0;
        while let Err(error) = sink.write(&rows, &[]).await {
            tries += 1;
            assert!(error.is_temporary() && tries < 5, "{error}");
        }
        release(holds);
    }
    assert_eq!(pair.committed(), Some(4));
    assert_eq!(pair.ids(&pair.outcomes), events(0..4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_dropped_is_not_repeated_where_it_succeeded() {
    let pair = Pair::new(&[]);
    let (rows, holds) = pair.rows(0..50);
    for wait_ms in [0, 1, 5, 20, 100] {
        let wait = Duration::from_millis(wait_ms);
        let written = tokio::time::timeout(wait, pair.sink.write(&rows, &[])).await;
        if let Ok(written) = written {
            written.expect("it is taken");
        }
    }
    pair.sink.write(&rows, &[]).await.expect("it is taken");
    assert_eq!(pair.committed(), Some(50));
    assert_eq!(pair.ids(&pair.outcomes), events(0..50));
    release(holds);
}
