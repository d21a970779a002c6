//! Topic to model to topic or table, beside a Rust program that does the same natively and one that only copies. What is measured runs on one
//! processor, the servers on another.

mod latency;
pub mod native;
mod program;
mod progress;

use std::{cell::Cell, path::PathBuf};

use scoregate_tests::servers::{
    Kafka, Postgres,
    records::{NewRecord, produce},
};

use crate::{
    pairs::{Effort, Pairs},
    process::{AS_NATIVE_STREAM, AS_SCOREGATE},
    sample::Sample,
    table::{Budget, Table},
};
use program::{Program, move_aside};
use progress::Progress;

pub const PARTITIONS: i32 = 4;
const RECORDS: usize = 300_000;
const PAIRS: usize = 3;

/// The servers, and the records that every run reads from their beginning.
pub struct Rig<'s> {
    pub kafka: Kafka,
    postgres: Postgres,
    pub payments: &'s [String],
    sample: &'s Sample,
    input: String,
    runs: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Work {
    Copy,
    Native,
    AtLeastOnce,
    ExactlyOnce,
    ToTable,
}

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    table.section(
        "streams: 300-byte payments, 4 partitions, one broker; what is measured has one processor",
    );
    let rig = Rig::start(sample)?;
    let pairs = effort.pairs(PAIRS);
    let compare =
        |measured: Work, bound: Work| Pairs::run(pairs, || rig.rate(measured), || rig.rate(bound));
    let copy = compare(Work::Native, Work::Copy)?;
    table.row(
        "native program",
        "/s",
        &copy,
        "a copy of the records",
        Budget::None,
    );
    let at_least = compare(Work::AtLeastOnce, Work::Native)?;
    table.row(
        "topic to topic, at least once",
        "/s",
        &at_least,
        "the native program",
        Budget::RatioAtLeast(0.7),
    );
    let exactly = compare(Work::ExactlyOnce, Work::AtLeastOnce)?;
    table.row(
        "topic to topic, exactly once",
        "/s",
        &exactly,
        "at least once",
        Budget::RatioAtLeast(0.9),
    );
    let to_table = compare(Work::ToTable, Work::AtLeastOnce)?;
    table.row(
        "topic to PostgreSQL, exactly once",
        "/s",
        &to_table,
        "topic to topic, at least once",
        Budget::None,
    );
    for (what, work, full) in [
        ("at least once", Work::AtLeastOnce, at_least.measured()),
        ("exactly once", Work::ExactlyOnce, exactly.measured()),
    ] {
        let (p50, p99) = rig.latency(work, full / 2.0)?;
        table.note(&format!(
            "from send to committed decision, {what}, at half of that ({:.0}/s): p50 {p50:.0} ms, p99 {p99:.0} ms",
            full / 2.0
        ));
    }
    Ok(())
}

impl<'s> Rig<'s> {
    fn start(sample: &'s Sample) -> anyhow::Result<Self> {
        let (kafka, postgres) = (Kafka::start(), Postgres::start());
        for pid in [kafka.pid(), postgres.pid()].into_iter().flatten() {
            move_aside(pid)?;
        }
        let input = kafka.fresh_topic("payments", PARTITIONS);
        let records = (0..RECORDS).map(|nth| {
            let payment = &sample.payments[nth % sample.payments.len()];
            NewRecord {
                partition: Some((nth % PARTITIONS as usize) as i32),
                ..NewRecord::keyed(format!("card_{}", nth % 1_000), payment.as_str())
            }
        });
        produce(&kafka.client(), &input, records);
        Ok(Self {
            kafka,
            postgres,
            payments: &sample.payments,
            sample,
            input,
            runs: Cell::new(0),
        })
    }

    /// Records a second of one run over all of the topic.
    fn rate(&self, work: Work) -> anyhow::Result<f64> {
        let output = self.kafka.fresh_topic("decisions", PARTITIONS);
        let (client, group) = (self.kafka.client(), format!("{output}.group"));
        let url = self.postgres.fresh_database();
        let progress = match work {
            Work::Copy | Work::Native | Work::AtLeastOnce => Progress::records(&client, &output)?,
            Work::ExactlyOnce => Progress::committed(&client, &group, &self.input)?,
            Work::ToTable => Progress::rows(&url)?,
        };
        let _program = self.start_work(work, &self.input, &output, &group, &url)?;
        progress.rate(RECORDS as i64)
    }

    fn latency(&self, work: Work, per_second: f64) -> anyhow::Result<(f64, f64)> {
        let input = self.kafka.fresh_topic("steady", PARTITIONS);
        let output = self.kafka.fresh_topic("decisions", PARTITIONS);
        let group = format!("{output}.group");
        let _program = self.start_work(work, &input, &output, &group, "")?;
        latency::measure(self, &input, &output, per_second)
    }

    fn start_work(
        &self,
        work: Work,
        input: &str,
        output: &str,
        group: &str,
        url: &str,
    ) -> anyhow::Result<Program> {
        let run = self.runs.get();
        self.runs.set(run + 1);
        let log = self.sample.file(&format!("run-{run}.log"));
        let brokers = self.kafka.brokers();
        let config = |delivery, ends: String| self.config(run, input, group, delivery, &ends);
        let file = match work {
            Work::Copy => {
                return Program::start(
                    &log,
                    &[AS_NATIVE_STREAM, brokers, input, output, group, "copy"],
                );
            }
            Work::Native => {
                return Program::start(
                    &log,
                    &[AS_NATIVE_STREAM, brokers, input, output, group, "score"],
                );
            }
            Work::AtLeastOnce => config("at-least-once", self.topics(output))?,
            Work::ExactlyOnce => config("exactly-once", self.topics(output))?,
            Work::ToTable => config("exactly-once", tables(url))?,
        };
        Program::start(&log, &[AS_SCOREGATE, "serve", &file.display().to_string()])
    }

    fn config(
        &self,
        run: usize,
        input: &str,
        group: &str,
        delivery: &str,
        ends: &str,
    ) -> anyhow::Result<PathBuf> {
        let path = self.sample.file(&format!("run-{run}.toml"));
        let brokers = self.kafka.brokers();
        let text = format!(
            r#"
[server]
http  = "127.0.0.1:0"
admin = "127.0.0.1:0"
[store]
path = "store"
[plugins.payments]
file = "payments.wasm"
config = {{ decline_above = 0.8 }}
[plugins.fraud]
file = "fraud.wasm"
[pipelines.fraud]
adapter = "payments"
model   = "fraud"
[[pipelines.fraud.sources]]
kind = "kafka"
brokers = "{brokers}"
topic = "{input}"
group = "{group}"
delivery = "{delivery}"
{ends}"#
        );
        std::fs::write(&path, text)?;
        Ok(path)
    }

    fn topics(&self, output: &str) -> String {
        let brokers = self.kafka.brokers();
        let dead = self.kafka.fresh_topic("dead", 1);
        format!(
            r#"
[[pipelines.fraud.sinks]]
kind = "kafka"
brokers = "{brokers}"
topic = "{output}"
[pipelines.fraud.dead_letter]
kind = "kafka"
brokers = "{brokers}"
topic = "{dead}"
"#
        )
    }
}

fn tables(url: &str) -> String {
    format!(
        r#"
[[pipelines.fraud.sinks]]
kind = "postgres"
url = "{url}"
[pipelines.fraud.dead_letter]
kind = "postgres"
url = "{url}"
"#
    )
}
