//! Sums of products by the names of dimensions: `ij,jk->ik`.

use serde::{Deserialize, Serialize};

use crate::data::Data;
use crate::limits::PRODUCTS_MAX;
use crate::ops::Args;
use crate::ops::elementwise::Real;
use crate::ops::layout::view::steps;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The names of each operand's dimensions, and of the result's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Einsum {
    terms: Vec<Vec<u8>>,
    made: Vec<u8>,
}

impl Einsum {
    /// Reads an equation.
    ///
    /// # Errors
    /// One that is not served.
    pub fn parse(equation: &str) -> Result<Self, String> {
        let plain: String = equation
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let Some((terms, made)) = plain.split_once("->") else {
            return Err(format!("the equation `{equation}` names no result"));
        };
        let known = |letter: &u8| letter.is_ascii_alphabetic();
        let terms: Vec<Vec<u8>> = terms
            .split(',')
            .map(|term| term.as_bytes().to_vec())
            .collect();
        let made = made.as_bytes().to_vec();
        let sound = terms.iter().flatten().all(known)
            && made
                .iter()
                .all(|letter| terms.iter().flatten().any(|other| other == letter))
            && (1..made.len()).all(|at| !made[..at].contains(&made[at]));
        match sound {
            true => Ok(Self { terms, made }),
            false => Err(format!("the equation `{equation}` is not served")),
        }
    }

    pub(super) fn run<'v>(&self, args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        if args.len() != self.terms.len() {
            return Err(format!(
                "{} inputs for {} terms",
                args.len(),
                self.terms.len()
            ));
        }
        let mut names: Vec<(u8, Option<usize>)> =
            self.made.iter().map(|name| (*name, None)).collect();
        for (nth, term) in self.terms.iter().enumerate() {
            let shape = args.get(nth)?.shape();
            if shape.rank() != term.len() {
                return Err(format!(
                    "input {nth} has shape {shape:?} for `{}`",
                    String::from_utf8_lossy(term)
                ));
            }
            for (name, dim) in term.iter().zip(shape.dims()) {
                match names.iter_mut().find(|(own, _)| own == name) {
                    None => names.push((*name, Some(*dim))),
                    Some((_, own @ None)) => *own = Some(*dim),
                    Some((_, Some(own))) if own == dim => {}
                    Some((name, Some(own))) => {
                        return Err(format!("`{}` is {own} and {dim}", char::from(*name)));
                    }
                }
            }
        }
        let sizes: Vec<usize> = names
            .iter()
            .map(|(_, dim)| dim.unwrap_or_default())
            .collect();
        let made = Shape::new(&sizes[..self.made.len()])?;
        let products = sizes
            .iter()
            .fold(1_usize, |all, size| all.saturating_mul(*size));
        if products > PRODUCTS_MAX {
            return Err(format!(
                "{products} products; at most {PRODUCTS_MAX} are served"
            ));
        }
        // How far each operand moves along each name.
        let mut moves = Vec::new();
        for (nth, term) in self.terms.iter().enumerate() {
            let own = steps(args.get(nth)?.shape());
            let along = names.iter().map(|(name, _)| {
                let own = term.iter().zip(&own).filter(|(other, _)| *other == name);
                own.map(|(_, step)| *step as usize).sum()
            });
            moves.push(along.collect::<Vec<usize>>());
        }
        let sum = Sum {
            sizes: &sizes,
            moves: &moves,
            kept: self.made.len(),
        };
        let data = match args.get(0)?.data() {
            Data::F32(_) => Data::F32(sum.of(&elements(args, Tensor::as_f32)?, made).into()),
            Data::F64(_) => Data::F64(sum.of(&elements(args, Tensor::as_f64)?, made).into()),
            other => {
                return Err(format!(
                    "Einsum of {} is not served",
                    other.datatype().name()
                ));
            }
        };
        Tensor::new(made, data)
    }
}

fn elements<'t, 'v, T>(
    args: &'t Args<'_, 'v>,
    of: impl Fn(&'t Tensor<'v>) -> Result<&'t [T], String>,
) -> Result<Vec<&'t [T]>, String> {
    (0..args.len()).map(|nth| of(args.get(nth)?)).collect()
}

struct Sum<'s> {
    sizes: &'s [usize],
    moves: &'s [Vec<usize>],
    kept: usize,
}

impl Sum<'_> {
    fn of<T: Real>(&self, operands: &[&[T]], made: Shape) -> Vec<T> {
        let mut sums = Vec::with_capacity(made.elements());
        let mut at = vec![0; self.sizes.len()];
        let summed = !self.sizes[self.kept..].contains(&0);
        for _ in 0..made.elements() {
            let mut sum = T::default();
            loop {
                if !summed {
                    break;
                }
                let mut product = T::of(1.0);
                for (operand, moves) in operands.iter().zip(self.moves) {
                    let place: usize = at.iter().zip(moves).map(|(at, step)| at * step).sum();
                    product = product * operand[place];
                }
                sum = sum + product;
                if !next(&mut at[self.kept..], &self.sizes[self.kept..]) {
                    break;
                }
            }
            sums.push(sum);
            next(&mut at[..self.kept], &self.sizes[..self.kept]);
        }
        sums
    }
}

/// The next place; false where all have been.
fn next(at: &mut [usize], sizes: &[usize]) -> bool {
    for (at, size) in at.iter_mut().zip(sizes).rev() {
        *at += 1;
        if *at < *size {
            return true;
        }
        *at = 0;
    }
    false
}
