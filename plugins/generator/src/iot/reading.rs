//! One reading, in the units of the wire, and its two forms. `plugins/iot` documents both.

use serde_json::{Value, json};

use crate::calendar::rfc3339;

/// Sensors with a mean of the last hour: temperature, vibration, pressure, current.
pub const AVERAGED: usize = 4;
const KINDS: [&str; 3] = ["pump", "fan", "compressor"];

/// None is a sensor that gave nothing.
pub struct Reading {
    pub device: u32,
    pub kind: u8,
    pub time_s: i64,
    pub uptime_s: u32,
    pub rpm: Option<i32>,
    /// Hundredths of °C, of mm/s; tenths of kPa; hundredths of A.
    pub values: [Option<i32>; AVERAGED],
    pub means: [Option<i32>; AVERAGED],
    /// Hundredths of V.
    pub supply: Option<i32>,
    /// In the last hour, before this one.
    pub readings: u8,
    /// How many readings before this one told the same temperature.
    pub unchanged: u8,
}

impl Reading {
    pub fn device_id(&self) -> String {
        format!("dev-{:08x}", self.device)
    }

    pub fn json(&self) -> Vec<u8> {
        let [temperature, vibration, pressure, current] = named(self.values);
        let [
            temperature_mean,
            vibration_mean,
            pressure_mean,
            current_mean,
        ] = named(self.means);
        let event = json!({
            "device_id": self.device_id(), "kind": KINDS[usize::from(self.kind)],
            "timestamp": rfc3339(self.time_s), "uptime_s": self.uptime_s,
            "temperature_c": temperature, "vibration_mm_s": vibration,
            "pressure_kpa": pressure, "current_a": current,
            "rpm": self.rpm, "supply_v": decimal(self.supply, 100.0),
            "last_hour": {
                "readings": self.readings, "unchanged": self.unchanged,
                "temperature_c": temperature_mean, "vibration_mm_s": vibration_mean,
                "pressure_kpa": pressure_mean, "current_a": current_mean,
            },
        });
        event.to_string().into_bytes()
    }

    pub fn binary(&self) -> Vec<u8> {
        let mut frame = vec![1, self.kind];
        frame.extend(unsigned(self.rpm));
        frame.extend(self.device.to_le_bytes());
        frame.extend((self.time_s as u32).to_le_bytes());
        frame.extend(self.uptime_s.to_le_bytes());
        let values = |[temperature, vibration, pressure, current]: [Option<i32>; AVERAGED]| {
            let rest = [vibration, pressure, current].map(unsigned);
            [signed(temperature), rest[0], rest[1], rest[2]].concat()
        };
        frame.extend(values(self.values));
        frame.extend(unsigned(self.supply));
        frame.extend([self.readings, self.unchanged]);
        frame.extend(values(self.means));
        let crc = crc16(&frame);
        frame.extend(crc.to_le_bytes());
        frame
    }
}

fn named(
    [temperature, vibration, pressure, current]: [Option<i32>; AVERAGED],
) -> [Value; AVERAGED] {
    [
        decimal(temperature, 100.0),
        decimal(vibration, 100.0),
        decimal(pressure, 10.0),
        decimal(current, 100.0),
    ]
}

fn decimal(value: Option<i32>, units: f64) -> Value {
    value.map_or(Value::Null, |value| json!(f64::from(value) / units))
}

fn unsigned(value: Option<i32>) -> [u8; 2] {
    value.map_or(u16::MAX, |value| value as u16).to_le_bytes()
}

fn signed(value: Option<i32>) -> [u8; 2] {
    value.map_or(i16::MIN, |value| value as i16).to_le_bytes()
}

/// CRC-16/IBM-3740: polynomial 0x1021, begun with 0xffff.
fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = u16::MAX;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_catalogued_one() {
        assert_eq!(super::crc16(b"123456789"), 0x29b1);
    }
}
