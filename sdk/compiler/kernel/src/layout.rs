//! The bytes that the compiler writes and the kernel reads: one definition for both.
//!
//! All numbers are little endian. In this order, without gaps unless said:
//!
//! | part | bytes |
//! | --- | --- |
//! | header | [`HEADER_WORDS`] `u32`s, see [`Word`] |
//! | base margins | an `f32` for each group |
//! | text | name, version, description: each a `u32` length and that many bytes of UTF-8 |
//! | padding | zeros up to a multiple of [`ALIGN`] |
//! | body | as the kernel's kind defines it; it ends the tables |
//!
//! The body of [`Kind::Walk`]: a [`TREE_BYTES`] record for each tree (`root: u32`, `group: u32`), zeros up to a multiple of
//! [`ALIGN`], then a [`NODE_BYTES`] record for each node: `value: f32` (threshold, or a leaf's value), `feature: u32` (its top bit
//! is [`DEFAULT_LEFT`]; all ones in a leaf), `left: u32`, `right: u32` (zero in a leaf). Children come after their parent, so a
//! walk ends.

/// The first four bytes, read as a little-endian number.
pub const MAGIC: u32 = u32::from_le_bytes(*b"SGTB");
/// The layout's version; another one is refused.
pub const VERSION: u32 = 1;
/// Length of the header in `u32`s.
pub const HEADER_WORDS: usize = 16;
/// What the body's parts are aligned to, in bytes.
pub const ALIGN: usize = 16;
/// Length of a tree's record in bytes.
pub const TREE_BYTES: usize = 8;
/// Length of a node's record in bytes.
pub const NODE_BYTES: usize = 16;
/// Bit of a node's `feature`: a missing value goes left.
pub const DEFAULT_LEFT: u32 = 1 << 31;
/// `feature` of a leaf.
pub const LEAF: u32 = u32::MAX;
/// Outputs that a header has room for.
pub const OUTPUTS_MAX: usize = 4;

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
    /// The first of [`OUTPUTS_MAX`] words, each an [`Output`].
    FirstOutput = 11,
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
    /// How the body is laid out and walked.
    Kind {
        /// One packed array of nodes, walked from the root.
        Walk = 1 "walk",
    }
}

closed_set! {
    /// What turns margins into what the model promises.
    Link {
        /// The margin itself.
        Identity = 0 "identity",
        /// `1 / (1 + exp(-margin))`, of one group.
        Logistic = 1 "logistic",
        /// Exponentials of a row's margins, divided by their sum.
        Softmax = 2 "softmax",
    }
}

closed_set! {
    /// What a compiled model can give for a row.
    Output {
        /// Sums of leaves before the link: FP32 `[-1, groups]`.
        Margin = 0 "margin",
        /// Probability of class 1, or of each class: FP32 `[-1, groups]`.
        Probability = 1 "probability",
        /// The class: INT64 `[-1, 1]`.
        Label = 2 "label",
        /// A regression's value: FP32 `[-1, 1]`.
        Prediction = 3 "prediction",
    }
}
