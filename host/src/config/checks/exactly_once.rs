//! What `delivery = "exactly-once"` needs: something that takes outcomes, dead letters and the place in the topic in one transaction.

use super::{
    super::{
        DeadLetter, Guarantee, KafkaClient, KafkaTopic, Sink, Source,
        ends::{Ends, Placed, decides_login},
        reader::Reader,
    },
    tables::{Database, database_of_dead_letters, database_of_sink},
    topics::same_cluster,
};

const EITHER: &str =
    "exactly once needs sinks of kind `kafka` only, or one sink of kind `postgres` or `sqlite`";

pub(super) fn check(reader: &Reader<'_>, ends: &Ends) {
    let exact = ends.sources.iter().find_map(|end| match &end.value {
        Source::Kafka(source) if source.delivery == Guarantee::ExactlyOnce => {
            Some((end, &source.client))
        }
        _ => None,
    });
    let Some((source, client)) = exact else {
        return;
    };
    alone(reader, ends, source);
    for sink in ends.sinks.iter().filter(|end| end.value == Sink::Stdout) {
        let message = format!(
            "{} of kind `stdout` cannot take back what it wrote when a transaction fails; {EITHER}",
            sink.title
        );
        reader.problem(sink.span.clone(), message);
    }
    let topics: Vec<_> = ends.sinks.iter().filter_map(topic_of_sink).collect();
    let databases: Vec<_> = ends
        .sinks
        .iter()
        .filter_map(|end| Some((end, database_of_sink(&end.value)?)))
        .collect();
    match (topics.as_slice(), databases.as_slice()) {
        ([], []) => {}
        ([first, ..], []) => one_cluster(reader, ends, (source, client), first, &topics),
        ([], [(_, database)]) => one_database(reader, ends, database),
        ([], [_, more @ ..]) => {
            for (end, _) in more {
                let message = format!(
                    "{} is one database more than a transaction can write to; {EITHER}",
                    end.title
                );
                reader.problem(end.span.clone(), message);
            }
        }
        ([_, ..], [(database, _), ..]) => {
            let message = format!(
                "{} cannot keep `delivery = \"exactly-once\"`: Kafka and the database of {} have no transaction in common; {EITHER}; a pipeline and a group for each keep it too",
                source.title, database.title
            );
            reader.problem(source.at("delivery"), message);
        }
    }
}

/// A transaction moves the place of one consumer.
fn alone(reader: &Reader<'_>, ends: &Ends, exact: &Placed<Source>) {
    let others = ends.sources.iter().filter(|other| {
        // Where it stands tells one end from another.
        other.value != Source::Http && other.span != exact.span
    });
    for other in others {
        let message = format!(
            "{} of kind `{}` stands beside a source with `delivery = \"exactly-once\"`: a transaction moves the place in one topic only, so this one's events could be delivered twice; give it a pipeline of its own",
            other.title,
            other.value.kind()
        );
        reader.problem(other.span.clone(), message);
    }
}

type Output<'e> = (&'e str, std::ops::Range<usize>, &'e KafkaTopic);

fn topic_of_sink(end: &Placed<Sink>) -> Option<Output<'_>> {
    match &end.value {
        Sink::Kafka(topic) => Some((&end.title, end.span.clone(), topic)),
        _ => None,
    }
}

/// One producer writes to all topics, with the place in the source's.
fn one_cluster(
    reader: &Reader<'_>,
    ends: &Ends,
    (source, client): (&Placed<Source>, &KafkaClient),
    (first_title, _, first): &Output<'_>,
    topics: &[Output<'_>],
) {
    let mut outputs = topics.to_vec();
    if let Some(dead) = &ends.dead_letter {
        match &dead.value {
            DeadLetter::Kafka(topic) => outputs.push((&dead.title, dead.span.clone(), topic)),
            _ => reader.problem(dead.at("kind"), format!(
                "{} must be of kind `kafka`, as the sinks are: with `delivery = \"exactly-once\"` dead letters and outcomes are written in one transaction",
                dead.title
            )),
        }
    }
    for (title, span, output) in outputs {
        let unknown = client.brokers.is_empty() || output.client.brokers.is_empty();
        let message = if !unknown && !same_cluster(client, &output.client) {
            format!(
                "`brokers` in {title} has none of {}: with `delivery = \"exactly-once\"` both are of one cluster, for no transaction spans two",
                source.title
            )
        } else if logins(client) != logins(&output.client) {
            format!(
                "{title} has other settings of `security.protocol`, `sasl.*` or `ssl.*` than {}: with `delivery = \"exactly-once\"` one login reads and writes in a transaction",
                source.title
            )
        } else if sorted(&first.client) != sorted(&output.client) {
            format!(
                "`librdkafka` in {title} differs from that of {first_title}: with `delivery = \"exactly-once\"` one producer writes all topics"
            )
        } else {
            continue;
        };
        reader.problem(span, message);
    }
}

fn logins(client: &KafkaClient) -> Vec<&(String, String)> {
    let mut settings = sorted(client);
    settings.retain(|(name, _)| decides_login(name));
    settings
}

fn sorted(client: &KafkaClient) -> Vec<&(String, String)> {
    let mut settings: Vec<_> = client.librdkafka.iter().collect();
    settings.sort();
    settings
}

/// The place in the topic is kept where the outcomes are.
fn one_database(reader: &Reader<'_>, ends: &Ends, database: &Database<'_>) {
    let Some(dead) = &ends.dead_letter else {
        return;
    };
    let of_dead = database_of_dead_letters(&dead.value);
    // What is missing was told already.
    let unknown = of_dead.as_ref().is_some_and(Database::is_unknown) || database.is_unknown();
    if !unknown && of_dead.as_ref() != Some(database) {
        let kind = database.kind();
        let message = format!(
            "{} must be of kind `{kind}` with the sink's `{}`: with `delivery = \"exactly-once\"` dead letters and outcomes are written in one transaction",
            dead.title,
            database.key()
        );
        reader.problem(dead.span.clone(), message);
    }
}
