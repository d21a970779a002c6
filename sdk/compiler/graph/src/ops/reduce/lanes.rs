//! How the elements that become one lie: blocks of `along` times `inner` elements, of which those `inner` apart belong together.

use std::borrow::Cow;

use crate::ops::layout::view;
use crate::shape::Shape;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Lanes {
    /// The result's shape.
    pub shape: Shape,
    pub along: usize,
    pub inner: usize,
}

/// The lanes of some axes; elements that do not lie so are put in order first.
///
/// # Errors
/// Axes that the shape has not.
pub fn lanes<'d, T: Clone>(
    data: &'d [T],
    shape: Shape,
    axes: Option<&[i64]>,
    keep: bool,
) -> Result<(Lanes, Cow<'d, [T]>), String> {
    let mut reduced = [false; crate::limits::RANK_MAX];
    match axes {
        None => reduced = [true; crate::limits::RANK_MAX],
        Some(axes) => {
            for axis in axes {
                reduced[shape.axis(*axis)?] = true;
            }
        }
    }
    let mut dims = Vec::with_capacity(shape.rank());
    for (dim, reduced) in shape.dims().iter().zip(reduced) {
        match (reduced, keep) {
            (false, _) => dims.push(*dim),
            (true, true) => dims.push(1),
            (true, false) => {}
        }
    }
    let (mut along, mut inner) = (1, 1);
    // From the end: kept ones, reduced ones, kept ones. Others are out of order.
    let mut phase = 0;
    let mut in_order = true;
    for (dim, reduced) in shape.dims().iter().zip(reduced).rev() {
        if *dim == 1 {
            continue;
        }
        phase = match (phase, reduced) {
            (0, false) => 0,
            (0 | 1, true) => 1,
            (1 | 2, false) => 2,
            _ => {
                in_order = false;
                2
            }
        };
        match (reduced, phase) {
            (true, _) => along *= dim,
            (false, 0) => inner *= dim,
            _ => {}
        }
    }
    let shape_made = Shape::new(&dims)?;
    if in_order {
        let lanes = Lanes {
            shape: shape_made,
            along,
            inner,
        };
        return Ok((lanes, Cow::Borrowed(data)));
    }
    let own = view::steps(shape);
    let order = (0..shape.rank())
        .filter(|at| !reduced[*at])
        .chain((0..shape.rank()).filter(|at| reduced[*at]));
    let order: Vec<usize> = order.collect();
    let dims: Vec<usize> = order.iter().map(|at| shape.dims()[*at]).collect();
    let steps: Vec<isize> = order.iter().map(|at| own[*at]).collect();
    let lanes = Lanes {
        shape: shape_made,
        along,
        inner: 1,
    };
    Ok((lanes, Cow::Owned(view::view(data, 0, &dims, &steps))))
}
