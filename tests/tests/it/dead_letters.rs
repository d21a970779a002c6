//! `scoregate dead-letters`: what has no outcome is listed, shown, and sent again.

mod tables;

use std::{fs, path::Path, sync::Arc, time::Duration};

use scoregate_tests::{
    command::{self, Ended},
    folder::Folder,
    gateway::Gateway,
    payments, rows,
    servers::{
        Kafka, eventually,
        records::{NewRecord, produce, read_committed},
    },
    streams,
};
use serde_json::{Value, json};

/// Much longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(60);

fn dead_letters(folder: &Folder, args: &[&str]) -> Ended {
    let config = folder.config();
    let config = config.to_str().unwrap();
    let args = ["dead-letters"].iter().chain(args).copied();
    command::run(folder, args.chain(["--config", config]))
}

fn listed(folder: &Folder) -> Value {
    let ended = dead_letters(folder, &["list", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const HTTP: &str = "[[pipelines.fraud.sources]]\nkind = \"http\"\n";

#[tokio::test]
async fn letters_in_a_file_are_listed_shown_and_sent_again_to_a_gateway() {
    let config = streams::file_to_sqlite("app.log");
    let folder = Arc::new(streams::folder(&format!("{config}{HTTP}")));
    let none = dead_letters(&folder, &["list"]);
    assert_eq!(
        (none.code, none.stdout.trim()),
        (Some(0), "no dead letters")
    );
    folder.write("app.log", "no payment\nnor this\n");
    let gateway = Gateway::start(folder.clone());
    let dead = folder.path("dead.ndjson");
    eventually(WAIT_MAX, || lines(&dead).len() == 2);

    let list = listed(&folder);
    assert_eq!(list["counts"], json!({ "rejected": 2 }));
    let id = list["letters"][1]["id"].as_str().unwrap();
    let shown = dead_letters(&folder, &["show", id, "--payload"]);
    let payload = list["letters"][1]["payload"].as_str().unwrap();
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), payload));
    let shown = dead_letters(&folder, &["show", id]).stdout;
    assert!(
        shown.contains("rejected") && shown.contains(payload),
        "{shown}"
    );
    let unknown = dead_letters(&folder, &["show", "none"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("has no dead letter `none`"));

    let no_url = dead_letters(&folder, &["retry", id]);
    assert_eq!(no_url.code, Some(1));
    assert!(
        no_url.stderr.contains("give --url http://HOST:PORT"),
        "{}",
        no_url.stderr
    );

    // As if the cause of one were gone by now.
    let mut good = lines(&dead)[0].clone();
    good["event_id"] = json!("app.log/1/7");
    good["payload"] = json!(payments::ndjson().lines().next().unwrap());
    fs::write(
        &dead,
        fs::read_to_string(&dead).unwrap() + &good.to_string() + "\n",
    )
    .unwrap();
    let url = format!("http://{}", gateway.http);
    let retried = dead_letters(
        &folder,
        &["retry", "--all", "--url", &url, "--output", "json"],
    );
    assert_eq!(retried.code, Some(1), "{}", retried.stderr);
    let result: Value = serde_json::from_str(&retried.stdout).unwrap();
    assert_eq!(
        (&result["sent"], result["refused"].as_array().unwrap().len()),
        (&json!(1), 2)
    );
    let rows = rows::read(&gateway.database()).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].event_id, "app.log/1/7");
    assert_eq!(listed(&folder)["counts"], json!({ "rejected": 2 }));
}

#[test]
fn letters_in_a_topic_go_back_into_the_source_s_topic_once() {
    let kafka = Kafka::shared();
    let [input, output, dead] = ["in", "out", "dead"].map(|name| kafka.fresh_topic(name, 2));
    let config = streams::kafka_to_kafka(
        kafka.brokers(),
        &input,
        &output,
        &dead,
        &input,
        "at-least-once",
    );
    let folder = Arc::new(streams::folder(&config));
    let poison = NewRecord {
        partition: Some(1),
        headers: vec![("trace".into(), b"7".to_vec())],
        ..NewRecord::keyed("card-7", "no payment")
    };
    produce(&kafka.client(), &input, [poison]);
    let gateway = Gateway::start(folder.clone());
    let read = |topic: &str| read_committed(&kafka.client(), topic);
    eventually(WAIT_MAX, || read(&dead).len() == 1);
    let list = listed(&folder);
    assert_eq!(list["counts"], json!({ "rejected": 1 }));
    assert_eq!(list["letters"][0]["payload"], "no payment");
    assert_eq!(
        list["letters"][0]["headers"],
        json!([{ "name": "trace", "value": "7" }])
    );

    let retried = dead_letters(&folder, &["retry", "--all"]);
    assert_eq!(
        (retried.code, retried.stdout.trim()),
        (Some(0), "1 sent again, 0 not"),
        "{}",
        retried.stderr
    );
    let again = read(&input);
    assert_eq!((again.len(), again[1].partition), (2, 1));
    assert_eq!(
        (&again[1].key, &again[1].value),
        (&again[0].key, &again[0].value)
    );
    assert_eq!(again[1].header("scoregate-retry"), Some(&b"1"[..]));
    assert_eq!(again[1].header("trace"), Some(&b"7"[..]));

    // It died once more: that letter alone is open.
    eventually(WAIT_MAX, || read(&dead).len() == 2);
    let retried = dead_letters(&folder, &["retry", "--all"]);
    assert_eq!(retried.stdout.trim(), "1 sent again, 0 not");
    eventually(WAIT_MAX, || read(&dead).len() == 3);
    assert_eq!(read(&input)[2].header("scoregate-retry"), Some(&b"2"[..]));
    let id = listed(&folder)["letters"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let named = dead_letters(&folder, &["retry", &id]);
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    drop(gateway);
}
