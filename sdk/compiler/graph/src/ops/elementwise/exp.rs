//! Functions of `f32` made of the operations that vectors have, so that the compiler makes four at once of them.
//!
//! `exp` is 2 to a whole power times a polynomial (S. Moshier, Cephes, `expf`), within one unit in the last place; `tanh` likewise.

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// `ln 2` in two parts, of which the first has few digits: its multiples are exact.
const LN2_HIGH: f32 = 355.0 / 512.0;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// Added and subtracted again, it rounds to the nearest whole number, which is then in the low bits.
const ROUND: f32 = 12_582_912.0;
/// Beyond these, the result is infinite or zero.
const HIGHEST: f32 = 89.0;
const LOWEST: f32 = -105.0;

/// `e` to the power of `x`.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = if x > HIGHEST { HIGHEST } else { x };
    let x = if x < LOWEST { LOWEST } else { x };
    let shifted = x * LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    let mut sum = 1.987_569_1e-4;
    sum = sum * rest + 1.398_2e-3;
    sum = sum * rest + 8.333_452e-3;
    sum = sum * rest + 4.166_579_6e-2;
    sum = sum * rest + 1.666_666_5e-1;
    sum = sum * rest + 0.5;
    sum = sum * (rest * rest) + rest + 1.0;
    // In two steps: the whole power may lie beyond what an exponent can be.
    let power = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = power >> 1;
    sum * two_to(half) * two_to(power.wrapping_sub(half))
}

#[inline(always)]
fn two_to(power: i32) -> f32 {
    f32::from_bits((power.wrapping_add(127) as u32) << 23)
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let square = x * x;
    let mut near = -5.704_988_7e-3;
    near = near * square + 2.063_909e-2;
    near = near * square - 5.373_971_5e-2;
    near = near * square + 1.333_144_2e-1;
    near = near * square - 3.333_328e-1;
    let near = near * square * x + x;
    let far = 1.0 - 2.0 / (exp(size + size) + 1.0);
    let far = if x < 0.0 { -far } else { far };
    if size < 0.625 { near } else { far }
}

#[cfg(test)]
mod tests {
    use super::{exp, tanh};

    fn off(ours: f32, exact: f64) -> u32 {
        let exact = exact as f32;
        if ours.is_nan() && exact.is_nan() {
            return 0;
        }
        ours.to_bits().abs_diff(exact.to_bits())
    }

    #[test]
    fn functions_are_within_two_units_everywhere() {
        for bits in (0..=u32::MAX).step_by(1021) {
            let x = f32::from_bits(bits);
            assert!(
                off(exp(x), libm::exp(x.into())) <= 2,
                "exp({x:e}) = {:e}",
                exp(x)
            );
            assert!(
                off(tanh(x), libm::tanh(x.into())) <= 2,
                "tanh({x:e}) = {:e}",
                tanh(x)
            );
        }
    }
}
