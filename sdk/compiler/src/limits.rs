//! What the compiler accepts at most. Everything it allocates is bounded by the file's length or by one of these.

/// Length of a model file.
pub const MODEL_MAX_BYTES: usize = 256 << 20;
/// Features of a row.
pub const FEATURES_MAX: usize = 1 << 20;
/// Nodes of a model's trees, and elements of an array in its file.
pub const NODES_MAX: usize = 10_000_000;
/// Classes of a classifier, or targets of a regression.
pub const CLASSES_MAX: usize = 10_000;
/// Feature names that a component's description lists; the rest are counted.
pub const NAMES_SHOWN_MAX: usize = 32;
/// Length of one of them in characters.
pub const NAME_SHOWN_MAX_CHARS: usize = 64;
/// Length of a model's name and of its version in bytes.
pub const LABEL_MAX_BYTES: usize = 256;
/// Values of a model file that may be inside of each other; XGBoost's are nine.
pub const NESTING_MAX: usize = 32;
/// Objects and arrays of a model file, of which XGBoost writes sixteen for a tree.
pub const CONTAINERS_MAX: usize = 10_000_000;
/// Lines of a model file up to the end of its trees, of which LightGBM writes some twenty for a tree.
pub const LINES_MAX: usize = 10_000_000;
/// The greatest category: XGBoost's `OutOfRangeCat` less one (src/common/categorical.h), above which an `f32` skips numbers.
pub const CATEGORY_MAX: usize = (1 << 24) - 1;
/// Words of 32 categories in all sets of a model.
pub const SET_WORDS_MAX: usize = 1 << 24;
/// Names of a model's features as a component carries them.
pub const FEATURE_NAMES_MAX_BYTES: usize = 4 << 20;
