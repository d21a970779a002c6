//! A reading as a frame of 38 bytes, version 1: little endian, no padding.
//!
//! | offset | type | field | unit | nothing was measured |
//! | --- | --- | --- | --- | --- |
//! | 0 | u8 | version, 1 | | |
//! | 1 | u8 | kind: 0 pump, 1 fan, 2 compressor | | |
//! | 2 | u16 | rpm | 1/min | 65535 |
//! | 4 | u32 | device; its id is `dev-` and the number in 8 hexadecimal digits | | |
//! | 8 | u32 | time since 1970, UTC | s | |
//! | 12 | u32 | uptime | s | |
//! | 16 | i16 | temperature | 0.01 °C | -32768 |
//! | 18 | u16 | vibration | 0.01 mm/s | 65535 |
//! | 20 | u16 | pressure | 0.1 kPa | 65535 |
//! | 22 | u16 | current | 0.01 A | 65535 |
//! | 24 | u16 | supply | 0.01 V | 65535 |
//! | 26 | u8 | readings in the last hour, this one excluded | | |
//! | 27 | u8 | unchanged: readings before this one with the same temperature, 255 for more | | |
//! | 28 | 8 bytes | means of the last hour: temperature, vibration, pressure, current, as at 16 | | |
//! | 36 | u16 | CRC-16/IBM-3740 of the 36 bytes before (polynomial 0x1021, begun with 0xffff) | | |

use scoregate_sdk::{Rejection, reject};

use crate::reading::{Kind, Reading, Sensors};

/// The version that this adapter reads.
pub const VERSION: u8 = 1;
/// The length of a frame.
pub const BYTES: usize = 38;

/// Reads and checks one frame. The rejection names the field and what would be right.
pub(crate) fn read(payload: &[u8]) -> Result<Reading, Rejection> {
    if payload[0] != VERSION {
        return Err(reject(format!(
            "version: must be {VERSION}, was {}",
            payload[0]
        )));
    }
    let Ok(frame) = <&[u8; BYTES]>::try_from(payload) else {
        return Err(reject(format!(
            "frame: must have {BYTES} bytes in version {VERSION}, has {}",
            payload.len()
        )));
    };
    let (computed, told) = (crc16(&frame[..BYTES - 2]), u16_at(frame, BYTES - 2));
    if computed != told {
        return Err(reject(format!(
            "crc: must be 0x{computed:04x} for these bytes, was 0x{told:04x}: the frame is damaged"
        )));
    }
    let kind = match frame[1] {
        0 => Kind::Pump,
        1 => Kind::Fan,
        2 => Kind::Compressor,
        other => {
            return Err(reject(format!(
                "kind: must be 0 (pump), 1 (fan) or 2 (compressor), was {other}"
            )));
        }
    };
    Ok(Reading {
        device_id: format!("dev-{:08x}", u32_at(frame, 4)),
        kind,
        uptime_s: u32_at(frame, 12),
        sensors: sensors_at(frame, 16),
        rpm: unsigned_at(frame, 2, 1.0),
        supply_v: unsigned_at(frame, 24, 100.0),
        mean: sensors_at(frame, 28),
        readings: frame[26],
        unchanged: frame[27],
    })
}

fn sensors_at(frame: &[u8; BYTES], at: usize) -> Sensors {
    let temperature = u16_at(frame, at).cast_signed();
    Sensors {
        temperature_c: (temperature != i16::MIN).then(|| f64::from(temperature) / 100.0),
        vibration_mm_s: unsigned_at(frame, at + 2, 100.0),
        pressure_kpa: unsigned_at(frame, at + 4, 10.0),
        current_a: unsigned_at(frame, at + 6, 100.0),
    }
}

/// Divided, never multiplied by a tenth: so it is the same f64 as the decimal in JSON.
fn unsigned_at(frame: &[u8; BYTES], at: usize, steps: f64) -> Option<f64> {
    let value = u16_at(frame, at);
    (value != u16::MAX).then(|| f64::from(value) / steps)
}

fn u16_at(frame: &[u8; BYTES], at: usize) -> u16 {
    u16::from_le_bytes([frame[at], frame[at + 1]])
}

fn u32_at(frame: &[u8; BYTES], at: usize) -> u32 {
    u32::from(u16_at(frame, at)) | u32::from(u16_at(frame, at + 2)) << 16
}

/// See the module.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(u16::MAX, |crc, byte| {
        // Eight steps of the polynomial division at once: x^16 + x^12 + x^5 + 1.
        let mut high = (crc >> 8) ^ u16::from(*byte);
        high ^= high >> 4;
        (crc << 8) ^ (high << 12) ^ (high << 5) ^ high
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_catalogued_one() {
        assert_eq!(super::crc16(b"123456789"), 0x29b1);
    }
}
