//! Sixteen bytes at once: WebAssembly's vectors, and natively arrays that the compiler makes vectors of.

/// Sixteen lanes.
#[derive(Clone, Copy)]
pub struct Lanes(inner::Vector);

impl Lanes {
    /// Sixteen bytes.
    #[inline(always)]
    pub fn load(bytes: &[u8; 16]) -> Self {
        Self(inner::load(bytes))
    }

    /// One byte sixteen times.
    #[inline(always)]
    pub fn splat(byte: u8) -> Self {
        Self(inner::splat(byte))
    }

    /// All bits where a lane is above the other, both taken as `i8`; else none.
    #[inline(always)]
    pub fn above(self, other: Self) -> Self {
        Self(inner::above(self.0, other.0))
    }

    /// All bits where a lane is zero, else none.
    #[inline(always)]
    pub fn is_zero(self) -> Self {
        Self(inner::is_zero(self.0))
    }

    /// Bits of both.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self(inner::and(self.0, other.0))
    }

    /// Bits of either.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(inner::or(self.0, other.0))
    }

    /// Bits of one and not of the other.
    #[inline(always)]
    pub fn exclusive_or(self, other: Self) -> Self {
        Self(inner::exclusive_or(self.0, other.0))
    }

    /// The lanes that these numbers name; where there is none of the number, zero.
    #[inline(always)]
    pub fn pick(self, numbers: Self) -> Self {
        Self(inner::pick(self.0, numbers.0))
    }

    /// Eight lanes and eight lanes.
    #[inline(always)]
    pub fn halves(self) -> [u64; 2] {
        inner::halves(self.0)
    }

    /// Lanes of the first where the mask has all bits, of the second where it has none.
    #[inline(always)]
    pub fn select(mask: Self, set: Self, unset: Self) -> Self {
        Self(inner::select(mask.0, set.0, unset.0))
    }

    /// The sum.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(inner::plus(self.0, other.0))
    }

    /// Place of each lane's lowest bit; of no bit, 8 or more.
    #[inline(always)]
    pub fn lowest_bit(self) -> Self {
        Self(inner::lowest_bit(self.0))
    }

    /// The lanes one by one.
    #[inline(always)]
    pub fn bytes(self) -> [u8; 16] {
        inner::bytes(self.0)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod inner {
    use std::arch::wasm32::{
        i8x16_add, i8x16_eq, i8x16_gt, i8x16_splat, u8x16, u8x16_min, u8x16_shr, u8x16_splat,
        u8x16_swizzle, u64x2, u64x2_extract_lane, v128, v128_and, v128_bitselect, v128_or,
        v128_xor,
    };

    pub type Vector = v128;

    #[inline(always)]
    pub fn load(bytes: &[u8; 16]) -> v128 {
        let both = u128::from_le_bytes(*bytes);
        u64x2(both as u64, (both >> 64) as u64)
    }

    #[inline(always)]
    pub fn splat(byte: u8) -> v128 {
        u8x16_splat(byte)
    }

    #[inline(always)]
    pub fn above(a: v128, b: v128) -> v128 {
        i8x16_gt(a, b)
    }

    #[inline(always)]
    pub fn is_zero(a: v128) -> v128 {
        i8x16_eq(a, i8x16_splat(0))
    }

    #[inline(always)]
    pub fn and(a: v128, b: v128) -> v128 {
        v128_and(a, b)
    }

    #[inline(always)]
    pub fn or(a: v128, b: v128) -> v128 {
        v128_or(a, b)
    }

    #[inline(always)]
    pub fn exclusive_or(a: v128, b: v128) -> v128 {
        v128_xor(a, b)
    }

    #[inline(always)]
    pub fn pick(a: v128, numbers: v128) -> v128 {
        u8x16_swizzle(a, numbers)
    }

    #[inline(always)]
    pub fn halves(a: v128) -> [u64; 2] {
        [u64x2_extract_lane::<0>(a), u64x2_extract_lane::<1>(a)]
    }

    #[inline(always)]
    pub fn select(mask: v128, set: v128, unset: v128) -> v128 {
        v128_bitselect(set, unset, mask)
    }

    #[inline(always)]
    pub fn plus(a: v128, b: v128) -> v128 {
        i8x16_add(a, b)
    }

    #[inline(always)]
    pub fn lowest_bit(a: v128) -> v128 {
        let low = u8x16(8, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0);
        let high = u8x16(8, 4, 5, 4, 6, 4, 5, 4, 7, 4, 5, 4, 6, 4, 5, 4);
        let low = u8x16_swizzle(low, v128_and(a, u8x16_splat(15)));
        u8x16_min(low, u8x16_swizzle(high, u8x16_shr(a, 4)))
    }

    #[inline(always)]
    pub fn bytes(a: v128) -> [u8; 16] {
        let high = u128::from(u64x2_extract_lane::<1>(a));
        (u128::from(u64x2_extract_lane::<0>(a)) | high << 64).to_le_bytes()
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod inner {
    use std::array::from_fn;

    pub type Vector = [u8; 16];

    pub fn load(bytes: &Vector) -> Vector {
        *bytes
    }

    pub fn splat(byte: u8) -> Vector {
        [byte; 16]
    }

    #[inline(always)]
    pub fn above(a: Vector, b: Vector) -> Vector {
        from_fn(|at| {
            if a[at].cast_signed() > b[at].cast_signed() {
                255
            } else {
                0
            }
        })
    }

    #[inline(always)]
    pub fn is_zero(a: Vector) -> Vector {
        from_fn(|at| if a[at] == 0 { 255 } else { 0 })
    }

    #[inline(always)]
    pub fn and(a: Vector, b: Vector) -> Vector {
        from_fn(|at| a[at] & b[at])
    }

    #[inline(always)]
    pub fn or(a: Vector, b: Vector) -> Vector {
        from_fn(|at| a[at] | b[at])
    }

    #[inline(always)]
    pub fn exclusive_or(a: Vector, b: Vector) -> Vector {
        from_fn(|at| a[at] ^ b[at])
    }

    #[inline(always)]
    pub fn pick(a: Vector, numbers: Vector) -> Vector {
        numbers.map(|number| a.get(usize::from(number)).copied().unwrap_or(0))
    }

    #[inline(always)]
    pub fn halves(a: Vector) -> [u64; 2] {
        let both = u128::from_le_bytes(a);
        [both as u64, (both >> 64) as u64]
    }

    #[inline(always)]
    pub fn select(mask: Vector, set: Vector, unset: Vector) -> Vector {
        from_fn(|at| mask[at] & set[at] | !mask[at] & unset[at])
    }

    #[inline(always)]
    pub fn plus(a: Vector, b: Vector) -> Vector {
        from_fn(|at| a[at].wrapping_add(b[at]))
    }

    #[inline(always)]
    pub fn lowest_bit(a: Vector) -> Vector {
        a.map(|byte| byte.trailing_zeros() as u8)
    }

    pub fn bytes(a: Vector) -> Vector {
        a
    }
}
