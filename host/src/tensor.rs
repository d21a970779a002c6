//! Tensors as they cross between host, plugins and callers: Open Inference Protocol datatypes, row-major, little endian.

use std::fmt;

use thiserror::Error;

/// A datatype of the Open Inference Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datatype {
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Fp32,
    Fp64,
    Bytes,
}

impl Datatype {
    const NAMES: [(Datatype, &'static str); 13] = [
        (Datatype::Bool, "BOOL"),
        (Datatype::Uint8, "UINT8"),
        (Datatype::Uint16, "UINT16"),
        (Datatype::Uint32, "UINT32"),
        (Datatype::Uint64, "UINT64"),
        (Datatype::Int8, "INT8"),
        (Datatype::Int16, "INT16"),
        (Datatype::Int32, "INT32"),
        (Datatype::Int64, "INT64"),
        (Datatype::Fp16, "FP16"),
        (Datatype::Fp32, "FP32"),
        (Datatype::Fp64, "FP64"),
        (Datatype::Bytes, "BYTES"),
    ];

    /// The protocol's spelling, such as `FP32`.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads the protocol's spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, spelling)| *spelling == name)
            .map(|(datatype, _)| *datatype)
    }

    /// Bytes of one element; none for `BYTES`, whose elements each carry a u32 length.
    pub fn size_bytes(self) -> Option<u64> {
        match self {
            Datatype::Bool | Datatype::Uint8 | Datatype::Int8 => Some(1),
            Datatype::Uint16 | Datatype::Int16 | Datatype::Fp16 => Some(2),
            Datatype::Uint32 | Datatype::Int32 | Datatype::Fp32 => Some(4),
            Datatype::Uint64 | Datatype::Int64 | Datatype::Fp64 => Some(8),
            Datatype::Bytes => None,
        }
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One input or output: -1 marks a dimension that varies, the first dimension is the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    pub name: String,
    pub datatype: Datatype,
    pub shape: Vec<i64>,
}

impl fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.datatype, Shape(&self.shape))
    }
}

/// What a model takes and gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
}

/// What an adapter makes, wants back, and reads besides the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    pub features: Vec<TensorSpec>,
    pub scores: Vec<TensorSpec>,
    /// Names of the headers that `preprocess` reads.
    pub headers: Vec<String>,
}

/// Values whose name and datatype are known from a [`TensorSpec`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tensor {
    pub shape: Vec<u64>,
    pub data: Vec<u8>,
}

/// How a tensor breaks its specification; the text may be read by a caller.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Mismatch {
    #[error("tensor `{name}` has the shape {actual}, expected {expected}")]
    Shape {
        name: String,
        actual: String,
        expected: String,
    },
    #[error("tensor `{name}` has a shape of {actual} whose size overflows")]
    Overflow { name: String, actual: String },
    #[error("tensor `{name}` of {datatype} {shape} needs {expected} bytes of data, got {actual}")]
    Length {
        name: String,
        datatype: Datatype,
        shape: String,
        expected: u64,
        actual: u64,
    },
    #[error("tensor `{name}`: BYTES element {element} claims {claimed} bytes, {left} are left")]
    Element {
        name: String,
        element: u64,
        claimed: u64,
        left: u64,
    },
    #[error("tensor `{name}`: {surplus} bytes follow the last BYTES element")]
    Surplus { name: String, surplus: u64 },
}

