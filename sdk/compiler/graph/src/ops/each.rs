//! The same code for elements of each datatype.

/// `$data` is a [`Data`](crate::data::Data); gives a `Data` of the same kind, of the vector that `$make` makes of its elements `$x`, which
/// it moves and looks at no further: numbers of one size are the same to it.
macro_rules! each {
    ($data:expr, $x:ident => $make:expr) => {
        match $data {
            $crate::data::Data::F32($x) => {
                let $x: &[u32] = ::bytemuck::cast_slice($x);
                $crate::data::Data::F32(::bytemuck::cast_vec($make).into())
            }
            $crate::data::Data::F64($x) => {
                let $x: &[u64] = ::bytemuck::cast_slice($x);
                $crate::data::Data::F64(::bytemuck::cast_vec($make).into())
            }
            $crate::data::Data::I32($x) => {
                let $x: &[u32] = ::bytemuck::cast_slice($x);
                $crate::data::Data::I32(::bytemuck::cast_vec($make).into())
            }
            $crate::data::Data::I64($x) => {
                let $x: &[u64] = ::bytemuck::cast_slice($x);
                $crate::data::Data::I64(::bytemuck::cast_vec($make).into())
            }
            $crate::data::Data::Bool($x) => {
                $crate::data::Data::Bool(::std::borrow::Cow::Owned($make))
            }
            $crate::data::Data::Text($x) => {
                $crate::data::Data::Text($crate::data::Texts::Owned($make))
            }
        }
    };
}

/// Likewise of two that must be of the same datatype; `$other` is what it is where they are not.
macro_rules! each_two {
    ($left:expr, $right:expr, ($x:ident, $y:ident) => $make:expr, $other:expr) => {
        match ($left, $right) {
            ($crate::data::Data::F32($x), $crate::data::Data::F32($y)) => {
                $crate::data::Data::F32(::std::borrow::Cow::Owned($make))
            }
            ($crate::data::Data::F64($x), $crate::data::Data::F64($y)) => {
                $crate::data::Data::F64(::std::borrow::Cow::Owned($make))
            }
            ($crate::data::Data::I32($x), $crate::data::Data::I32($y)) => {
                $crate::data::Data::I32(::std::borrow::Cow::Owned($make))
            }
            ($crate::data::Data::I64($x), $crate::data::Data::I64($y)) => {
                $crate::data::Data::I64(::std::borrow::Cow::Owned($make))
            }
            ($crate::data::Data::Bool($x), $crate::data::Data::Bool($y)) => {
                $crate::data::Data::Bool(::std::borrow::Cow::Owned($make))
            }
            ($crate::data::Data::Text($x), $crate::data::Data::Text($y)) => {
                $crate::data::Data::Text($crate::data::Texts::Owned($make))
            }
            _ => $other,
        }
    };
}

pub(crate) use {each, each_two};
