//! Settings of librdkafka, passed on as they are but for those that the gateway's promises rest on. Their values may be secrets: no message
//! shows one.

use toml::{Spanned, de::DeValue};

use super::super::{reader::Reader, table::Table, text::quoted};

const KEY: &str = "librdkafka";

/// Settings that are not the user's, and why.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", USE_BROKERS),
    ("metadata.broker.list", USE_BROKERS),
    ("group.id", "the group's name is given as `group`"),
    ("enable.auto.commit", ACKNOWLEDGED),
    ("auto.commit.enable", ACKNOWLEDGED),
    ("enable.auto.offset.store", ACKNOWLEDGED),
    ("enable.partition.eof", "an end of a partition is no event"),
    (
        "statistics.interval.ms",
        "lag and readiness are read from the statistics",
    ),
    (
        "transactional.id",
        "the gateway makes it of the group's, the pipeline's and its own name, so that a gateway that was replaced is fenced",
    ),
    (
        "enable.idempotence",
        "without it a record that is sent again may stand in the topic twice or out of order",
    ),
    (
        "plugin.library.paths",
        "it would load code into the gateway's process",
    ),
];
/// More of them in a source that delivers exactly once.
const REFUSED_EXACTLY_ONCE: &[(&str, &str)] = &[
    (
        "isolation.level",
        "with `delivery = \"exactly-once\"` only what was committed is read",
    ),
    (
        "group.protocol",
        "with `delivery = \"exactly-once\"` a frozen gateway is fenced by the rules of the classic protocol",
    ),
];
const USE_BROKERS: &str = "the cluster is given as `brokers`";
const ACKNOWLEDGED: &str = "the gateway acknowledges an event when its outcome or its dead letter has been taken, and not before";

/// What every copy must have; librdkafka knows it by two names.
const ACKS: [&str; 2] = ["acks", "request.required.acks"];
const ACKS_ALL: [&str; 2] = ["all", "-1"];

/// Whether a setting decides as whom, and how protected, a cluster is spoken to.
pub(in super::super) fn decides_login(setting: &str) -> bool {
    setting == "security.protocol"
        || ["sasl.", "ssl.", "enable.ssl.", "enable.sasl."]
            .iter()
            .any(|prefix| setting.starts_with(prefix))
}

/// The settings of an end, in the file's order.
pub(super) fn read(table: &mut Table<'_>, exactly_once: bool) -> Vec<(String, String)> {
    let title = format!("`{KEY}` in {}", table.title());
    let reader = table.reader;
    let mut settings = Vec::new();
    for (name, value) in table.settings(KEY) {
        let setting: &str = name.get_ref();
        if setting.is_empty() || setting.contains(|c: char| c.is_control() || c == ' ') {
            let message = format!("{} in {title} is no setting's name", quoted(setting));
            reader.problem(name.span(), message);
        } else if let Some(why) = refused(setting, exactly_once) {
            let message = format!("`{setting}` in {title} cannot be set: {why}");
            reader.problem(name.span(), message);
        } else if let Some(value) = text(reader, &title, setting, value) {
            if ACKS.contains(&setting) && !ACKS_ALL.contains(&value.as_str()) {
                let message = format!(
                    "`{setting}` in {title} can only be `all`: an outcome that not every replica has could be lost after its event was acknowledged"
                );
                reader.problem(name.span(), message);
            }
            settings.push((setting.to_owned(), value));
        }
    }
    settings
}

/// Why a setting is not the user's, if so.
fn refused(setting: &str, exactly_once: bool) -> Option<&'static str> {
    let more = if exactly_once {
        REFUSED_EXACTLY_ONCE
    } else {
        &[]
    };
    let mut all = REFUSED.iter().chain(more);
    all.find(|(name, _)| *name == setting).map(|(_, why)| *why)
}

/// A value as librdkafka takes it; none if it is wrong, which is then recorded.
fn text(
    reader: &Reader<'_>,
    title: &str,
    setting: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<String> {
    let text = match value.get_ref() {
        DeValue::String(written) => {
            let string = reader.string(written, value.span())?;
            (!string.value.contains('\0')).then_some(string.value)
        }
        DeValue::Integer(integer) => i128::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .map(|number| number.to_string()),
        DeValue::Float(float) => Some(float.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        // Names with dots that are not quoted are tables to TOML.
        DeValue::Table(_) => {
            let message = format!(
                "{} in {title} is a table; a name with dots stands in quotes, such as `\"security.protocol\"`",
                quoted(setting)
            );
            reader.problem(value.span(), message);
            return None;
        }
        DeValue::Datetime(_) | DeValue::Array(_) => None,
    };
    if text.is_none() {
        let message = format!(
            "{} in {title} must be a string without NUL, a number, `true` or `false`",
            quoted(setting)
        );
        reader.problem(value.span(), message);
    }
    text
}
