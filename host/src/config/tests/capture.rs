use super::{messages, parse, with};
use crate::config::{Capture, Kept};

fn captured(lines: &str) -> Option<Capture> {
    parse(&with(lines)).unwrap().pipelines[0].capture
}

#[test]
fn what_is_kept_is_said_by_one_word_and_the_rest_has_defaults() {
    let kept = |what| Capture {
        what,
        max_count: 1_000,
        max_bytes: 64 << 20,
    };
    let every = |every_events| Kept::Sampled { every_events };
    assert_eq!(captured(""), None);
    assert_eq!(captured("capture = 'faults'"), Some(kept(Kept::Faults)));
    assert_eq!(captured("capture = 'sampled'"), Some(kept(every(1_000))));
    let all = "capture = 'sampled'\ncapture_every_events = 1\ncapture_max_count = 2\ncapture_max_bytes = 70_000";
    let expected = Capture {
        what: every(1),
        max_count: 2,
        max_bytes: 70_000,
    };
    assert_eq!(captured(all), Some(expected));
}

#[test]
fn what_does_nothing_is_told_with_what_would() {
    let told = messages(&with("capture = 'fault'"));
    let expected = "`capture` in [pipelines.fraud] is `fault`; did you mean `faults`?";
    assert_eq!(told, [expected]);
    let told = messages(&with("capture_max_count = 5"));
    assert!(
        told.len() == 1
            && told[0].starts_with(
                "`capture_max_count` in [pipelines.fraud] does nothing: without `capture`"
            ),
        "{told:?}"
    );
    let told = messages(&with("capture = 'faults'\ncapture_every_events = 5"));
    assert!(
        told.len() == 1 && told[0].contains("with `capture = \"faults\"` no other events are kept"),
        "{told:?}"
    );
}
