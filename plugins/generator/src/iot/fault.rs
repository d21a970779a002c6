//! What goes wrong with a machine, slowly or at once, until it is repaired.

use crate::random::Random;

#[derive(Clone, Copy, PartialEq)]
pub enum Trouble {
    /// A bearing wears out: more vibration, then heat.
    Bearing,
    /// A pump sucks vapour: pressure falls and trembles.
    Cavitation,
    /// A filter clogs: pressure rises, the motor labours less, heat stays.
    Blockage,
    /// A winding shorts: more current and heat, fewer turns.
    Winding,
    /// The supply sags.
    Supply,
    /// The temperature sensor repeats itself.
    StuckSensor,
}

pub struct Fault {
    pub trouble: Trouble,
    /// 0 to 1.
    pub severity: f64,
    per_reading: f64,
    readings_left: u32,
}

/// What a fault does to what the sensors see: factors, and kelvins.
pub struct Effect {
    pub vibration: f64,
    pub pressure: f64,
    pub current: f64,
    pub turns: f64,
    pub supply: f64,
    pub heat_k: f64,
}

/// From here on a technician who came would find it.
const FOUND_FROM: f64 = 0.25;
const PUMP: u8 = 0;

impl Fault {
    /// About one machine in twenty has one.
    pub fn begin(kind: u8, random: &mut Random) -> Option<Self> {
        if !random.chance(0.0005) {
            return None;
        }
        let troubles = [
            (Trouble::Bearing, 3.0),
            (
                if kind == PUMP {
                    Trouble::Cavitation
                } else {
                    Trouble::Blockage
                },
                2.0,
            ),
            (Trouble::Winding, 1.5),
            (Trouble::Supply, 1.0),
            (Trouble::StuckSensor, 1.5),
        ];
        Some(Self {
            trouble: random.weighted(&troubles),
            severity: 0.0,
            per_reading: random.between(0.01, 0.08),
            readings_left: 40 + random.below(120) as u32,
        })
    }

    /// Grows by one reading; false where it has been repaired.
    pub fn goes_on(&mut self) -> bool {
        self.severity = (self.severity + self.per_reading).min(1.0);
        self.readings_left = self.readings_left.saturating_sub(1);
        self.readings_left > 0
    }

    pub fn is_found(&self) -> bool {
        self.trouble == Trouble::StuckSensor && self.severity > 0.1 || self.severity > FOUND_FROM
    }

    pub fn pattern(&self) -> &'static str {
        match self.trouble {
            Trouble::Bearing => "bearing",
            Trouble::Cavitation => "cavitation",
            Trouble::Blockage => "blockage",
            Trouble::Winding => "winding",
            Trouble::Supply => "supply",
            Trouble::StuckSensor => "stuck_sensor",
        }
    }

    pub fn effect(&self, random: &mut Random) -> Effect {
        let s = self.severity;
        let none = Effect::none();
        match self.trouble {
            Trouble::Bearing => Effect {
                vibration: 1.0 + 1.6 * s + random.between(0.0, 0.5 * s),
                heat_k: 9.0 * s * s,
                ..none
            },
            Trouble::Cavitation => Effect {
                vibration: 1.0 + 0.5 * s,
                pressure: 1.0 - random.between(0.05, 0.35) * s,
                current: 1.0 - 0.08 * s,
                ..none
            },
            Trouble::Blockage => Effect {
                pressure: 1.0 + 0.3 * s,
                current: 1.0 - 0.15 * s,
                heat_k: 5.0 * s,
                ..none
            },
            Trouble::Winding => Effect {
                current: 1.0 + 0.35 * s,
                turns: 1.0 - 0.05 * s,
                heat_k: 14.0 * s,
                ..none
            },
            Trouble::Supply => Effect {
                supply: 1.0 - 0.18 * s - random.between(0.0, 0.05 * s),
                current: 1.0 + 0.1 * s,
                ..none
            },
            Trouble::StuckSensor => none,
        }
    }
}

impl Effect {
    pub fn none() -> Self {
        Self {
            vibration: 1.0,
            pressure: 1.0,
            current: 1.0,
            turns: 1.0,
            supply: 1.0,
            heat_k: 0.0,
        }
    }
}
