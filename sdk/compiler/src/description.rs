//! The one description of a model, where readers and kernels meet: a reader of any format makes it, every kernel's tables are
//! written from it, and nothing in it is particular to either.

use crate::forest::Forest;

/// A trained model, checked by the reader that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The library that trained it and what the file tells of its version, for people: `XGBoost 3.2.0`, `LightGBM, format v4`.
    pub origin: String,
    /// The objective as the library names it: `binary:logistic`.
    pub objective: String,
    /// What the model is for.
    pub task: Task,
    /// What turns margins into probabilities or predictions.
    pub link: Link,
    /// Margins are divided by it before the link: the iterations of LightGBM's `average_output` (`GBDT::Predict` in
    /// src/boosting/gbdt_prediction.cpp, which leaves raw scores undivided); otherwise 1.
    pub divisor: f64,
    /// In which numbers the library computes; also the datatype of a row's values.
    pub precision: Precision,
    /// Values in a row.
    pub features: usize,
    /// Their names; empty if the file has none.
    pub feature_names: Vec<String>,
    /// What their values mean; empty if the file does not tell.
    pub feature_kinds: Vec<FeatureKind>,
    /// Where each group's sum begins. Its length is the number of groups: one a class, one a target, or a single one. With
    /// [`Precision::F32`] each is an `f32` exactly.
    pub base_margins: Vec<f64>,
    /// What is added to them.
    pub family: Family,
    /// What a user should know of the file, one sentence each.
    pub notes: Vec<String>,
}

/// What a model is for; it decides which outputs make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A number for each group, of which most models have one. Rankings count among them.
    Regression,
    /// One of two classes.
    Binary,
    /// One of as many classes as there are groups.
    Multiclass,
    /// Each group is a yes or no of its own.
    Labels,
}

/// Numbers in which a library computes: values are read, compared and summed in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// XGBoost. Every number of the description is then an `f32` exactly.
    F32,
    /// LightGBM.
    F64,
}

/// What a value of a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    /// A quantity.
    Number,
    /// The code of a category: a whole number from 0.
    Category,
}

/// What follows the margins. It is computed in the model's [`Precision`], in the library's own steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    /// The margin itself.
    Identity,
    /// `1 / (1 + exp(-steepness * margin))` of each group by itself. `steepness` is LightGBM's parameter `sigmoid`; XGBoost's is 1.
    Logistic {
        /// Greater than zero.
        steepness: f64,
    },
    /// Exponentials of a row's margins, divided by their sum.
    Softmax,
    /// `exp(margin)`: counts and other positive numbers that were modelled by their logarithm.
    Exp,
    /// `sign(margin) * margin * margin`: LightGBM's `reg_sqrt`, which trains on square roots.
    SignedSquare,
    /// `ln(1 + exp(margin))`: LightGBM's `cross_entropy_lambda`.
    Softplus,
    /// 1 above zero, else 0: XGBoost's `binary:hinge`.
    Hinge,
}

impl Link {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Logistic { .. } => "logistic",
            Self::Softmax => "softmax",
            Self::Exp => "exp",
            Self::SignedSquare => "signed square",
            Self::Softplus => "softplus",
            Self::Hinge => "hinge",
        }
    }
}

/// What is added to the base margins. Other kinds of models become members here.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// Leaves of trees.
    Trees(Box<Forest>),
    /// Weighted values.
    Linear(Linear),
}

impl Family {
    /// Its name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trees(_) => "trees",
            Self::Linear(_) => "a linear model",
        }
    }
}

/// A linear model: to each group's sum, for one feature after the other, `value * weight` is added, each product and each sum rounded.
/// A missing value (NaN) adds nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Feature by feature, one weight for each group.
    pub weights: Vec<f64>,
}

impl Description {
    /// Margins in a row.
    pub fn groups(&self) -> usize {
        self.base_margins.len()
    }

    /// The trees, where it is a model of trees.
    pub fn forest(&self) -> Option<&Forest> {
        match &self.family {
            Family::Trees(forest) => Some(forest),
            Family::Linear(_) => None,
        }
    }
}
