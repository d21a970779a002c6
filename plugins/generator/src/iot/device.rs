//! A machine with sensors: its load follows the shifts, it drifts as it wears, its sensors fail now and then, and so does it.

use std::collections::VecDeque;

use super::fault::{Effect, Fault, Trouble};
use super::reading::{AVERAGED, Reading};
use crate::calendar::{START_S, daylight, hour};
use crate::random::Random;

/// Readings of an hour.
const WINDOW: usize = 12;

/// What a machine of a kind does at full load: °C above the hall, mm/s, kPa, A, turns a minute.
const NOMINAL: [(f64, f64, f64, f64, f64); 3] = [
    (34.0, 1.8, 420.0, 9.0, 1475.0),
    (22.0, 2.6, 101.8, 4.5, 960.0),
    (48.0, 3.4, 780.0, 21.0, 2950.0),
];

pub struct Device {
    number: u32,
    kind: u8,
    /// This machine's own share of what is nominal.
    own: [f64; 5],
    /// Of vibration, slowly growing, until the yearly service.
    wear: f64,
    load: f64,
    temperature_c: f64,
    booted_s: i64,
    fault: Option<Fault>,
    window: VecDeque<[Option<i32>; AVERAGED]>,
    last_temperature: Option<i32>,
    unchanged: u8,
}

/// A reading, and what is behind it.
pub struct Seen {
    pub reading: Reading,
    pub anomaly: bool,
    pub pattern: &'static str,
}

impl Device {
    pub fn new(nth: usize, random: &mut Random) -> Self {
        let mut own = || random.normal(1.0, 0.07).clamp(0.8, 1.2);
        Self {
            own: [own(), own(), own(), own(), random.normal(1.0, 0.004)],
            number: (random.next() as u32 & 0xffff_f000) | nth as u32,
            kind: random.weighted(&[(0, 5.0), (1, 3.0), (2, 2.0)]),
            wear: random.between(0.0, 0.5),
            load: 0.6,
            temperature_c: 40.0,
            booted_s: START_S - random.below(9_000_000) as i64,
            fault: None,
            window: VecDeque::new(),
            last_temperature: None,
            unchanged: 0,
        }
    }

    /// The reading of that time; the machine goes on until then.
    pub fn read(&mut self, time_s: i64, random: &mut Random) -> Seen {
        self.age(random);
        let mut values = self.sense(time_s, random);
        let glitch = self.glitch(&mut values, random);
        if random.chance(0.0008) {
            self.booted_s = time_s - random.below(120) as i64;
            self.window.clear();
        }
        let stuck = matches!(&self.fault, Some(fault) if fault.trouble == Trouble::StuckSensor);
        if stuck && self.last_temperature.is_some() {
            values.averaged[0] = self.last_temperature;
        }
        let same = values.averaged[0].is_some() && values.averaged[0] == self.last_temperature;
        self.unchanged = if same {
            self.unchanged.saturating_add(1)
        } else {
            0
        };
        self.last_temperature = values.averaged[0].or(self.last_temperature);
        let reading = Reading {
            device: self.number,
            kind: self.kind,
            time_s,
            uptime_s: (time_s - self.booted_s) as u32,
            rpm: values.rpm,
            values: values.averaged,
            means: std::array::from_fn(|nth| self.mean(nth)),
            supply: values.supply,
            readings: self.window.len() as u8,
            unchanged: self.unchanged,
        };
        self.window.push_back(values.averaged);
        if self.window.len() > WINDOW {
            self.window.pop_front();
        }
        let found = self.fault.as_ref().is_some_and(Fault::is_found);
        // Some faults are never written down, and now and then a healthy machine is.
        let anomaly = if found {
            random.chance(0.98)
        } else {
            random.chance(0.0005)
        };
        let fault = self.fault.as_ref().map(Fault::pattern);
        let pattern = fault.or(glitch).unwrap_or("none");
        Seen {
            reading,
            anomaly,
            pattern,
        }
    }

    fn age(&mut self, random: &mut Random) {
        self.wear += random.between(0.0, 0.0004);
        if self.wear > 0.6 {
            self.wear = 0.0;
        }
        if self.fault.as_mut().is_some_and(|fault| !fault.goes_on()) {
            self.fault = None;
        }
        if self.fault.is_none() {
            self.fault = Fault::begin(self.kind, random);
        }
    }

    fn sense(&mut self, time_s: i64, random: &mut Random) -> Values {
        let hour = hour(time_s);
        let shift = if (6.0..22.0).contains(&hour) {
            0.85
        } else {
            0.5
        };
        self.load += (shift - self.load) * 0.25 + random.normal(0.0, 0.03);
        self.load = self.load.clamp(0.2, 1.1);
        let effect = match &self.fault {
            Some(fault) => fault.effect(random),
            None => Effect::none(),
        };
        let (rise_k, vibration, pressure, current, turns) = NOMINAL[usize::from(self.kind)];
        let [
            own_rise,
            own_vibration,
            own_pressure,
            own_current,
            own_turns,
        ] = self.own;
        let hall_c = 14.0 + 8.0 * daylight(time_s);
        let target_c = hall_c + rise_k * own_rise * self.load + effect.heat_k;
        self.temperature_c += (target_c - self.temperature_c) * 0.35;
        let mut noisy = |value: f64, share: f64| value * random.normal(1.0, share);
        let vibration = vibration * own_vibration * (0.6 + 0.4 * self.load) * (1.0 + self.wear);
        let pressure_kpa = if self.kind == 1 {
            101.3 + (pressure - 101.3) * own_pressure * self.load * effect.pressure
        } else {
            pressure * own_pressure * (0.7 + 0.3 * self.load) * effect.pressure
        };
        let current_a = current * own_current * self.load * effect.current;
        let turns = turns * own_turns * (1.02 - 0.03 * self.load) * effect.turns;
        Values {
            averaged: [
                hundredths(noisy(self.temperature_c, 0.004)),
                hundredths(noisy(vibration * effect.vibration, 0.06)),
                Some((noisy(pressure_kpa, 0.008) * 10.0).round() as i32),
                hundredths(noisy(current_a, 0.015)),
            ],
            rpm: Some(noisy(turns, 0.002).round() as i32),
            supply: hundredths(noisy(24.0 * effect.supply, 0.004)),
        }
    }

    /// A sensor's own slips, which are no anomaly of the machine.
    fn glitch(&self, values: &mut Values, random: &mut Random) -> Option<&'static str> {
        let nth = random.below(AVERAGED);
        if random.chance(0.012) {
            values.averaged[nth] = None;
            return Some("missing");
        }
        if random.chance(0.004) {
            values.rpm = None;
            values.supply = None;
            return Some("missing");
        }
        if random.chance(0.004) {
            let factor = random.between(1.4, 2.5);
            let spike = |value: i32| (f64::from(value) * factor).min(30_000.0) as i32;
            values.averaged[nth] = values.averaged[nth].map(spike);
            return Some("spike");
        }
        None
    }

    fn mean(&self, nth: usize) -> Option<i32> {
        let (mut sum, mut count) = (0, 0);
        for value in self.window.iter().filter_map(|values| values[nth]) {
            sum += value;
            count += 1;
        }
        (count > 0).then(|| sum / count)
    }
}

struct Values {
    averaged: [Option<i32>; AVERAGED],
    rpm: Option<i32>,
    supply: Option<i32>,
}

fn hundredths(value: f64) -> Option<i32> {
    Some((value * 100.0).round() as i32)
}
