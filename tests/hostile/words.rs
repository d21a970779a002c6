//! The misdeeds that the hostile model is asked for by a number, their place in this list.

pub const MODEL_WORDS: [&str; 19] = [
    "good",
    "loop",
    "recurse",
    "grow",
    "trap",
    "panic",
    "poison",
    "leak",
    "state",
    "rows-more",
    "rows-fewer",
    "shape",
    "short",
    "none",
    "huge",
    "internal",
    "invalid",
    "log",
    "hoard",
];
