//! The printed table.

use crate::pairs::Pairs;

/// What a figure must keep to beside its bound.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// There is none: the row explains another one.
    None,
    RatioAtLeast(f64),
    RatioAtMost(f64),
    /// At most so many times the bound, and so much on top.
    TimesPlus(f64, f64),
    /// The figure itself.
    AtMost(f64),
}

/// Prints rows as they come.
pub struct Table;

impl Table {
    pub fn begin() -> Self {
        println!(
            "\n{:<44} {:>11} {:>11} {:>6}  {:<15} {:<13} {:<4} bound",
            "what", "measured", "its bound", "ratio", "(least – most)", "budget", "met"
        );
        Self
    }

    pub fn section(&mut self, title: &str) {
        println!("\n{title}");
    }

    /// One row. Medians throughout: of the figures, of the bounds and of each pair's own ratio.
    pub fn row(&mut self, what: &str, unit: &str, pairs: &Pairs, bound: &str, budget: Budget) {
        let (measured, of_bound) = (pairs.measured(), pairs.bound());
        let (least, ratio, most) = pairs.ratios();
        let (text, met) = match budget {
            Budget::None => (String::new(), None),
            Budget::RatioAtLeast(limit) => (format!("≥ {limit}×"), Some(ratio >= limit)),
            Budget::RatioAtMost(limit) => (format!("≤ {limit}×"), Some(ratio <= limit)),
            Budget::TimesPlus(times, plus) => {
                let met = pairs.met(|measured, bound| measured <= bound * times + plus);
                (format!("≤ {times}× + {plus} {unit}"), Some(met))
            }
            Budget::AtMost(limit) => (format!("≤ {limit} {unit}"), Some(measured <= limit)),
        };
        let met = met.map_or("", |met| if met { "yes" } else { "NO" });
        println!(
            "{what:<44} {:>11} {:>11} {ratio:>6.2}  {:<15} {text:<13} {met:<4} {bound}",
            figure(measured, unit),
            figure(of_bound, unit),
            format!("({least:.2} – {most:.2})"),
        );
    }

    /// A remark below a row.
    pub fn note(&mut self, text: &str) {
        println!("  {text}");
    }
}

fn figure(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}
