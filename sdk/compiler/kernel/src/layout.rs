//! The bytes that the compiler writes and the kernel reads: one definition for both.
//!
//! All numbers are little endian. In this order, without gaps unless said:
//!
//! | part | bytes |
//! | --- | --- |
//! | header | [`HEADER_WORDS`] `u32`s, see [`Word`] |
//! | base margins | an `f64` for each group |
//! | text | name, version, description: each a `u32` length and that many bytes of UTF-8 |
//! | padding | zeros up to a multiple of [`ALIGN`] |
//! | body | as the kernel's kind defines it, [`Word::BodyBytes`] long |
//! | second body | of [`Kind::Walk`], [`Word::SecondBytes`] long: for outputs that the body's kind cannot give |
//! | covers | for [`Output::Contributions`] of trees; they end the tables |
//!
//! Second body and covers begin at multiples of [`ALIGN`].
//!
//! The body of [`Kind::Linear`]: an `f64` for each group of each feature, feature by feature.
//!
//! The body of [`Kind::Walk`], each part but the last filled with zeros up to a multiple of [`ALIGN`]:
//! - a [`TREE_BYTES`] record for each tree: `root: u32`, `group: u32`;
//! - a [`NODE_BYTES`] record for each node: `value: u64`, `feature: u32`, `left: u32`. Of a split, `value` is the `f64` threshold, or the
//!   place of a set's first word and above it their number; `feature` has the marks of [`mark`] in its top bits; `left` is the left
//!   child, which comes after its parent and is followed by the right one. Of a leaf, `value` is the `f64` that is added, `feature` is
//!   [`LEAF`]; of one with a linear function, `value` is the function's first record and `feature` is [`LINEAR_LEAF`]. `left` is then
//!   the library's own number of the leaf;
//! - [`Word::FunctionRecords`] records of [`NODE_BYTES`]: for each leaf with a linear function, in the order of the nodes, a record of
//!   constant and fallback (two `f64`s), one of the number of its terms (`u64`, then zeros), and for each term one of coefficient (`f64`)
//!   and feature (`u64`);
//! - [`Word::SetWords`] `u32`s, 32 categories each.
//!
//! The covers belong to the nodes of the body or second body of [`Kind::Walk`]: for each tree a [`COVERED_TREE_BYTES`] record of what it
//! adds on average and of its weight (two `f64`s), and for each node a number (`f32` or `f64`, as the tables' precision says), the
//! share of its parent's training rows that came by.
//!
//! The body of [`Kind::Ranked`], each part filled with zeros up to a multiple of [`ALIGN`]. A number is an `f32` or an `f64`, as the
//! tables' precision says.
//! - a [`RANKED_TREE_BYTES`] record for each tree: `first node: u32`, `group: u32`, `first value: u32`, `planes: u8`,
//!   `depth: u8`, the splits on its longest way, or 255, and `vectors: u16`;
//! - [`Word::Scales`] records of [`SCALE_BYTES`]: `feature: u32`, `marks: u32` of [`scale`], `start: u32`, `extent: u32`. A scale is
//!   the sorted thresholds of a feature, at most 255: from number `start` there are `extent` of them, filled with NaN up to a power of
//!   two, whose exponent is the marks' lowest byte. Or it is a set: from word `start` there are `extent` words. A scale has one or two
//!   columns of ranks, numbered in the order of the scales: one in which a missing value has rank 0 and goes left everywhere, and
//!   one in which it has rank `extent` and goes right everywhere;
//! - [`Word::Thresholds`] numbers;
//! - [`Word::SetWords`] `u32`s;
//! - the trees' nodes, the parent before its children: a `u32` (how far behind the left child is in 16 bits, the column in 8, the
//!   biased rank in 8), or where [`shape::WIDE`] a `u64` (32, 16, 8, and 8 for a leaf's number). A rank is biased by 128 and above
//!   the threshold's goes right. A leaf is its own child, of rank 255, and in the narrow form its number stands in the column's place;
//! - [`Word::Values`] numbers: what the leaves add, by their number in the tree, or by their node where [`shape::BY_NODE`];
//! - [`Word::Planes`] `u16`s: of each tree, from the last plane to the first, how many times [`ENTRIES`] entries the plane has;
//! - [`Word::PlaneEntries`] `u32`s: column in 16 bits, biased bound in 8, and in 8 the leaves of the plane that live where the rank is
//!   not below the bound. Columns from [`NARROW`] on have all bits of those
//!   from 0 on inverted; so there are planes only where there are at most so many;
//! - the trees' vectors, [`VECTOR_BYTES`] each: sixteen entries for one row, as sixteen columns, as many times 255 for an inverted rank or
//!   else zero, the biased bounds, and the leaves that live where the rank is not below the bound. An entry's place divided by four
//!   leaves the number of its plane, divided by eight in a tree of more than four planes. There are no vectors where walks are
//!   faster, where a tree has more than [`VECTOR_PLANES`] planes, and where there are more than [`VECTOR_COLUMNS`] columns.

