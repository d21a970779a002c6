//! Whether the servers of a configuration are there, asked without changing anything on them.

use std::time::Duration;

use tokio::{task::JoinHandle, time::timeout};

use crate::{
    config::{
        Config, DatabaseUrl, DeadLetter, KafkaTopic, Outbox, Pipeline, PostgresTable, Sink, Source,
    },
    sink::{self, SinkError, postgres::PostgresDeadLetters},
    source::OutboxSource,
    store::Store,
};

/// How long one server may take to answer. Questions bound themselves to less where they can, and then say more.
const ANSWER_MAX: Duration = Duration::from_secs(11);

/// One thing that a pipeline needs of a server.
enum Question {
    Topic(KafkaTopic),
    Table(PostgresTable),
    Letters(PostgresTable),
    Outbox(Outbox),
}

impl Question {
    /// One sentence where the answer is no.
    async fn ask(&self, pipeline: &str) -> Result<(), String> {
        let of_sink = match self {
            Question::Topic(topic) => sink::kafka::connect(topic, pipeline).await,
            Question::Table(table) => sink::postgres::connect(table, pipeline).await,
            Question::Letters(table) => PostgresDeadLetters::connect(table, pipeline).await,
            Question::Outbox(outbox) => return OutboxSource::connect(outbox).await,
        };
        of_sink.map_err(detail)
    }
}

/// What keeps topics, tables and the store's database from being used, one sentence each; all are asked side by side.
pub async fn check_connections(config: &Config) -> Vec<String> {
    let mut asked: Vec<_> = config.pipelines.iter().flat_map(ask_all).collect();
    asked.extend(config.store.url.clone().map(ask_store));
    let mut faults = Vec::new();
    for (place, answer) in asked {
        let fault = match answer.await {
            Ok(Ok(Ok(()))) => continue,
            Ok(Ok(Err(fault))) => fault,
            Ok(Err(_)) => format!("did not answer within {} s", ANSWER_MAX.as_secs()),
            Err(_) => "asking ended by a panic".to_owned(),
        };
        faults.push(format!("{place}: {fault}"));
    }
    faults
}

type Answer = JoinHandle<Result<Result<(), String>, tokio::time::error::Elapsed>>;

fn ask_store(url: DatabaseUrl) -> (String, Answer) {
    let asked = async move {
        let answer = timeout(ANSWER_MAX, Store::connect(&url)).await;
        answer.map(|answer| answer.map_err(|error| error.to_string()))
    };
    ("store".to_owned(), tokio::spawn(asked))
}

fn ask_all(pipeline: &Pipeline) -> Vec<(String, Answer)> {
    let name = &pipeline.name;
    questions(pipeline)
        .into_iter()
        .map(|(end, question)| {
            let place = format!("{end} of pipeline `{name}`");
            let name = name.clone();
            let asked = async move { timeout(ANSWER_MAX, question.ask(&name)).await };
            (place, tokio::spawn(asked))
        })
        .collect()
}

fn questions(pipeline: &Pipeline) -> Vec<(&'static str, Question)> {
    let sources = pipeline.sources.iter().filter_map(|source| match source {
        Source::Kafka(source) => {
            let (client, topic) = (source.client.clone(), source.topic.clone());
            let topic = KafkaTopic { client, topic };
            Some(("source kafka", Question::Topic(topic)))
        }
        Source::Postgres(outbox) => Some(("source postgres", Question::Outbox(outbox.clone()))),
        Source::Http | Source::File { .. } => None,
    });
    let sinks = pipeline.sinks.iter().filter_map(|sink| match sink {
        Sink::Kafka(topic) => Some(("sink kafka", Question::Topic(topic.clone()))),
        Sink::Postgres(table) => Some(("sink postgres", Question::Table(table.clone()))),
        Sink::Sqlite { .. } | Sink::Stdout => None,
    });
    let dead = pipeline.dead_letter.iter().filter_map(|dead| match dead {
        DeadLetter::Kafka(topic) => Some(("dead_letter kafka", Question::Topic(topic.clone()))),
        DeadLetter::Postgres(table) => {
            Some(("dead_letter postgres", Question::Letters(table.clone())))
        }
        DeadLetter::Sqlite { .. } | DeadLetter::File { .. } => None,
    });
    sources.chain(sinks).chain(dead).collect()
}

/// The cause alone: which end it is of is said already.
fn detail(error: SinkError) -> String {
    match error {
        SinkError::Temporary(failure)
        | SinkError::Permanent(failure)
        | SinkError::Rows(failure, _)
        | SinkError::Closed(failure) => failure.detail,
    }
}
