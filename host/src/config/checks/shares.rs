//! Streams whose events would be split between two readers, or taken for each other's.

use super::{
    super::{
        Source,
        ends::{Ends, Placed},
        reader::Reader,
    },
    tables::Database,
    topics::same_cluster,
};

pub(super) fn check(reader: &Reader<'_>, pipelines: &[Ends]) {
    let mut earlier: Vec<&Placed<Source>> = Vec::new();
    for ends in pipelines {
        for (nth, source) in ends.sources.iter().enumerate() {
            let of_pipeline = &ends.sources[..nth];
            if of_pipeline.iter().any(|other| share_ids(other, source)) {
                taken_for_each_other(reader, source);
            } else if let Some(other) = earlier.iter().find(|other| would_split(other, source)) {
                split(reader, source, other);
            }
        }
        earlier.extend(&ends.sources);
    }
}

fn taken_for_each_other(reader: &Reader<'_>, source: &Placed<Source>) {
    let key = match source.value {
        Source::Postgres(_) => "table",
        _ => "topic",
    };
    let message = format!(
        "`{key}` in {} is that of an earlier source of this pipeline: an event's id begins with the {key}'s name, so an event of one could be taken for one of the other; give this one a pipeline of its own",
        source.title
    );
    reader.problem(source.at(key), message);
}

fn split(reader: &Reader<'_>, source: &Placed<Source>, other: &Placed<Source>) {
    let (key, which, own) = match source.value {
        Source::Postgres(_) => ("table", "", "an outbox"),
        _ => ("group", ", which reads the same topic", "a group"),
    };
    let message = format!(
        "`{key}` in {} is that of {}{which}: each event would go to one of them only; give this one {own} of its own",
        source.title, other.title
    );
    reader.problem(source.at(key), message);
}

fn share_ids(one: &Placed<Source>, other: &Placed<Source>) -> bool {
    match (&one.value, &other.value) {
        (Source::Kafka(one), Source::Kafka(other)) => {
            !one.topic.is_empty() && one.topic == other.topic
        }
        (Source::Postgres(one), Source::Postgres(other)) => {
            !one.table.is_empty() && one.table == other.table
        }
        _ => false,
    }
}

fn would_split(one: &Placed<Source>, other: &Placed<Source>) -> bool {
    match (&one.value, &other.value) {
        (Source::Kafka(one), Source::Kafka(other)) => {
            !one.topic.is_empty()
                && !one.group.is_empty()
                && (&one.topic, &one.group) == (&other.topic, &other.group)
                && same_cluster(&one.client, &other.client)
        }
        (Source::Postgres(one), Source::Postgres(other)) => {
            let database = Database::postgres(&one.url);
            !database.is_unknown()
                && database == Database::postgres(&other.url)
                && one.table == other.table
        }
        _ => false,
    }
}
