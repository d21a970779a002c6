use crate::Datatype;

/// Name, datatype and shape of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// By what name the other side knows it.
    pub name: String,
    /// What its elements are.
    pub datatype: Datatype,
    /// Its dimensions. The first is the batch; -1 marks one that varies.
    pub shape: Vec<i64>,
}

impl TensorSpec {
    /// One tensor, for instance `TensorSpec::new("features", Datatype::Fp32, [-1, 15])`.
    #[must_use]
    pub fn new(name: impl Into<String>, datatype: Datatype, shape: impl Into<Vec<i64>>) -> Self {
        Self {
            name: name.into(),
            datatype,
            shape: shape.into(),
        }
    }

    /// What one row of it holds.
    ///
    /// # Errors
    /// A shape of which rows cannot be told apart.
    pub(crate) fn row(&self) -> Result<RowShape, String> {
        let refuse = |why: &str| {
            Err(format!(
                "tensor `{}` has the shape {:?}: {why}",
                self.name, self.shape
            ))
        };
        let Some((&batch, dims)) = self.shape.split_first() else {
            return refuse("it needs a first dimension for the batch, usually -1");
        };
        if batch < -1 || batch == 0 || dims.iter().any(|&dim| dim < -1 || dim == 0) {
            return refuse("a dimension is at least 1, or -1 for one that varies");
        }
        let free_dims = dims.iter().filter(|&&dim| dim == -1).count();
        if free_dims > 1 {
            return refuse("besides the batch only one dimension may vary");
        }
        let fixed = dims.iter().filter(|&&dim| dim != -1);
        let fixed = fixed.copied().try_fold(1_usize, |product, dim| {
            product.checked_mul(usize::try_from(dim).ok()?)
        });
        match fixed {
            Some(fixed) => Ok(RowShape {
                fixed,
                varies: free_dims == 1,
            }),
            None => refuse("a row has too many elements"),
        }
    }
}

/// How many elements a row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowShape {
    /// The product of the dimensions after the first, but for the one that varies.
    pub fixed: usize,
    /// Whether one of them is -1.
    pub varies: bool,
}
