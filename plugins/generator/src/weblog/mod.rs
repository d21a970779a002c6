//! A shop's web server: people who read and buy, crawlers that index, scrapers that pose as people, scanners that look for holes.

mod agents;
mod bots;
mod line;
mod people;
mod site;

use crate::Sample;
use crate::calendar::daylight;
use crate::random::Random;
use crate::timeline::{Timed, Timeline};

use line::Line;

/// Sessions an hour, by day; bots do not sleep.
const PEOPLE_PER_HOUR: f64 = 90.0;
const BOTS_PER_HOUR: f64 = 40.0;

pub fn samples(seed: u64) -> impl Iterator<Item = Sample> + Send {
    let mut random = Random::new(seed);
    Timeline::new(Box::new(move |time_s| {
        let people = PEOPLE_PER_HOUR * daylight(time_s as i64);
        let per_hour = people + BOTS_PER_HOUR;
        let mut session = if random.chance(people / per_hour) {
            people::person(time_s, &mut random)
        } else {
            bots::bot(time_s, &mut random)
        };
        let lines = std::mem::take(&mut session.lines);
        let lines = lines.into_iter().map(|(time_s, line)| Timed {
            time_s,
            sample: session.sample(time_s, &line),
        });
        (lines.collect(), random.exponential(3600.0 / per_hour))
    }))
}

/// An address of a network that people or machines have.
fn client(random: &mut Random) -> String {
    if random.chance(0.25) {
        let mut group = || random.below(0x1_0000);
        let (a, b, c, d) = (group(), group(), group(), group());
        return format!("2001:db8:{a:x}:{b:x}::{c:x}:{d:x}");
    }
    // The networks set aside for documents (RFC 5737) are too few for all of them.
    let mut byte = || random.below(256);
    format!("10.{}.{}.{}", byte(), byte(), byte())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_has_its_nine_fields() {
        for sample in super::samples(1).take(2000) {
            let line = String::from_utf8(sample.event).expect("text");
            assert!(line.starts_with(&format!("{} - ", sample.key)), "{line}");
            // Quotes that end a field, not those within.
            assert_eq!(line.replace("\\\"", "").matches('"').count(), 6, "{line}");
        }
    }
}
