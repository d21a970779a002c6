use crate::element::Element;
use crate::{Datatype, Failure, TensorView};
use std::cell::OnceCell;

/// The scores of one event: its row of each tensor that the contract's `scores` name, in their order.
///
/// Asking for a tensor that is not there, or by another datatype, gives nothing (a NaN, a zero, an empty row), and
/// the whole batch fails with a message that says so.
#[derive(Clone, Copy, Debug)]
pub struct Scores<'a> {
    table: &'a ScoreTable<'a>,
    row: usize,
}

macro_rules! reads {
    ($($ty:ident $row:ident $nothing:expr,)*) => {
        impl<'a> Scores<'a> {
            $(
                #[doc = concat!("The first element of the event's row of that tensor, an `", stringify!($ty), "`.")]
                #[inline]
                #[must_use]
                pub fn $ty(&self, tensor: usize) -> $ty {
                    self.$row(tensor).first().copied().unwrap_or($nothing)
                }

                #[doc = concat!("The event's row of that tensor, as `", stringify!($ty), "`.")]
                #[inline]
                #[must_use]
                pub fn $row(&self, tensor: usize) -> &'a [$ty] {
                    self.read(tensor)
                }
            )*
        }
    };
}
reads! {
    u8 row_u8 0,
    u16 row_u16 0,
    u32 row_u32 0,
    u64 row_u64 0,
    i8 row_i8 0,
    i16 row_i16 0,
    i32 row_i32 0,
    i64 row_i64 0,
    f32 row_f32 f32::NAN,
    f64 row_f64 f64::NAN,
}

impl<'a> Scores<'a> {
    /// Elements of the event's row of a `BYTES` tensor.
    #[must_use]
    pub fn row_byte_strings(&self, tensor: usize) -> &'a [&'a [u8]] {
        match self.table.columns.get(tensor) {
            Some(Column {
                cells: Cells::Strings(strings),
                width,
                ..
            }) => &strings[self.row * width..(self.row + 1) * width],
            column => {
                self.misread(column, tensor, Datatype::Bytes);
                &[]
            }
        }
    }

    #[inline]
    fn read<T: Element>(&self, tensor: usize) -> &'a [T] {
        match self.table.columns.get(tensor) {
            Some(column) if column.datatype == T::DATATYPE => {
                let row_bytes = column.width * size_of::<T>();
                bytemuck::cast_slice(
                    &column.cells.bytes()[self.row * row_bytes..(self.row + 1) * row_bytes],
                )
            }
            column => {
                self.misread(column, tensor, T::DATATYPE);
                &[]
            }
        }
    }

    #[cold]
    fn misread(&self, column: Option<&Column<'_>>, tensor: usize, wanted: Datatype) {
        self.table.misread.get_or_init(|| match column {
            Some(column) => format!(
                "score tensor {tensor} was read as {wanted}, but it is {}",
                column.datatype
            ),
            None => {
                let count = self.table.columns.len();
                format!(
                    "score tensor {tensor} was read, but the contract names {count}, counted from 0"
                )
            }
        });
    }
}

/// All scores of a batch, so laid out that rows can be borrowed.
#[derive(Debug)]
pub(crate) struct ScoreTable<'a> {
    columns: Vec<Column<'a>>,
    misread: OnceCell<String>,
}

#[derive(Debug)]
struct Column<'a> {
    datatype: Datatype,
    /// Elements of a row.
    width: usize,
    cells: Cells<'a>,
}

#[derive(Debug)]
enum Cells<'a> {
    /// Aligned for the column's datatype as they came.
    Borrowed(&'a [u8]),
    /// Copied to where any number is aligned; the last word may be padded.
    Copied(Vec<u64>),
    Strings(Vec<&'a [u8]>),
}

impl Cells<'_> {
    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Copied(words) => bytemuck::cast_slice(words),
            Self::Strings(_) => &[],
        }
    }
}

impl<'a> ScoreTable<'a> {
    /// Lays out tensors that must have that many rows each.
    pub(crate) fn new(tensors: &[TensorView<'a>], rows: usize) -> Result<Self, Failure> {
        let columns = tensors.iter().enumerate().map(|(index, tensor)| {
            let found = tensor.rows();
            if tensor.shape().is_empty() || found != rows {
                let why = format!(
                    "score tensor {index} has {found} rows, but {rows} events were prepared"
                );
                return Err(Failure::InvalidInput(why));
            }
            Ok(Column::new(tensor))
        });
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
            misread: OnceCell::new(),
        })
    }

    #[inline]
    pub(crate) const fn row(&'a self, row: usize) -> Scores<'a> {
        Scores { table: self, row }
    }

    /// The first mistake in reading it.
    #[inline]
    pub(crate) fn misread(&self) -> Option<&String> {
        self.misread.get()
    }
}

impl<'a> Column<'a> {
    fn new(tensor: &TensorView<'a>) -> Self {
        let data = tensor.bytes();
        let cells = match tensor.datatype().size_bytes() {
            None => Cells::Strings(tensor.as_byte_strings()),
            Some(size) if data.as_ptr().addr().is_multiple_of(size) => Cells::Borrowed(data),
            Some(_) => Cells::Copied(bytemuck::allocation::pod_collect_to_vec(data)),
        };
        let width = tensor.shape()[1..].iter().product::<u64>() as usize;
        Self {
            datatype: tensor.datatype(),
            width,
            cells,
        }
    }
}
