//! The greatest or least elements in order, and their places.

use std::cmp::Ordering;

use crate::data::Data;
use crate::ops::Args;
use crate::ops::layout::{around, dimension, only};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// So few are kept in order while the elements pass by; more are sorted.
const FEW: usize = 32;

pub fn top<'v>(
    args: &mut Args<'_, 'v>,
    greatest: bool,
    axis: i64,
    made: &mut Vec<Tensor<'v>>,
) -> Result<(), String> {
    let count = dimension(only(&args.whole(1)?, "the number of elements")?)?;
    let input = args.get(0)?;
    let shape = input.shape();
    let axis = shape.axis(axis)?;
    let (_, along, inner) = around(shape, axis);
    if count > along {
        return Err(format!("{count} elements of {along} along axis {axis}"));
    }
    let mut dims = shape.dims().to_vec();
    dims[axis] = count;
    let shape = Shape::new(&dims)?;
    let lanes = Lanes {
        along,
        inner,
        count,
    };
    let (data, places) = match input.data() {
        Data::F32(data) => {
            let (values, places) = lanes.of(data, shape, order(greatest, real));
            (Data::F32(values.into()), places)
        }
        Data::F64(data) => {
            let (values, places) = lanes.of(data, shape, order(greatest, real));
            (Data::F64(values.into()), places)
        }
        Data::I32(data) => {
            let (values, places) = lanes.of(data, shape, order(greatest, Ord::cmp));
            (Data::I32(values.into()), places)
        }
        Data::I64(data) => {
            let (values, places) = lanes.of(data, shape, order(greatest, Ord::cmp));
            (Data::I64(values.into()), places)
        }
        other => {
            return Err(format!(
                "an order of {} is not served",
                other.datatype().name()
            ));
        }
    };
    made.push(Tensor::new(shape, data)?);
    made.push(Tensor::i64(shape, places)?);
    Ok(())
}

fn order<T>(greatest: bool, compare: fn(&T, &T) -> Ordering) -> impl Fn(&T, &T) -> Ordering {
    move |left, right| match greatest {
        true => compare(right, left),
        false => compare(left, right),
    }
}

/// What is no number is the least.
fn real<T: PartialOrd>(left: &T, right: &T) -> Ordering {
    left.partial_cmp(right).unwrap_or_else(|| {
        let is_none = |value: &T| value.partial_cmp(value).is_none();
        is_none(right).cmp(&is_none(left))
    })
}

struct Lanes {
    along: usize,
    inner: usize,
    count: usize,
}

impl Lanes {
    fn of<T: Copy + Default>(
        &self,
        data: &[T],
        shape: Shape,
        order: impl Fn(&T, &T) -> Ordering,
    ) -> (Vec<T>, Vec<i64>) {
        let elements = shape.elements();
        let mut values = vec![T::default(); elements];
        let mut places = vec![0; elements];
        if elements == 0 {
            return (values, places);
        }
        let mut best: Vec<(T, usize)> = Vec::with_capacity(self.along);
        let blocks = data.chunks_exact(self.along * self.inner);
        for (nth, block) in blocks.enumerate() {
            for lane in 0..self.inner {
                best.clear();
                let lane_of = block[lane..].iter().step_by(self.inner).copied().zip(0..);
                match self.count <= FEW {
                    true => few(&mut best, lane_of, self.count, &order),
                    false => {
                        best.extend(lane_of);
                        best.sort_unstable_by(|left, right| {
                            order(&left.0, &right.0).then(left.1.cmp(&right.1))
                        });
                    }
                }
                for (rank, (value, place)) in best.iter().take(self.count).enumerate() {
                    let at = (nth * self.count + rank) * self.inner + lane;
                    values[at] = *value;
                    places[at] = *place as i64;
                }
            }
        }
        (values, places)
    }
}

/// The first ones in order. Elements come in the order of their places, so an equal one comes behind.
fn few<T: Copy>(
    best: &mut Vec<(T, usize)>,
    lane: impl Iterator<Item = (T, usize)>,
    count: usize,
    order: &impl Fn(&T, &T) -> Ordering,
) {
    for (value, place) in lane {
        if best.len() == count {
            if best
                .last()
                .is_some_and(|last| order(&value, &last.0) != Ordering::Less)
            {
                continue;
            }
            best.pop();
        }
        let at = best
            .iter()
            .rposition(|(other, _)| order(other, &value) != Ordering::Greater);
        best.insert(at.map_or(0, |at| at + 1), (value, place));
    }
}
