use crate::element::Element;
use crate::tensor_spec::RowShape;
use crate::{Datatype, Tensor, TensorSpec};

/// How much is reserved for a batch before its first row is written; what is larger grows as it is needed.
const RESERVE_MAX_BYTES: usize = 1 << 20;

/// What is reserved for an element of a `BYTES` tensor: its length and a short word.
const BYTES_ELEMENT_GUESS_BYTES: usize = 16;

/// One feature tensor in the making. Elements are appended to the row of the event at hand.
///
/// The datatype pushed must be the one that the contract names, and a row must get as many elements as its shape says;
/// otherwise the whole batch fails with a message that names the row, the tensor and both sides.
#[derive(Debug)]
pub struct TensorBuilder {
    datatype: Datatype,
    data: Vec<u8>,
    elements: usize,
    row: RowShape,
    /// Elements of each row, once it is known.
    width: Option<usize>,
    /// Where the row at hand begins.
    start_bytes: usize,
    start_elements: usize,
    /// The first datatype that was pushed and is not the tensor's.
    refused: Option<Datatype>,
}

macro_rules! pushes {
    ($($ty:ident $push:ident $extend:ident,)*) => {
        impl TensorBuilder {
            $(
                #[doc = concat!("Appends one `", stringify!($ty), "`.")]
                #[inline]
                pub fn $push(&mut self, value: $ty) {
                    self.extend::<$ty>(&[value]);
                }

                #[doc = concat!("Appends `", stringify!($ty), "` values.")]
                #[inline]
                pub fn $extend(&mut self, values: &[$ty]) {
                    self.extend(values);
                }
            )*
        }
    };
}
pushes! {
    u8 push_u8 extend_u8,
    u16 push_u16 extend_u16,
    u32 push_u32 extend_u32,
    u64 push_u64 extend_u64,
    i8 push_i8 extend_i8,
    i16 push_i16 extend_i16,
    i32 push_i32 extend_i32,
    i64 push_i64 extend_i64,
    f32 push_f32 extend_f32,
    f64 push_f64 extend_f64,
}

impl TensorBuilder {
    /// Appends a truth value.
    #[inline]
    pub fn push_bool(&mut self, value: bool) {
        self.append(Datatype::Bool, &[u8::from(value)], 1);
    }

    /// Appends a half-precision number, given by its bits.
    #[inline]
    pub fn push_f16_bits(&mut self, bits: u16) {
        self.append(Datatype::Fp16, &bits.to_le_bytes(), 1);
    }

    /// Appends a string of bytes.
    ///
    /// # Panics
    /// Where it is longer than 4 GiB.
    #[inline]
    pub fn push_bytes(&mut self, value: &[u8]) {
        let length =
            u32::try_from(value.len()).expect("an element of a BYTES tensor is shorter than 4 GiB");
        self.append(Datatype::Bytes, &length.to_le_bytes(), 1);
        if self.datatype == Datatype::Bytes {
            self.data.extend_from_slice(value);
        }
    }

    /// Appends a text.
    #[inline]
    pub fn push_str(&mut self, value: &str) {
        self.push_bytes(value.as_bytes());
    }

    #[inline]
    fn extend<T: Element>(&mut self, values: &[T]) {
        self.append(T::DATATYPE, bytemuck::cast_slice(values), values.len());
    }

    #[inline]
    fn append(&mut self, datatype: Datatype, bytes: &[u8], elements: usize) {
        if datatype != self.datatype {
            self.refused.get_or_insert(datatype);
            return;
        }
        self.data.extend_from_slice(bytes);
        self.elements += elements;
    }

    /// An empty tensor with room for that many rows.
    pub(crate) fn new(spec: &TensorSpec, rows: usize) -> Result<Self, String> {
        let row = spec.row()?;
        let element_bytes = spec
            .datatype
            .size_bytes()
            .unwrap_or(BYTES_ELEMENT_GUESS_BYTES);
        let expected_bytes = rows.saturating_mul(row.fixed).saturating_mul(element_bytes);
        Ok(Self {
            data: Vec::with_capacity(expected_bytes.min(RESERVE_MAX_BYTES)),
            width: (!row.varies).then_some(row.fixed),
            ..Self::unsized_of(spec.datatype, row)
        })
    }

    /// A tensor that nobody reads, made without an allocation.
    pub(crate) const fn stray() -> Self {
        Self::unsized_of(
            Datatype::Uint8,
            RowShape {
                fixed: 1,
                varies: true,
            },
        )
    }

    const fn unsized_of(datatype: Datatype, row: RowShape) -> Self {
        Self {
            datatype,
            data: Vec::new(),
            elements: 0,
            row,
            width: None,
            start_bytes: 0,
            start_elements: 0,
            refused: None,
        }
    }

    /// Ends the row at hand.
    #[inline]
    pub(crate) fn close_row(&mut self) -> Result<(), String> {
        let written = self.elements - self.start_elements;
        if self.refused.is_some() || self.width != Some(written) {
            self.settle(written)?;
        }
        self.start_bytes = self.data.len();
        self.start_elements = self.elements;
        Ok(())
    }

    /// The seldom half of `close_row`: a first row that sets the width, or a mistake.
    #[cold]
    fn settle(&mut self, written: usize) -> Result<(), String> {
        if let Some(pushed) = self.refused {
            return Err(format!(
                "was given {pushed}, but its datatype is {}",
                self.datatype
            ));
        }
        if let Some(width) = self.width {
            return Err(format!("got {written} elements, but a row has {width}"));
        }
        if !written.is_multiple_of(self.row.fixed) {
            return Err(format!(
                "got {written} elements, but a row has a multiple of {}",
                self.row.fixed
            ));
        }
        self.width = Some(written);
        Ok(())
    }

    /// Takes back what was written since the last row was closed.
    pub(crate) fn roll_back(&mut self) {
        self.data.truncate(self.start_bytes);
        self.elements = self.start_elements;
        self.refused = None;
    }

    /// The tensor of all closed rows.
    pub(crate) fn finish(self, spec: &TensorSpec, rows: usize) -> Tensor {
        let varying = self.width.map_or(0, |width| width / self.row.fixed) as u64;
        let dims = spec
            .shape
            .iter()
            .skip(1)
            .map(|&dim| u64::try_from(dim).unwrap_or(varying));
        Tensor {
            shape: std::iter::once(rows as u64).chain(dims).collect(),
            data: self.data,
        }
    }
}
