//! Sets of categories of one tree (src/tree/tree_model.cc, `LoadCategoricalSplit`): `categories` lists the members of all sets, and for
//! each node in `categories_nodes` a segment of it is named. A value of the set goes right (`Decision` in src/common/categorical.h).

use super::super::document::{Member, Part};
use crate::error::CompileError;
use crate::limits::{CATEGORY_MAX, SET_WORDS_MAX};

/// The sets of a tree's categorical splits.
#[derive(Default)]
pub(super) struct Categories {
    words: Vec<u32>,
    /// Node and the place of its set among the words, by node.
    sets: Vec<(usize, std::ops::Range<usize>)>,
}

impl Categories {
    /// Reads `categories`, `categories_nodes`, `categories_segments` and `categories_sizes`; trees of XGBoost before 1.3 have none.
    pub fn read(members: [Member<'_>; 4]) -> Result<Self, CompileError> {
        let [values, nodes, segments, sizes] = members;
        let Some(nodes) = nodes.part() else {
            return Ok(Self::default());
        };
        let numbers: Vec<usize> = nodes.array()?;
        if numbers.is_empty() {
            return Ok(Self::default());
        }
        let values_part = values.due()?;
        let values: Vec<i64> = values_part.array()?;
        let starts = column(&segments.due()?, numbers.len())?;
        let sizes_part = sizes.due()?;
        let sizes = column(&sizes_part, numbers.len())?;
        let mut read = Self::default();
        for (at, node) in numbers.iter().enumerate() {
            let segment = starts[at].checked_add(sizes[at]);
            let segment = segment
                .filter(|end| *end <= values.len() && sizes[at] > 0)
                .map(|end| starts[at]..end)
                .ok_or_else(|| {
                    sizes_part.element_error(
                        at,
                        format!(
                            "{} categories from {} do not lie within the {} of `categories`",
                            sizes[at],
                            starts[at],
                            values.len()
                        ),
                    )
                })?;
            if read.sets.last().is_some_and(|(last, _)| last >= node) {
                return Err(nodes.element_error(at, "nodes are not in ascending order"));
            }
            let set = read.push(&values_part, &values, segment)?;
            read.sets.push((*node, set));
        }
        Ok(read)
    }

    fn push(
        &mut self,
        part: &Part<'_>,
        values: &[i64],
        segment: std::ops::Range<usize>,
    ) -> Result<std::ops::Range<usize>, CompileError> {
        let begin = self.words.len();
        for at in segment {
            let category = usize::try_from(values[at])
                .ok()
                .filter(|category| *category <= CATEGORY_MAX)
                .ok_or_else(|| {
                    part.element_error(
                        at,
                        format!("{} is not a category from 0 to {CATEGORY_MAX}", values[at]),
                    )
                })?;
            let word = begin + category / 32;
            if word >= self.words.len() {
                if word >= SET_WORDS_MAX {
                    return Err(part.element_error(
                        at,
                        "the sets of this tree take more memory than a model may, with categories so great",
                    ));
                }
                self.words.resize(word + 1, 0);
            }
            self.words[word] |= 1 << (category % 32);
        }
        Ok(begin..self.words.len())
    }

    /// Words of all sets.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// The set of a node.
    pub fn of(&self, node: usize) -> Option<&[u32]> {
        let found = self.sets.binary_search_by_key(&node, |(node, _)| *node);
        found.ok().map(|at| &self.words[self.sets[at].1.clone()])
    }
}

fn column(part: &Part<'_>, nodes: usize) -> Result<Vec<usize>, CompileError> {
    let values: Vec<usize> = part.array()?;
    if values.len() != nodes {
        return Err(part.error(format!(
            "has {} entries, but `categories_nodes` has {nodes}",
            values.len()
        )));
    }
    Ok(values)
}
