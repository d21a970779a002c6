//! LightGBM's text, as `save_model` of versions 2 to 4 writes it (`GBDT::SaveModelToString` in src/boosting/gbdt_model_text.cpp). Lines
//! that no prediction reads, such as `monotone_constraints` and everything behind the trees, are passed over.

mod linear;
mod objective;
mod text;
mod tree;

use std::ops::Range;

use super::parameter::shorten;
use crate::description::{Description, Family, FeatureKind, Precision, Task};
use crate::error::CompileError;
use crate::forest::{CategoryRule, Forest};
use crate::limits::{CLASSES_MAX, FEATURES_MAX};
use objective::Objective;
use text::{Block, Field, Lines};

/// Formats that are known. They are not the library's versions: LightGBM 2.3 writes v3 already.
const VERSIONS: [&str; 3] = ["v2", "v3", "v4"];
const TREE: &str = "Tree=";
const END: &str = "end of trees";
/// `kZeroThreshold` (include/LightGBM/meta.h): rows of numbers become lists of those that are greater, before any tree sees them
/// (`RowPairFunctionFromDenseMatric` in src/c_api.cpp).
const ZERO_MAX: f32 = 1e-35;

/// Reads a model. `iterations` are those that are kept; all of them, unless told.
pub(super) fn read(
    file: &[u8],
    iterations: Option<&Range<u32>>,
) -> Result<Description, CompileError> {
    let mut lines = Lines::new(file)?;
    let (head, first_tree) = lines.block(&[TREE, END])?;
    let version = read_version(&head.get("version")?)?;
    let features = read_features(&head)?;
    let objective = objective::read(head.find("objective")?)?;
    let groups = read_groups(&head, &objective)?;
    let mut trees = Trees {
        lines,
        groups,
        features,
        kept: iterations.map_or(0..usize::MAX, |range| {
            range.start as usize * groups..range.end as usize * groups
        }),
        forest: Forest::new(CategoryRule::TowardsZero),
    };
    trees.forest.zero_max = f64::from(ZERO_MAX);
    let count = trees.read(&head, first_tree)?;
    let rounds = count / groups;
    if let Some(range) = iterations
        && (range.is_empty() || range.end as usize > rounds)
    {
        return Err(CompileError::Unsupported(format!(
            "iterations {} to {} were asked for, but the model has {rounds}",
            range.start, range.end
        )));
    }
    let averages = head.find("average_output")?.is_some();
    let iterations_kept = trees.forest.len() / groups;
    Ok(Description {
        origin: format!("LightGBM, format {version}"),
        task: objective.task,
        link: objective.link,
        divisor: if averages {
            iterations_kept.max(1) as f64
        } else {
            1.0
        },
        objective: objective.name,
        precision: Precision::F64,
        features,
        feature_names: read_names(&head, features)?,
        feature_kinds: read_kinds(&head, features)?,
        base_margins: vec![0.0; groups],
        notes: pandas_note(&trees.lines),
        family: Family::Trees(Box::new(trees.forest)),
    })
}

/// The trees, one after the other.
struct Trees<'a> {
    lines: Lines<'a>,
    groups: usize,
    features: usize,
    /// Trees of the iterations that are kept.
    kept: Range<usize>,
    forest: Forest,
}

impl<'a> Trees<'a> {
    /// Reads all and says how many there were.
    fn read(
        &mut self,
        head: &Block<'a>,
        mut next: Option<Field<'a>>,
    ) -> Result<usize, CompileError> {
        let mut count = 0;
        while let Some(begin) = next {
            if begin.text() == END {
                self.check_count(head, count)?;
                return Ok(count);
            }
            if begin.number::<usize>()? != count {
                return Err(begin.error(format!(
                    "tree {count} is due, not `{}`",
                    shorten(begin.value())
                )));
            }
            let (block, end) = self.lines.block(&[TREE, END])?;
            if end.is_none() {
                return Err(begin.error(format!(
                    "the file ends in or after this tree, without the line `{END}`"
                )));
            }
            if self.kept.contains(&count) {
                let group = count % self.groups;
                tree::read(&block, group, self.features, &mut self.forest)?;
            }
            count += 1;
            next = end;
        }
        Err(head
            .get("version")?
            .error(format!("the file ends without the line `{END}`")))
    }