impl Tensor {
    /// Rows of the batch: the first dimension.
    pub fn rows(&self) -> u64 {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Holds the tensor against its specification: shape, then the length of the data, then each element of `BYTES`.
    pub fn check(&self, spec: &TensorSpec) -> Result<(), Mismatch> {
        let fits = self.shape.len() == spec.shape.len()
            && std::iter::zip(&self.shape, &spec.shape)
                .all(|(&actual, &expected)| expected < 0 || actual == expected as u64);
        if !fits {
            return Err(Mismatch::Shape {
                name: spec.name.clone(),
                actual: Shape(&self.shape).to_string(),
                expected: Shape(&spec.shape).to_string(),
            });
        }
        let overflow = || Mismatch::Overflow {
            name: spec.name.clone(),
            actual: Shape(&self.shape).to_string(),
        };
        let elements = elements(&self.shape).ok_or_else(overflow)?;
        match spec.datatype.size_bytes() {
            Some(size) => {
                let expected = elements.checked_mul(size).ok_or_else(overflow)?;
                if self.data.len() as u64 == expected {
                    Ok(())
                } else {
                    Err(Mismatch::Length {
                        name: spec.name.clone(),
                        datatype: spec.datatype,
                        shape: Shape(&self.shape).to_string(),
                        expected,
                        actual: self.data.len() as u64,
                    })
                }
            }
            None => check_elements(&self.data, elements, &spec.name),
        }
    }
}

/// The number of elements of a shape; none where the product overflows.
pub fn elements(shape: &[u64]) -> Option<u64> {
    // A dimension of 0 makes the product 0 whatever the others claim.
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(1u64, |all, &dim| all.checked_mul(dim))
}

/// Walks the elements of `BYTES`: each a u32 length and that many bytes, with nothing left over.
fn check_elements(data: &[u8], elements: u64, name: &str) -> Result<(), Mismatch> {
    let mut rest = data;
    for element in 0..elements {
        let lies = |claimed: u64, left: usize| Mismatch::Element {
            name: name.to_owned(),
            element,
            claimed,
            left: left as u64,
        };
        let (length, tail) = rest
            .split_first_chunk::<4>()
            .ok_or_else(|| lies(4, rest.len()))?;
        let claimed = u32::from_le_bytes(*length) as usize;
        rest = tail
            .get(claimed..)
            .ok_or_else(|| lies(claimed as u64, tail.len()))?;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Mismatch::Surplus {
            name: name.to_owned(),
            surplus: rest.len() as u64,
        })
    }
}

/// Prints a shape as `[-1, 15]`.
pub struct Shape<'a, T>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for Shape<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, dim) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            dim.fmt(f)?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(datatype: Datatype, shape: &[i64]) -> TensorSpec {
        TensorSpec {
            name: "x".into(),
            datatype,
            shape: shape.into(),
        }
    }

    fn tensor(shape: &[u64], data: &[u8]) -> Tensor {
        Tensor {
            shape: shape.into(),
            data: data.into(),
        }
    }

    #[test]
    fn names_and_order_agree() {
        for (i, (datatype, name)) in Datatype::NAMES.iter().enumerate() {
            assert_eq!(*datatype as usize, i);
            assert_eq!(Datatype::from_name(name), Some(*datatype));
        }
        assert_eq!(Datatype::from_name("FLOAT"), None);
    }

    #[test]
    fn a_shape_whose_product_overflows_is_an_error_and_not_a_panic() {
        let lie = tensor(&[1 << 40, 1 << 40], &[]);
        let error = lie.check(&spec(Datatype::Fp32, &[-1, -1])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tensor `x` has a shape of [1099511627776, 1099511627776] whose size overflows"
        );
    }

    #[test]
    fn lengths_that_lie_are_named() {
        let short = tensor(&[2, 3], &[0; 20]);
        let error = short.check(&spec(Datatype::Fp32, &[-1, 3])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tensor `x` of FP32 [2, 3] needs 24 bytes of data, got 20"
        );
        let lie = tensor(&[1], &[9, 0, 0, 0, b'a']);
        let error = lie.check(&spec(Datatype::Bytes, &[-1])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tensor `x`: BYTES element 0 claims 9 bytes, 1 are left"
        );
        let surplus = tensor(&[1], &[1, 0, 0, 0, b'a', b'b']);
        assert!(surplus.check(&spec(Datatype::Bytes, &[-1])).is_err());
        let huge = tensor(&[u64::MAX], &[]);
        assert!(huge.check(&spec(Datatype::Bytes, &[-1])).is_err());
    }

    #[test]
    fn a_fixed_dimension_must_agree() {
        let error = tensor(&[2, 4], &[0; 32])
            .check(&spec(Datatype::Fp32, &[-1, 3]))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "tensor `x` has the shape [2, 4], expected [-1, 3]"
        );
        assert!(
            tensor(&[0, 3], &[])
                .check(&spec(Datatype::Fp32, &[-1, 3]))
                .is_ok()
        );
    }
}
