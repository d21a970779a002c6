//! Products of tensors of which none is the model's.

use std::borrow::Cow;

use super::distance::products;
use super::kernel::{Matrix, rows_by_columns};
use crate::data::Data;
use crate::limits::PRODUCTS_MAX;
use crate::ops::Args;
use crate::ops::broadcast::{self, Plan};
use crate::ops::each::each;
use crate::ops::layout::view::view;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// As numpy's: a vector on the left is a row, on the right a column; dimensions before the last two are broadcast.
pub fn matmul<'v>(left: &Tensor<'_>, right: &Tensor<'_>) -> Result<Tensor<'v>, String> {
    let sizes = Sizes::new(left.shape(), right.shape())?;
    let data = match (left.data(), right.data()) {
        (Data::F32(left), Data::F32(right)) => Data::F32(sizes.of(left, right, products)),
        (Data::F64(left), Data::F64(right)) => Data::F64(sizes.of(left, right, products)),
        // What wraps around in 32 bits is what is left of 64.
        (Data::I32(left), Data::I32(right)) => {
            let [left, right] = [left, right].map(|data| data.iter().map(|x| i64::from(*x)));
            let (left, right): (Vec<i64>, Vec<i64>) = (left.collect(), right.collect());
            let made = sizes.of(&left, &right, whole_products);
            Data::I32(made.iter().map(|x| *x as i32).collect())
        }
        (Data::I64(left), Data::I64(right)) => Data::I64(sizes.of(left, right, whole_products)),
        (left, right) => {
            let (left, right) = (left.datatype().name(), right.datatype().name());
            return Err(format!("a product of {left} and {right} is not served"));
        }
    };
    Tensor::new(sizes.made, data)
}

fn whole_products(rows: &[i64], panels: &[i64], depth: usize, width: usize, made: &mut [i64]) {
    let step = |sum: i64, x: i64, y: i64| sum.wrapping_add(x.wrapping_mul(y));
    rows_by_columns(rows, panels, depth, width, step, i64::wrapping_add, made);
}

struct Sizes {
    made: Shape,
    /// Which matrices of both meet.
    plan: Plan<2>,
    rows: usize,
    depth: usize,
    width: usize,
}

impl Sizes {
    fn new(left: Shape, right: Shape) -> Result<Self, String> {
        let refused =
            || format!("the matrices' shapes {left:?} and {right:?} do not fit each other");
        let (left_outer, rows, depth) = match left.dims() {
            [] => return Err(refused()),
            [depth] => (&[][..], 1, *depth),
            [outer @ .., rows, depth] => (outer, *rows, *depth),
        };
        let (right_outer, right_depth, width) = match right.dims() {
            [] => return Err(refused()),
            [depth] => (&[][..], *depth, 1),
            [outer @ .., depth, width] => (outer, *depth, *width),
        };
        if depth != right_depth {
            return Err(refused());
        }
        let outer = [Shape::new(left_outer)?, Shape::new(right_outer)?];
        let together = broadcast::together(&outer)?;
        let mut dims = together.dims().to_vec();
        if left.rank() > 1 {
            dims.push(rows);
        }
        if right.rank() > 1 {
            dims.push(width);
        }
        // Rows of all matrices on the left are rows with the one on the right.
        let (outer, rows) = match outer[1].elements() == 1 && together == outer[0] {
            true => ([Shape::SCALAR; 2], rows.saturating_mul(together.elements())),
            false => (outer, rows),
        };
        let products = Shape::new(&dims)?.elements().saturating_mul(depth);
        if products > PRODUCTS_MAX {
            return Err(format!(
                "{products} products; at most {PRODUCTS_MAX} are served"
            ));
        }
        Ok(Self {
            made: Shape::new(&dims)?,
            plan: Plan::new(outer)?,
            rows,
            depth,
            width,
        })
    }

    fn of<'v, T: Copy + Default>(
        &self,
        left: &[T],
        right: &[T],
        products: fn(&[T], &[T], usize, usize, &mut [T]),
    ) -> Cow<'v, [T]> {
        let mut made = vec![T::default(); self.made.elements()];
        let (of_left, of_right) = (self.rows * self.depth, self.depth * self.width);
        let each = self.rows * self.width;
        if each == 0 {
            return Cow::Owned(made);
        }
        let mut rest = made.chunks_exact_mut(each);
        self.plan.each_run(|[l, r]| {
            for (nth, made) in rest.by_ref().take(self.plan.run).enumerate() {
                let [l, r] = [(l, 0), (r, 1)].map(|(at, which)| match self.plan.steps[which] {
                    true => at + nth,
                    false => at,
                });
                let matrix = Matrix {
                    elements: &right[r * of_right..(r + 1) * of_right],
                    depth: self.depth,
                    width: self.width,
                    turned: false,
                };
                let rows = &left[l * of_left..(l + 1) * of_left];
                products(rows, &matrix.panels(), self.depth, self.width, made);
            }
        });
        Cow::Owned(made)
    }
}

/// `alpha A B + beta C`.
pub fn gemm<'v>(
    args: &Args<'_, 'v>,
    alpha: f32,
    beta: f32,
    turned: [bool; 2],
) -> Result<Tensor<'v>, String> {
    let left = turn(args.get(0)?, turned[0])?;
    let right = turn(args.get(1)?, turned[1])?;
    let product = matmul(&left, &right)?;
    let shape = product.shape();
    let plus = match args.optional(2) {
        Some(plus) => {
            let spread = broadcast::together(&[shape, plus.shape()])?;
            if spread != shape {
                return Err(format!(
                    "C has shape {:?}, the product {shape:?}",
                    plus.shape()
                ));
            }
            let data = each!(plus.data(), x => broadcast::spread(plus.shape(), shape, x)?.1);
            Some(data)
        }
        None => None,
    };
    let data = match (product.into_data(), plus) {
        (Data::F32(product), plus) => {
            let plus = plus
                .map(|plus| Tensor::new(shape, plus)?.into_f32())
                .transpose()?;
            Data::F32(sum(product, plus, |x, y| alpha * x + beta * y))
        }
        (Data::F64(product), plus) => {
            let plus = plus
                .map(|plus| Tensor::new(shape, plus)?.into_f64())
                .transpose()?;
            let (alpha, beta) = (f64::from(alpha), f64::from(beta));
            Data::F64(sum(product, plus, |x, y| alpha * x + beta * y))
        }
        (other, _) => return Err(format!("Gemm of {} is not served", other.datatype().name())),
    };
    Tensor::new(shape, data)
}

fn sum<'v, T: Copy + Default>(
    product: Cow<'_, [T]>,
    plus: Option<Vec<T>>,
    add: impl Fn(T, T) -> T,
) -> Cow<'v, [T]> {
    let mut own = product.into_owned();
    match plus {
        Some(plus) => {
            for (own, plus) in own.iter_mut().zip(plus) {
                *own = add(*own, plus);
            }
        }
        None => own
            .iter_mut()
            .for_each(|own| *own = add(*own, T::default())),
    }
    Cow::Owned(own)
}

fn turn<'t>(matrix: &'t Tensor<'_>, turned: bool) -> Result<Tensor<'t>, String> {
    let shape = matrix.shape();
    let [rows, columns] = *shape.dims() else {
        return Err(format!(
            "a matrix is needed, not a tensor of shape {shape:?}"
        ));
    };
    if !turned {
        return Ok(matrix.borrowed());
    }
    let steps = [1, columns as isize];
    let data = each!(matrix.data(), x => view(x, 0, &[columns, rows], &steps));
    Tensor::new(Shape::new(&[columns, rows])?, data)
}
