//! A hall of machines, each of which sends a reading of its sensors every five minutes.

mod device;
mod fault;
mod reading;

use crate::random::Random;
use crate::{Form, Sample, calendar::START_S};

use device::Device;

const DEVICES: usize = 200;
const PERIOD_S: i64 = 300;

pub fn samples(seed: u64, form: Form) -> impl Iterator<Item = Sample> + Send {
    let mut random = Random::new(seed);
    let mut devices: Vec<Device> = (0..DEVICES)
        .map(|nth| Device::new(nth, &mut random))
        .collect();
    (0..).map(move |tick: usize| {
        let (round, nth) = (tick / DEVICES, tick % DEVICES);
        // Devices send one after the other, as their clocks started.
        let offset_s = nth as i64 * PERIOD_S / DEVICES as i64;
        let time_s = START_S + round as i64 * PERIOD_S + offset_s;
        let device = &mut devices[nth];
        let seen = device.read(time_s, &mut random);
        let binary = match form {
            Form::Json => false,
            Form::Binary => true,
            Form::Mixed => nth % 2 == 1,
        };
        Sample {
            event: if binary {
                seen.reading.binary()
            } else {
                seen.reading.json()
            },
            key: seen.reading.device_id(),
            label: seen.anomaly,
            pattern: seen.pattern,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_form_tells_the_same_readings() {
        let [json, binary, mixed] =
            [Form::Json, Form::Binary, Form::Mixed].map(|form| samples(3, form));
        for ((json, binary), mixed) in json.zip(binary).zip(mixed).take(1000) {
            assert_eq!((json.key, json.label), (binary.key, binary.label));
            assert_eq!(binary.event.len(), 38);
            assert!(mixed.event == json.event || mixed.event == binary.event);
        }
    }
}