/// The first four bytes, read as a little-endian number.
pub const MAGIC: u32 = u32::from_le_bytes(*b"SGTB");
/// The layout's version; another one is refused.
pub const VERSION: u32 = 3;
/// Length of the header in `u32`s.
pub const HEADER_WORDS: usize = 40;
/// What the body's parts are aligned to, in bytes.
pub const ALIGN: usize = 16;
/// Length of a tree's record in bytes.
pub const TREE_BYTES: usize = 8;
/// Length of a node's record in bytes.
pub const NODE_BYTES: usize = 16;
/// `feature` of a leaf.
pub const LEAF: u32 = u32::MAX;
/// `feature` of a leaf with a linear function.
pub const LINEAR_LEAF: u32 = u32::MAX - 1;
/// Length of a tree's record in bytes, of ranked trees.
pub const RANKED_TREE_BYTES: usize = 16;
/// Length of a scale's record in bytes.
pub const SCALE_BYTES: usize = 16;
/// Thresholds of one scale at most.
pub const SCALE_MAX: usize = 255;
/// Added to a rank it becomes an `i8` of the same order.
pub const BIAS: u8 = 128;
/// The biased rank of a leaf, above which none is.
pub const LEAF_RANK: u8 = 127;
/// What a narrow node can tell apart: columns of a row, leaves of a tree.
pub const NARROW: usize = 256;
/// Nodes of a tree of narrow nodes at most.
pub const NARROW_NODES: usize = 1 << 16;
/// Entries of a plane are written as a multiple of this.
pub const ENTRIES: usize = 4;
/// Length of a vector's record in bytes.
pub const VECTOR_BYTES: usize = 64;
/// Columns that vectors can name.
pub const VECTOR_COLUMNS: usize = 64;
/// Planes of a tree with vectors at most.
pub const VECTOR_PLANES: usize = 8;
/// Leaves in a plane.
pub const PLANE_LEAVES: usize = 8;
/// Length of a tree's record in bytes, among the covers.
pub const COVERED_TREE_BYTES: usize = 16;
/// Splits on the longest way from a root to a leaf of a tree with covers: a row's work and memory grow with its square.
pub const COVERED_DEPTH_MAX: usize = 1_000;
/// Outputs that a header has room for.
pub const OUTPUTS_MAX: usize = 5;
/// The greatest category and one more: what an `f32` still tells from its neighbours.
pub const CATEGORIES_XGBOOST: f64 = 16_777_216.0;
/// The same of LightGBM, whose categories are of 32 bits with a sign.
pub const CATEGORIES_LIGHTGBM: f64 = 2_147_483_648.0;

/// Marks of a split, in the top bits of its `feature`.
pub mod mark {
    /// The bits of the feature's number.
    pub const FEATURE: u32 = (1 << 24) - 1;
    /// A missing value goes left.
    pub const DEFAULT_LEFT: u32 = 1 << 24;
    /// A value that equals the threshold goes left.
    pub const EQUAL_LEFT: u32 = 1 << 25;
    /// NaN is missing; without it NaN is taken as 0.
    pub const NAN_MISSING: u32 = 1 << 26;
    /// Zero is missing too.
    pub const ZERO_MISSING: u32 = 1 << 27;
    /// The value names a category, and a set decides.
    pub const SET: u32 = 1 << 28;
    /// A category of the set goes left, else right.
    pub const MATCH_LEFT: u32 = 1 << 29;
}

/// Marks of a scale.
pub mod scale {
    /// The bits of the exponent.
    pub const EXPONENT: u32 = 0xff;
    /// It has a column in which missing values go left.
    pub const LEFT: u32 = 1 << 8;
    /// It has a column in which missing values go right.
    pub const RIGHT: u32 = 1 << 9;
    /// NaN is missing; without it NaN is taken as 0.
    pub const NAN_MISSING: u32 = 1 << 10;
    /// Zero is missing too.
    pub const ZERO_MISSING: u32 = 1 << 11;
    /// It is a set of categories, with one column: rank 1 goes right.
    pub const SET: u32 = 1 << 12;
    /// A category of the set goes left, else right.
    pub const MATCH_LEFT: u32 = 1 << 13;
}

/// How ranked trees are written.
pub mod shape {
    /// Nodes are `u64`s.
    pub const WIDE: u32 = 1;
    /// Values stand by nodes.
    pub const BY_NODE: u32 = 2;
    /// A value that equals the threshold goes left.
    pub const EQUAL_LEFT: u32 = 4;
}