    fn check_count(&self, head: &Block<'a>, count: usize) -> Result<(), CompileError> {
        if let Some(sizes) = head.find("tree_sizes")? {
            let claimed = sizes.numbers::<u64>()?.len();
            if claimed != count {
                return Err(sizes.error(format!(
                    "{claimed} trees are claimed, but there are {count}"
                )));
            }
        }
        if !count.is_multiple_of(self.groups) {
            return Err(head.get("num_tree_per_iteration")?.error(format!(
                "{count} trees do not make whole iterations of {}",
                self.groups
            )));
        }
        Ok(())
    }
}

fn read_version(field: &Field<'_>) -> Result<&'static str, CompileError> {
    let known = VERSIONS
        .into_iter()
        .find(|version| *version == field.value().trim());
    known.ok_or_else(|| {
        field.error(format!(
            "this version reads models that LightGBM 2, 3 or 4 saved (v2, v3, v4), not `{}`",
            shorten(field.value())
        ))
    })
}

fn read_features(head: &Block<'_>) -> Result<usize, CompileError> {
    let field = head.get("max_feature_idx")?;
    let last: usize = field.number()?;
    if last >= FEATURES_MAX {
        return Err(field.error(format!("a model has at most {FEATURES_MAX} features")));
    }
    Ok(last + 1)
}

/// One tree for each group is in each iteration.
fn read_groups(head: &Block<'_>, objective: &Objective) -> Result<usize, CompileError> {
    let field = head.get("num_tree_per_iteration")?;
    let groups: usize = field.number()?;
    let due = objective.classes.unwrap_or(match objective.task {
        Task::Multiclass => groups,
        _ if objective.own => groups,
        _ => 1,
    });
    if !(1..=CLASSES_MAX).contains(&groups) || groups != due {
        return Err(field.error(format!(
            "{groups} trees an iteration do not go with {}, which has {due}; at most {CLASSES_MAX} are served",
            objective.name
        )));
    }
    if objective.task == Task::Multiclass && groups < 2 {
        return Err(field.error("a model of several classes has at least 2 trees an iteration"));
    }
    Ok(groups)
}

fn read_names(head: &Block<'_>, features: usize) -> Result<Vec<String>, CompileError> {
    one_a_feature(head, "feature_names", features, str::to_owned)
}

/// A number's is `[least:greatest]`, a category's lists the codes, and `none` is a feature that never varied.
fn read_kinds(head: &Block<'_>, features: usize) -> Result<Vec<FeatureKind>, CompileError> {
    one_a_feature(head, "feature_infos", features, |info| {
        if info.starts_with('[') || info == "none" {
            FeatureKind::Number
        } else {
            FeatureKind::Category
        }
    })
}

fn one_a_feature<T>(
    head: &Block<'_>,
    key: &str,
    features: usize,
    read: impl Fn(&str) -> T,
) -> Result<Vec<T>, CompileError> {
    let Some(field) = head.find(key)? else {
        return Ok(Vec::new());
    };
    let words: Vec<T> = field.value().split_ascii_whitespace().map(read).collect();
    if words.len() != features {
        return Err(field.error(format!(
            "has {} entries, but the model has {features} features",
            words.len()
        )));
    }
    Ok(words)
}

/// A data frame's categories were replaced by their places in lists that stand at the end of the file.
fn pandas_note(rest: &Lines<'_>) -> Vec<String> {
    let lists = rest.behind("pandas_categorical:");
    match lists {
        Some(lists) if !["null", "[]"].contains(&lists.trim()) => vec![
            "the model was trained on a data frame's categories: a row holds their codes, which are their places in the lists at the \
             end of the file, `pandas_categorical`"
                .to_owned(),
        ],
        _ => Vec::new(),
    }
}
