//! From a record's send to its decision's being there for a reader of committed records, at a steady rate.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{BaseConsumer, Consumer as _},
    producer::{BaseProducer, BaseRecord, Producer as _},
};

use super::{PARTITIONS, Rig};

/// Until everybody has what is theirs, what comes is not counted.
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(5);

/// p50 and p99 in milliseconds.
pub fn measure(
    rig: &Rig<'_>,
    input: &str,
    output: &str,
    per_second: f64,
) -> anyhow::Result<(f64, f64)> {
    let client = rig.kafka.client();
    let reader = client.clone();
    let output = output.to_owned();
    let reading = thread::spawn(move || read(reader, &output));
    send(rig, &client, input, per_second)?;
    let mut took = reading.join().ok().context("the reader ended")??;
    anyhow::ensure!(!took.is_empty(), "no decision came");
    took.sort_unstable();
    let quantile = |q: f64| took[((took.len() - 1) as f64 * q) as usize] as f64;
    Ok((quantile(0.5), quantile(0.99)))
}

fn send(rig: &Rig<'_>, client: &ClientConfig, input: &str, per_second: f64) -> anyhow::Result<()> {
    let producer: BaseProducer = client.clone().set("linger.ms", "1").create()?;
    let start = Instant::now();
    let mut sent = 0;
    while start.elapsed() < WARM_UP + MEASURED {
        let due = (start.elapsed().as_secs_f64() * per_second) as usize;
        while sent < due {
            let payment = &rig.payments[sent % rig.payments.len()];
            let record = BaseRecord::<[u8], [u8]>::to(input)
                .payload(payment.as_bytes())
                .partition((sent % PARTITIONS as usize) as i32)
                .timestamp(now_ms());
            if producer.send(record).is_err() {
                break;
            }
            sent += 1;
        }
        producer.poll(Duration::ZERO);
        thread::sleep(TICK);
    }
    producer.flush(Duration::from_secs(10))?;
    Ok(())
}

/// The ages of decisions as they are seen, in milliseconds.
fn read(client: ClientConfig, output: &str) -> anyhow::Result<Vec<i64>> {
    let consumer: BaseConsumer = client
        .clone()
        .set("group.id", format!("reader-of-{output}"))
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "5")
        .create()?;
    consumer.subscribe(&[output])?;
    let start = Instant::now();
    let mut took = Vec::new();
    while start.elapsed() < WARM_UP + MEASURED + Duration::from_secs(1) {
        let Some(message) = consumer.poll(Duration::from_millis(5)) else {
            continue;
        };
        let sent = message?.timestamp().to_millis().unwrap_or_default();
        if start.elapsed() > WARM_UP {
            took.push(now_ms() - sent);
        }
    }
    Ok(took)
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