/// Places of the header's words.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum Word {
    /// [`MAGIC`].
    Magic = 0,
    /// [`VERSION`].
    Version = 1,
    /// Length of the whole tables in bytes.
    TotalBytes = 2,
    /// [`Kind`] of the body.
    Kind = 3,
    /// Features in a row.
    Features = 4,
    /// Groups: margins in a row.
    Groups = 5,
    /// Trees.
    Trees = 6,
    /// Nodes of all trees, leaves included.
    Nodes = 7,
    /// [`Link`].
    Link = 8,
    /// Length of the text in bytes.
    TextBytes = 9,
    /// How many outputs follow.
    Outputs = 10,
    /// [`Precision`].
    Precision = 15,
    /// Records of linear functions.
    FunctionRecords = 16,
    /// Words of sets of categories.
    SetWords = 17,
    /// [`CategoryRule`].
    CategoryRule = 18,
    /// What a margin is multiplied by before it is made logistic: an `f64` in two words.
    Steepness = 20,
    /// What margins are divided by before the link: an `f64` in two words.
    Divisor = 22,
    /// Values this close to zero are zero: an `f64` in two words.
    ZeroMax = 24,
    /// [`shape`].
    Shape = 26,
    /// Scales.
    Scales = 27,
    /// Thresholds of all scales, with what fills them.
    Thresholds = 28,
    /// Values of leaves.
    Values = 29,
    /// Planes of all trees.
    Planes = 30,
    /// Entries of all planes.
    PlaneEntries = 31,
    /// Length of the body in bytes.
    BodyBytes = 32,
    /// Length of the second body in bytes; 0 for none.
    SecondBytes = 33,
    /// Words of the second body's sets of categories.
    SecondSetWords = 34,
    /// The first of [`OUTPUTS_MAX`] words, each an [`Output`].
    FirstOutput = 35,
}

macro_rules! closed_set {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant = $code,)+ }

        impl $name {
            /// Every member, in the order of their codes.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// Its number in the tables.
            pub fn code(self) -> u32 {
                self as u32
            }

            /// The member of this number.
            pub fn from_code(code: u32) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.code() == code)
            }

            /// Its name, in lower case.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }
    };
}

closed_set! {
    /// How the body is laid out and read.
    Kind {
        /// One packed array of nodes, walked from the root. It serves every forest.
        Walk = 1 "walk",
        /// Weights.
        Linear = 2 "linear",
        /// Values replaced by their ranks among the thresholds, and trees over those.
        Ranked = 3 "ranked",
    }
}

closed_set! {
    /// Numbers in which values come, are compared and summed, and are answered.
    Precision {
        /// `f32`.
        F32 = 0 "f32",
        /// `f64`.
        F64 = 1 "f64",
    }
}

closed_set! {
    /// Which values name a category; both cut a fraction off.
    CategoryRule {
        /// Those from 0 to below [`CATEGORIES_XGBOOST`].
        NotNegative = 0 "not negative",
        /// Those above -1 to below [`CATEGORIES_LIGHTGBM`].
        TowardsZero = 1 "towards zero",
    }
}

closed_set! {
    /// What turns margins into what the model promises.
    Link {
        /// The margin itself.
        Identity = 0 "identity",
        /// `1 / (1 + exp(-steepness * margin))`.
        Logistic = 1 "logistic",
        /// Exponentials of a row's margins, divided by their sum.
        Softmax = 2 "softmax",
        /// `exp(margin)`.
        Exp = 3 "exp",
        /// `sign(margin) * margin * margin`.
        SignedSquare = 4 "signed square",
        /// `ln(1 + exp(margin))`.
        Softplus = 5 "softplus",
        /// 1 above zero, else 0.
        Hinge = 6 "hinge",
    }
}

closed_set! {
    /// What a compiled model can give for a row. Numbers are FP32 or FP64, as its [`Precision`] is.
    Output {
        /// Sums of leaves before the link: `[-1, groups]`.
        Margin = 0 "margin",
        /// Probability of class 1, or of each class or label: `[-1, groups]`.
        Probability = 1 "probability",
        /// The class: INT64 `[-1, 1]`.
        Label = 2 "label",
        /// A regression's values: `[-1, groups]`.
        Prediction = 3 "prediction",
        /// The leaf that the row reaches in each tree, by the library's own number: INT32 `[-1, trees]`.
        Leaf = 4 "leaf",
        /// What each feature adds to the margin for this row, and after a group's features its bias; their sum is the margin:
        /// `[-1, groups * (features + 1)]`.
        Contributions = 5 "contributions",
    }
}
