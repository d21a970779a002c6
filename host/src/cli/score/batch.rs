//! Rows that one call of the model is given.

use std::ops::Range;

use super::{
    plan::{Input, Plan},
    value::{Value, push},
};
use crate::tensor::Tensor;

/// See the module.
pub struct Batch {
    inputs: Vec<Filled>,
    /// The input of each element of a row.
    input_of: Vec<usize>,
    rows: usize,
}

/// An input's values.
struct Filled {
    input: Input,
    data: Vec<u8>,
    /// Where each row ends in it.
    ends: Vec<usize>,
}

impl Batch {
    pub fn new(plan: &Plan) -> Self {
        let inputs = plan.inputs.iter().enumerate();
        let input_of = inputs.flat_map(|(nth, input)| std::iter::repeat_n(nth, input.width));
        let filled = |input: &Input| Filled {
            input: input.clone(),
            data: Vec::new(),
            ends: Vec::new(),
        };
        Self {
            input_of: input_of.collect(),
            inputs: plan.inputs.iter().map(filled).collect(),
            rows: 0,
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn clear(&mut self) {
        self.rows = 0;
        for filled in &mut self.inputs {
            filled.data.clear();
            filled.ends.clear();
        }
    }

    /// Takes a row's elements, in their order; with the last one the row is whole.
    pub fn take(&mut self, nth: usize, value: Value<'_>) -> Result<(), String> {
        let filled = &mut self.inputs[self.input_of[nth]];
        push(value, filled.input.datatype, &mut filled.data)?;
        if nth + 1 == self.input_of.len() {
            self.rows += 1;
            for filled in &mut self.inputs {
                filled.ends.push(filled.data.len());
            }
        }
        Ok(())
    }

    /// The inputs of these rows.
    pub fn tensors(&self, rows: Range<usize>) -> Vec<Tensor> {
        let tensor = |filled: &Filled| {
            let end = |rows: usize| rows.checked_sub(1).map_or(0, |last| filled.ends[last]);
            let mut shape = vec![rows.len() as u64];
            if filled.input.is_wide {
                shape.push(filled.input.width as u64);
            }
            Tensor {
                shape,
                data: filled.data[end(rows.start)..end(rows.end)].to_vec(),
            }
        };
        self.inputs.iter().map(tensor).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Datatype;

    #[test]
    fn rows_become_a_tensor_for_each_input() {
        let input = |datatype, width, is_wide| Input {
            datatype,
            width,
            is_wide,
        };
        let plan = Plan {
            inputs: vec![
                input(Datatype::Uint8, 2, true),
                input(Datatype::Bytes, 1, false),
            ],
            places: vec![0, 1, 2],
            ignored: Vec::new(),
        };
        let mut batch = Batch::new(&plan);
        for (numbers, text) in [([1, 2], "a"), ([3, 4], ""), ([5, 6], "bc")] {
            batch.take(0, Value::Integer(numbers[0])).unwrap();
            batch.take(1, Value::Integer(numbers[1])).unwrap();
            batch.take(2, Value::Text(text)).unwrap();
        }
        assert_eq!(batch.rows(), 3);
        let [numbers, texts] = &batch.tensors(1..3)[..] else {
            panic!("two inputs");
        };
        assert_eq!(
            (&*numbers.shape, &*numbers.data),
            (&[2, 2][..], &[3, 4, 5, 6][..])
        );
        assert_eq!(texts.shape, [2]);
        assert_eq!(texts.data, [0, 0, 0, 0, 2, 0, 0, 0, b'b', b'c']);
        assert_eq!(batch.tensors(0..1)[0].data, [1, 2]);
        batch.clear();
        assert!(batch.tensors(0..0)[0].data.is_empty());
    }
}
