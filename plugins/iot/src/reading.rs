//! One reading, whatever its form was.

/// See the module. A sensor that gave nothing is none.
pub struct Reading {
    pub device_id: String,
    pub kind: Kind,
    pub uptime_s: u32,
    pub sensors: Sensors,
    pub rpm: Option<f64>,
    pub supply_v: Option<f64>,
    /// Means of the last hour, this reading excluded.
    pub mean: Sensors,
    /// Readings in the last hour, this one excluded.
    pub readings: u8,
    /// How many readings before this one told the same temperature; a sensor that hangs repeats itself.
    pub unchanged: u8,
}

/// What is measured and averaged.
#[derive(Clone, Copy)]
pub struct Sensors {
    pub temperature_c: Option<f64>,
    pub vibration_mm_s: Option<f64>,
    pub pressure_kpa: Option<f64>,
    pub current_a: Option<f64>,
}

/// The model learnt their order as numbers: a new one goes to the end.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Pump,
    Fan,
    Compressor,
}

impl Reading {
    /// Sensors that gave nothing.
    pub fn missing(&self) -> u8 {
        let Sensors {
            temperature_c,
            vibration_mm_s,
            pressure_kpa,
            current_a,
        } = self.sensors;
        let all = [
            temperature_c,
            vibration_mm_s,
            pressure_kpa,
            current_a,
            self.rpm,
            self.supply_v,
        ];
        all.iter().map(|value| u8::from(value.is_none())).sum()
    }
}
