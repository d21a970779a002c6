//! What a graph's run may take at most; the sandbox's own limits hold besides.

/// Dimensions of a tensor.
pub const RANK_MAX: usize = 8;
/// Elements of a tensor: half a gibibyte of `f32`.
pub const ELEMENTS_MAX: usize = 1 << 27;
/// Products of two elements that one operator sums: some ten seconds' work.
pub const PRODUCTS_MAX: usize = 1 << 31;
