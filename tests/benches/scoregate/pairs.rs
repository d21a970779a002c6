//! Pairs of short rounds, A B A B, so that the drift of a shared machine falls on both alike.

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    times: usize,
}

impl Effort {
    pub fn new(long: bool) -> Self {
        Self {
            times: if long { 5 } else { 1 },
        }
    }

    /// Whether more was asked for than a quick run.
    pub fn is_long(self) -> bool {
        self.times > 1
    }

    /// That many pairs in a quick run.
    pub fn pairs(self, quick: usize) -> usize {
        quick * self.times
    }
}

/// Figures of pairs: what is measured, and its bound.
#[derive(Clone, Debug, Default)]
pub struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    /// Runs so many pairs; which of the two goes first changes from pair to pair.
    pub fn run(
        count: usize,
        mut measured: impl FnMut() -> anyhow::Result<f64>,
        mut bound: impl FnMut() -> anyhow::Result<f64>,
    ) -> anyhow::Result<Self> {
        let mut pairs = Self::default();
        for round in 0..count {
            let (m, b) = if round % 2 == 0 {
                let m = measured()?;
                (m, bound()?)
            } else {
                let b = bound()?;
                (measured()?, b)
            };
            pairs.push(m, b);
        }
        Ok(pairs)
    }

    pub fn push(&mut self, measured: f64, bound: f64) {
        self.0.push((measured, bound));
    }

    pub fn measured(&self) -> f64 {
        median(self.0.iter().map(|pair| pair.0))
    }

    pub fn bound(&self) -> f64 {
        median(self.0.iter().map(|pair| pair.1))
    }

    /// Least, median and greatest of the pairs' ratios.
    pub fn ratios(&self) -> (f64, f64, f64) {
        let ratios = self.0.iter().map(|(measured, bound)| measured / bound);
        let sorted = sorted(ratios);
        let least = sorted.first().copied().unwrap_or(f64::NAN);
        let most = sorted.last().copied().unwrap_or(f64::NAN);
        (least, median(sorted.into_iter()), most)
    }

    /// Whether most pairs keep to it.
    pub fn met(&self, keeps: impl Fn(f64, f64) -> bool) -> bool {
        let kept = self.0.iter().filter(|pair| keeps(pair.0, pair.1)).count();
        2 * kept > self.0.len()
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let sorted = sorted(values);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}
