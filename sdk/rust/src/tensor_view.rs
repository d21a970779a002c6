use crate::element::{Element, split_bytes};
use crate::{Datatype, Failure};
use std::borrow::Cow;

/// A tensor that someone else holds. Its data fit its shape and datatype.
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    datatype: Datatype,
    shape: &'a [u64],
    data: &'a [u8],
}

macro_rules! casts {
    ($($ty:ident $as:ident,)*) => {
        impl<'a> TensorView<'a> {
            $(
                #[doc = concat!("All values, row by row, as `", stringify!($ty), "`: borrowed where they lie aligned, else a copy.")]
                ///
                /// # Panics
                /// Where the tensor has another datatype, which only a mistake in the plugin can bring about.
                #[must_use]
                pub fn $as(&self) -> Cow<'a, [$ty]> {
                    self.cast()
                }
            )*
        }
    };
}
casts! {
    u8 as_u8,
    u16 as_u16,
    u32 as_u32,
    u64 as_u64,
    i8 as_i8,
    i16 as_i16,
    i32 as_i32,
    i64 as_i64,
    f32 as_f32,
    f64 as_f64,
}

impl<'a> TensorView<'a> {
    /// A view of these data.
    ///
    /// # Errors
    /// [`Failure::InvalidInput`] where the data are not as long as the shape says.
    pub fn new(datatype: Datatype, shape: &'a [u64], data: &'a [u8]) -> Result<Self, Failure> {
        let product = shape
            .iter()
            .try_fold(1_u64, |product, &dim| product.checked_mul(dim));
        let Some(elements) = product.and_then(|elements| usize::try_from(elements).ok()) else {
            return Err(Failure::InvalidInput(format!(
                "the shape {shape:?} has more elements than memory can hold"
            )));
        };
        let misfit = match datatype.size_bytes() {
            Some(size) if elements.checked_mul(size) == Some(data.len()) => None,
            Some(size) => Some(format!(
                "{} bytes of data where there should be {elements} times {size}",
                data.len()
            )),
            None => match split_bytes(data) {
                Ok(found) if found.len() == elements => None,
                Ok(found) => Some(format!(
                    "{} elements where there should be {elements}",
                    found.len()
                )),
                Err(why) => Some(why),
            },
        };
        match misfit {
            None => Ok(Self {
                datatype,
                shape,
                data,
            }),
            Some(why) => Err(Failure::InvalidInput(format!(
                "a {datatype} tensor of shape {shape:?} does not fit: {why}"
            ))),
        }
    }

    /// What its elements are.
    #[must_use]
    pub const fn datatype(&self) -> Datatype {
        self.datatype
    }

    /// Its dimensions; the first is the batch.
    #[must_use]
    pub const fn shape(&self) -> &'a [u64] {
        self.shape
    }

    /// The first dimension; 1 for a tensor that has none.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.shape.first().map_or(1, |&rows| rows as usize)
    }

    /// The values as they lie in memory: row by row, little endian.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.data
    }

    /// All truth values, row by row.
    ///
    /// # Panics
    /// Where the tensor has another datatype.
    #[must_use]
    pub fn as_bool(&self) -> Vec<bool> {
        self.expect(Datatype::Bool);
        self.data.iter().map(|&byte| byte != 0).collect()
    }

    /// The bits of all half-precision values, row by row.
    ///
    /// # Panics
    /// Where the tensor has another datatype.
    #[must_use]
    pub fn as_f16_bits(&self) -> Cow<'a, [u16]> {
        self.expect(Datatype::Fp16);
        cast_or_copy(self.data)
    }

    /// All elements of a `BYTES` tensor, row by row.
    ///
    /// # Panics
    /// Where the tensor has another datatype.
    #[must_use]
    pub fn as_byte_strings(&self) -> Vec<&'a [u8]> {
        self.expect(Datatype::Bytes);
        split_bytes(self.data).unwrap_or_default()
    }

    fn cast<T: Element>(&self) -> Cow<'a, [T]> {
        self.expect(T::DATATYPE);
        cast_or_copy(self.data)
    }

    fn expect(&self, datatype: Datatype) {
        assert!(
            self.datatype == datatype,
            "a {} tensor was read as {datatype}",
            self.datatype
        );
    }
}

fn cast_or_copy<T: bytemuck::Pod>(data: &[u8]) -> Cow<'_, [T]> {
    match bytemuck::try_cast_slice(data) {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(bytemuck::allocation::pod_collect_to_vec(data)),
    }
}
