//! `[[pipelines.NAME.sources]]`: what feeds a pipeline.

use super::{
    super::{
        From, Guarantee, KafkaSource, Outbox, Source,
        table::{Bounds, Table},
    },
    Placed, database, kafka, kind, list,
};
use crate::limits;

const KINDS: &[&str] = &["http", "kafka", "postgres", "file"];
const OUTBOX_TABLE: &str = "outbox";
const LEASE: Bounds = Bounds {
    min: limits::OUTBOX_LEASE_FLOOR_MS,
    max: limits::OUTBOX_LEASE_CEILING_MS,
    default: limits::OUTBOX_LEASE_MS,
    unit: "milliseconds",
};
const POLL: Bounds = Bounds {
    min: limits::OUTBOX_POLL_FLOOR_MS,
    max: limits::OUTBOX_POLL_CEILING_MS,
    default: limits::OUTBOX_POLL_MS,
    unit: "milliseconds",
};
const DELIVERIES: &[(&str, Guarantee)] = &[
    ("at-least-once", Guarantee::AtLeastOnce),
    ("exactly-once", Guarantee::ExactlyOnce),
];
const BEGINNINGS: &[(&str, From)] = &[("start", From::Start), ("end", From::End)];

/// At least one.
pub(super) fn read(pipeline: &mut Table<'_>, whole: &mut bool) -> Vec<Placed<Source>> {
    let sources = list(pipeline, "sources", whole, source);
    if sources.is_empty() && *whole {
        let message = format!(
            "{} needs a source: a table [[{}]] with a `kind`: one of `{}`",
            pipeline.title(),
            pipeline.path_of("sources"),
            KINDS.join("`, `")
        );
        pipeline
            .reader
            .problem(pipeline.span_of("sources"), message);
    }
    sources
}

fn source(table: &mut Table<'_>) -> Option<Source> {
    let source = match kind(table, "source", KINDS)? {
        "kafka" => Source::Kafka(of_kafka(table)),
        "postgres" => Source::Postgres(outbox(table)),
        "file" => file(table),
        _ => Source::Http,
    };
    Some(source)
}

fn of_kafka(table: &mut Table<'_>) -> KafkaSource {
    let delivery = table.choice("delivery", DELIVERIES);
    let delivery = delivery.unwrap_or(Guarantee::AtLeastOnce);
    KafkaSource {
        client: kafka::client(table, delivery == Guarantee::ExactlyOnce),
        topic: kafka::topic(table),
        group: kafka::group(table),
        delivery,
    }
}

fn outbox(table: &mut Table<'_>) -> Outbox {
    let url = database::url(table);
    let name = database::table_name(table, OUTBOX_TABLE);
    let lease_ms = table.number("lease_ms", &LEASE);
    let poll_ms = table.number("poll_ms", &POLL);
    Outbox {
        url,
        table: name,
        lease_ms: lease_ms.unwrap_or(LEASE.default),
        poll_ms: poll_ms.unwrap_or(POLL.default),
    }
}

fn file(table: &mut Table<'_>) -> Source {
    let path = table.required_path(
        "path",
        "the file that is followed; it need not be there yet",
    );
    // Nothing of it is lost, whichever of the two was started first.
    let from = table.choice("from", BEGINNINGS).unwrap_or(From::Start);
    Source::File { path, from }
}
