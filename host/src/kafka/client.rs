//! From the configuration to a client of librdkafka.

use rdkafka::{
    ClientConfig,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::KafkaFailure;
use crate::config;

/// Words in the names of settings whose values are secrets.
const SECRET_WORDS: [&str; 4] = ["password", "secret", "pem", "token"];

/// The settings of one client: `defaults`, over them the user's, over them `fixed`. `client_id` is how brokers log it.
pub fn settings(
    client: &config::KafkaClient,
    client_id: &str,
    defaults: &[(&str, &str)],
    fixed: &[(&str, &str)],
) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings.set("client.id", client_id);
    let users = client
        .librdkafka
        .iter()
        .map(|(name, value)| (&**name, &**value));
    for (name, value) in defaults.iter().copied().chain(users) {
        settings.set(name, value);
    }
    settings.set("bootstrap.servers", &client.brokers);
    for (name, value) in fixed {
        settings.set(*name, *value);
    }
    // librdkafka's own chatter costs time even where nobody reads it.
    let chatty = settings.get("debug").is_some();
    settings.set_log_level(if chatty {
        RDKafkaLogLevel::Debug
    } else {
        RDKafkaLogLevel::Info
    });
    settings
}

/// Why no client could be made of these settings.
pub fn not_made(client: &config::KafkaClient, error: &KafkaError) -> KafkaFailure {
    let brokers = &client.brokers;
    KafkaFailure(match error {
        // Its text holds the value, and that may be a secret.
        KafkaError::ClientConfig(_, _, name, _)
            if SECRET_WORDS.iter().any(|word| name.contains(word)) =>
        {
            format!("librdkafka does not take the value of the setting `{name}`")
        }
        KafkaError::ClientConfig(_, reason, name, _) => {
            format!("librdkafka does not take the setting `{name}`: {reason}")
        }
        KafkaError::ClientCreation(reason) => {
            format!("no client of the brokers {brokers} can be made: {reason}")
        }
        error => format!("no client of the brokers {brokers} can be made: {error}"),
    })
}

/// What went wrong, without the wrapping's words.
pub fn cause(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) if code != RDKafkaErrorCode::Fail => code.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::{config::FromClientConfig, consumer::BaseConsumer};

    use super::*;

    fn client(librdkafka: &[(&str, &str)]) -> config::KafkaClient {
        config::KafkaClient {
            brokers: "127.0.0.1:1".into(),
            librdkafka: librdkafka
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn users_settings_go_over_ours_and_under_what_the_guarantee_rests_on() {
        let client = client(&[
            ("auto.offset.reset", "latest"),
            ("enable.auto.commit", "true"),
        ]);
        let settings = settings(
            &client,
            "gw-1",
            &[
                ("auto.offset.reset", "earliest"),
                ("fetch.wait.max.ms", "7"),
            ],
            &[("enable.auto.commit", "false")],
        );
        assert_eq!(settings.get("client.id"), Some("gw-1"));
        assert_eq!(settings.get("bootstrap.servers"), Some("127.0.0.1:1"));
        assert_eq!(settings.get("auto.offset.reset"), Some("latest"));
        assert_eq!(settings.get("fetch.wait.max.ms"), Some("7"));
        assert_eq!(settings.get("enable.auto.commit"), Some("false"));
    }

    #[test]
    fn a_setting_that_is_not_taken_is_named_and_a_secret_is_not_told() {
        let fails = |librdkafka: &[(&str, &str)]| {
            let client = client(librdkafka);
            let made = BaseConsumer::from_config(&settings(&client, "gw-1", &[], &[]));
            let error = made.err().expect("a setting that is refused");
            not_made(&client, &error).to_string()
        };
        let unknown = fails(&[("fetch.wait.max", "7")]);
        assert!(unknown.contains("`fetch.wait.max`"), "{unknown}");
        let secret = fails(&[("ssl.truststore.password", "hunter2")]);
        assert!(
            secret.contains("`ssl.truststore.password`") && !secret.contains("hunter2"),
            "{secret}"
        );
    }
}
