//! The greatest or least elements in order, and their places.

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
            let (values, places) = lanes.of(data, shape, greatest, |x| real(x.into()));
            (Data::F32(values.into()), places)
        }
        Data::F64(data) => {
            let (values, places) = lanes.of(data, shape, greatest, real);
            (Data::F64(values.into()), places)
        }
        Data::I32(data) => {
            let (values, places) = lanes.of(data, shape, greatest, |x| whole(x.into()));
            (Data::I32(values.into()), places)
        }
        Data::I64(data) => {
            let (values, places) = lanes.of(data, shape, greatest, whole);
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

/// The number's rank, whatever its datatype: what is no number is the least, and both zeros are one.
fn real(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    match bits >> 63 {
        _ if value.is_nan() => 0,
        0 => bits | 1 << 63,
        _ => !bits,
    }
}

fn whole(value: i64) -> u64 {
    value.cast_unsigned() ^ 1 << 63
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
        greatest: bool,
        rank: fn(T) -> u64,
    ) -> (Vec<T>, Vec<i64>) {
        let elements = shape.elements();
        let mut values = vec![T::default(); elements];
        let mut places = vec![0; elements];
        if elements == 0 {
            return (values, places);
        }
        let flip = if greatest { u64::MAX } else { 0 };
        let mut best: Vec<(u64, usize)> = Vec::with_capacity(self.along);
        let blocks = data.chunks_exact(self.along * self.inner);
        for (nth, block) in blocks.enumerate() {
            for lane in 0..self.inner {
                best.clear();
                let lane_of = block[lane..].iter().step_by(self.inner).zip(0..);
                let mut lane_of = lane_of.map(|(value, place)| (rank(*value) ^ flip, place));
                match self.count <= FEW {
                    true => few(&mut best, &mut lane_of, self.count),
                    false => {
                        best.extend(lane_of);
                        best.sort_unstable();
                    }
                }
                for (nth_best, (_, place)) in best.iter().take(self.count).enumerate() {
                    let at = (nth * self.count + nth_best) * self.inner + lane;
                    values[at] = block[lane + place * self.inner];
                    places[at] = *place as i64;
                }
            }
        }
        (values, places)
    }
}

/// The first ones in order. Elements come in the order of their places, so an equal one comes behind.
fn few(best: &mut Vec<(u64, usize)>, lane: &mut impl Iterator<Item = (u64, usize)>, count: usize) {
    for (rank, place) in lane {
        if best.len() == count {
            if best.last().is_some_and(|last| rank >= last.0) {
                continue;
            }
            best.pop();
        }
        let at = best.iter().rposition(|(other, _)| *other <= rank);
        best.insert(at.map_or(0, |at| at + 1), (rank, place));
    }
}
