use crate::element::Element;
use crate::{Datatype, Failure, TensorView};

/// A tensor's shape and its values, row by row, little endian. Which tensor it is, and of which datatype, is given by
/// its place in the signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tensor {
    /// The dimensions; the first is the batch.
    pub shape: Vec<u64>,
    /// The values; an element of `BYTES` is its length as a `u32` and that many bytes.
    pub data: Vec<u8>,
}

macro_rules! constructors {
    ($($ty:ident,)*) => {
        impl Tensor {
            $(
                #[doc = concat!("A tensor of `", stringify!($ty), "` values.")]
                #[must_use]
                pub fn $ty(shape: impl Into<Vec<u64>>, values: Vec<$ty>) -> Self {
                    Self::of(shape.into(), &values)
                }
            )*
        }
    };
}
constructors! { u8, u16, u32, u64, i8, i16, i32, i64, f32, f64, }

impl Tensor {
    /// A tensor of truth values.
    #[must_use]
    pub fn bool(shape: impl Into<Vec<u64>>, values: Vec<bool>) -> Self {
        Self {
            shape: shape.into(),
            data: values.into_iter().map(u8::from).collect(),
        }
    }

    /// A tensor of strings of bytes.
    ///
    /// # Panics
    /// Where one is longer than 4 GiB.
    #[must_use]
    pub fn bytes<T: AsRef<[u8]>>(shape: impl Into<Vec<u64>>, values: &[T]) -> Self {
        let mut data =
            Vec::with_capacity(values.iter().map(|value| 4 + value.as_ref().len()).sum());
        for value in values.iter().map(AsRef::as_ref) {
            let length = u32::try_from(value.len())
                .expect("an element of a BYTES tensor is shorter than 4 GiB");
            data.extend_from_slice(&length.to_le_bytes());
            data.extend_from_slice(value);
        }
        Self {
            shape: shape.into(),
            data,
        }
    }

    /// The tensor seen as one of this datatype.
    ///
    /// # Errors
    /// Shape and data that do not fit each other.
    pub fn view(&self, datatype: Datatype) -> Result<TensorView<'_>, Failure> {
        TensorView::new(datatype, &self.shape, &self.data)
    }

    fn of<T: Element>(shape: Vec<u64>, values: &[T]) -> Self {
        Self {
            shape,
            data: bytemuck::cast_slice(values).to_vec(),
        }
    }
}
