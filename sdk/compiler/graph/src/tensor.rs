//! What steps take and give.

use std::borrow::Cow;

use crate::data::{Data, Datatype, Text, Texts};
use crate::shape::Shape;

/// A shape and as many elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'a> {
    shape: Shape,
    data: Data<'a>,
}

macro_rules! accessors {
    ($($kind:ident $ty:ty, $list:ty, $make:ident $get:ident $into:ident;)*) => {
        impl<'a> Tensor<'a> {
            $(
                #[doc = concat!("A tensor of `", stringify!($kind), "` elements.")]
                ///
                /// # Errors
                /// Elements that are not as many as the shape says.
                pub fn $make(shape: Shape, data: impl Into<$list>) -> Result<Self, String> {
                    Self::new(shape, Data::$kind(data.into()))
                }

                #[doc = concat!("The elements, where they are `", stringify!($kind), "`.")]
                ///
                /// # Errors
                /// Another datatype.
                pub fn $get(&self) -> Result<&[$ty], String> {
                    match &self.data {
                        Data::$kind(data) => Ok(data),
                        _ => Err(self.is_not(Datatype::$kind)),
                    }
                }

                #[doc = concat!("Moves the elements out, where they are `", stringify!($kind), "`; copied only where they are borrowed.")]
                ///
                /// # Errors
                /// Another datatype.
                pub fn $into(self) -> Result<Vec<$ty>, String> {
                    match self.data {
                        Data::$kind(data) => Ok(data.into_owned()),
                        _ => Err(self.is_not(Datatype::$kind)),
                    }
                }
            )*
        }
    };
}
accessors! {
    F32 f32, Cow<'a, [f32]>, f32 as_f32 into_f32;
    F64 f64, Cow<'a, [f64]>, f64 as_f64 into_f64;
    I32 i32, Cow<'a, [i32]>, i32 as_i32 into_i32;
    I64 i64, Cow<'a, [i64]>, i64 as_i64 into_i64;
    Bool u8, Cow<'a, [u8]>, bool as_bool into_bool;
    Text Text<'a>, Texts<'a>, text as_text into_text;
}

impl<'a> Tensor<'a> {
    /// A tensor of these elements.
    ///
    /// # Errors
    /// Elements that are not as many as the shape says.
    pub fn new(shape: Shape, data: Data<'a>) -> Result<Self, String> {
        if shape.elements() != data.len() {
            return Err(format!(
                "{} elements do not make a tensor of shape {shape:?}",
                data.len()
            ));
        }
        Ok(Self { shape, data })
    }

    /// Its dimensions.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What its elements are.
    pub fn datatype(&self) -> Datatype {
        self.data.datatype()
    }

    /// Its elements.
    pub fn data(&self) -> &Data<'a> {
        &self.data
    }

    /// Its elements, moved out.
    pub fn into_data(self) -> Data<'a> {
        self.data
    }

    /// The same elements in another shape.
    ///
    /// # Errors
    /// A shape of another number of elements.
    pub fn reshaped(self, shape: Shape) -> Result<Self, String> {
        Self::new(shape, self.data).map_err(|error| format!("{error}, but {:?}", self.shape))
    }

    /// The same, borrowed from this one.
    pub fn borrowed(&self) -> Tensor<'_> {
        Tensor {
            shape: self.shape,
            data: self.data.borrowed(),
        }
    }

    /// The same, borrowed from nobody.
    pub fn into_owned(self) -> Tensor<'static> {
        Tensor {
            shape: self.shape,
            data: self.data.into_owned(),
        }
    }

    fn is_not(&self, wanted: Datatype) -> String {
        let found = self.datatype().name();
        format!(
            "a tensor of {found} where one of {} is needed",
            wanted.name()
        )
    }
}
