//! `exp` of an `f32` as glibc computes it, since XGBoost's probabilities are made with glibc's.
//!
//! The method and its constants are those of Arm's Optimized Routines (S. Nagy, `expf`, MIT licence), which glibc and musl took
//! over: `exp(x) = 2^(k/32) * 2^(r/32)` in `f64`, with a table for the first factor and a cubic for the second. Rust's own
//! `f32::exp` is another function on each target.

/// `2^(i/32)` as the bits of an `f64`, less `i << 47`, so that adding `k << 47` gives `2^(k/32)` for any `k`.
const POWERS: [u64; 32] = [
    0x3ff0000000000000,
    0x3fefd9b0d3158574,
    0x3fefb5586cf9890f,
    0x3fef9301d0125b51,
    0x3fef72b83c7d517b,
    0x3fef54873168b9aa,
    0x3fef387a6e756238,
    0x3fef1e9df51fdee1,
    0x3fef06fe0a31b715,
    0x3feef1a7373aa9cb,
    0x3feedea64c123422,
    0x3feece086061892d,
    0x3feebfdad5362a27,
    0x3feeb42b569d4f82,
    0x3feeab07dd485429,
    0x3feea47eb03a5585,
    0x3feea09e667f3bcd,
    0x3fee9f75e8ec5f74,
    0x3feea11473eb0187,
    0x3feea589994cce13,
    0x3feeace5422aa0db,
    0x3feeb737b0cdc5e5,
    0x3feec49182a3f090,
    0x3feed503b23e255d,
    0x3feee89f995ad3ad,
    0x3feeff76f2fb5e47,
    0x3fef199bdd85529c,
    0x3fef3720dcef9069,
    0x3fef5818dcfba487,
    0x3fef7c97337b9b5f,
    0x3fefa4afa2a490da,
    0x3fefd0765b6e4540,
];
/// `32 / ln 2`.
const STEPS: f64 = f64::from_bits(0x4047_1547_652b_82fe);
/// Added and subtracted again, it rounds to the nearest integer, which is then in the low bits.
const ROUND: f64 = f64::from_bits(0x4338_0000_0000_0000);
/// Coefficients of the cubic, highest first; the last is 1.
const CUBIC: [f64; 3] = [
    f64::from_bits(0x3ebc_6af8_4b91_2394),
    f64::from_bits(0x3f2e_bfce_50fa_c4f3),
    f64::from_bits(0x3f96_2e42_ff0c_52d6),
];
/// Above it the result is infinite: `ln(2^128)`.
const OVERFLOW: f32 = f32::from_bits(0x42b1_7217);
/// Below it the result is zero: `ln(2^-150)`.
const UNDERFLOW: f32 = f32::from_bits(0xc2cf_f1b4);

/// `e` to the power of `x`.
pub fn exp(x: f32) -> f32 {
    if x.is_nan() {
        return x;
    }
    if x > OVERFLOW {
        return f32::INFINITY;
    }
    if x < UNDERFLOW {
        return 0.0;
    }
    let scaled = STEPS * f64::from(x);
    let shifted = scaled + ROUND;
    let steps = shifted.to_bits();
    let rest = scaled - (shifted - ROUND);
    let power = f64::from_bits(POWERS[(steps % 32) as usize].wrapping_add(steps << 47));
    let high = CUBIC[0] * rest + CUBIC[1];
    let low = CUBIC[2] * rest + 1.0;
    let value = high * (rest * rest) + low;
    (value * power) as f32
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exp_is_within_one_ulp_of_the_exact_value_everywhere() {
        // Every 257th float of the range that does not overflow; f64's own exp, rounded once, is the exact value.
        for bits in (0..=u32::MAX).step_by(257) {
            let x = f32::from_bits(bits);
            let exact = f64::from(x).exp() as f32;
            let ours = exp(x);
            if x.is_nan() {
                assert!(ours.is_nan());
            } else if exact.is_infinite() || ours.is_infinite() {
                assert_eq!(ours, exact, "exp({x:e})");
            } else {
                assert!(
                    ours.to_bits().abs_diff(exact.to_bits()) <= 1,
                    "exp({x:e}) = {ours:e}, not {exact:e}"
                );
            }
        }
    }
}
