//! LightGBM's text that is wrong is refused with line and key; nothing panics.

mod trained;

use scoregate_compiler::{CompileError, limits, reader};
use trained::file;

fn text(name: &str) -> String {
    String::from_utf8(file(&format!("lightgbm-4.7.0.{name}.txt"))).unwrap()
}

fn refusal(text: &str) -> String {
    reader::read(text.as_bytes()).unwrap_err().to_string()
}

/// The error after the first line of `key` has become `line`, without the line's number, which is checked.
fn changed(name: &str, key: &str, line: &str) -> String {
    let text = text(name);
    let lines: Vec<&str> = text.lines().collect();
    let begin = format!("{key}=");
    let at = lines
        .iter()
        .position(|line| line.starts_with(&begin))
        .unwrap();
    let mut new = lines.clone();
    new[at] = line;
    let refused = refusal(&new.join("\n"));
    let place = format!("line {}, ", at + 1);
    refused
        .strip_prefix(&place)
        .map(str::to_owned)
        .unwrap_or_else(|| panic!("{place} {refused}"))
}

#[test]
fn a_file_cut_in_its_trees_is_refused() {
    for name in ["sets", "linear", "rf"] {
        let text = text(name);
        let end = text.find("end of trees").unwrap() + "end of trees".len();
        for length in (0..end)
            .step_by(3)
            .filter(|length| text.is_char_boundary(*length))
        {
            assert!(
                reader::read(&text.as_bytes()[..length]).is_err(),
                "the first {length} bytes of {name}"
            );
        }
        // What stands behind is for people.
        assert!(reader::read(&text.as_bytes()[..end]).is_ok());
    }
}

#[test]
fn a_file_with_any_byte_changed_does_not_panic() {
    for name in ["sets", "linear"] {
        let model = text(name).into_bytes();
        let end = model
            .windows(12)
            .position(|part| part == b"end of trees")
            .unwrap();
        for at in (0..end).step_by(5) {
            for byte in *b"9-= \nn\xff" {
                let mut bad = model.clone();
                bad[at] = byte;
                let _ = reader::read(&bad);
            }
        }
    }
}

/// A line of `binary_missing`, what it becomes, and what is said of it.
const TREES: &[(&str, &str, &str)] = &[
    (
        "left_child",
        "left_child=9 -2 -1 -4 -5 -3",
        "left_child[0]: 9 is out of range: the tree has 6 splits (from 0) and 7 leaves (from -1 down)",
    ),
    (
        "left_child",
        "left_child=-8 -2 -1 -4 -5 -3",
        "left_child[0]: -8 is out of range",
    ),
    (
        "left_child",
        "left_child=-2147483648 -2 -1 -4 -5 -3",
        "left_child[0]: -2147483648 is out of range",
    ),
    (
        "left_child",
        "left_child=0 -2 -1 -4 -5 -3",
        "left_child[0]: node 0 has a second parent or is its own ancestor",
    ),
    (
        "left_child",
        "left_child=1 2",
        "left_child: has 2 entries, but the tree has 6 splits",
    ),
    (
        "left_child",
        "left_child=1 x 3 4 5 6",
        "left_child[1]: `x` is not a number that fits",
    ),
    (
        "split_feature",
        "split_feature=6 0 0 0 0 0",
        "split_feature[0]: 6 is out of range: the model has 6 features",
    ),
    (
        "split_feature",
        "split_feature=-1 0 0 0 0 0",
        "split_feature[0]: -1 is out of range",
    ),
    (
        "threshold",
        "threshold=nan 0 0 0 0 0",
        "threshold[0]: is not a number",
    ),
    (
        "leaf_value",
        "leaf_value=1 2 3 inf 5 6 7",
        "leaf_value[3]: is not a finite number",
    ),
    (
        "decision_type",
        "decision_type=14 14 14 14 14 14",
        "decision_type[0]: 14 is no kind of split",
    ),
    (
        "decision_type",
        "decision_type=1 1 1 1 1 1",
        "threshold[0]: ",
    ),
    (
        "num_leaves",
        "num_leaves=10000000",
        "num_leaves: a tree of LightGBM has 1 to 131072 leaves, not 10000000",
    ),
    (
        "num_leaves",
        "num_leaves=0",
        "num_leaves: a tree of LightGBM has 1 to 131072 leaves, not 0",
    ),
    (
        "num_leaves",
        "num_leaves=8",
        "leaf_value: has 7 entries, but the tree has 8 leaves",
    ),
    ("Tree", "Tree=1", "Tree: tree 0 is due, not `1`"),
    (
        "tree_sizes",
        "tree_sizes=1 2 3 4",
        "tree_sizes: 4 trees are claimed, but there are 5",
    ),
    ("leaf_count", "leaf_count=1", "leaf_count: has 1 entries"),
];

#[test]
fn nodes_that_do_not_make_a_tree_are_named() {
    for (key, line, expected) in TREES {
        if expected.starts_with(key) {
            let refused = changed("binary_missing", key, line);
            assert!(refused.starts_with(expected), "{refused}");
            continue;
        }
        // Named at the line that disagrees, which is another.
        let text = text("binary_missing");
        let begin = format!("{key}=");
        let old = text.lines().find(|line| line.starts_with(&begin)).unwrap();
        let refused = refusal(&text.replacen(old, line, 1));
        assert!(refused.contains(expected), "{refused}");
    }
}

/// A model, one of its lines, what that becomes, and what is said of it.
const HEADS: &[(&str, &str, &str, &str)] = &[
    (
        "binary",
        "version",
        "version=v9",
        "version: this version reads models that LightGBM 2, 3 or 4 saved (v2, v3, v4), not `v9`",
    ),
    (
        "binary",
        "max_feature_idx",
        "max_feature_idx=99999999",
        "max_feature_idx: a model has at most 1048576 features",
    ),
    (
        "binary",
        "num_tree_per_iteration",
        "num_tree_per_iteration=2",
        "num_tree_per_iteration: 2 trees an iteration do not go with binary, which has 1",
    ),
    (
        "multiclass",
        "num_tree_per_iteration",
        "num_tree_per_iteration=2",
        "num_tree_per_iteration: 2 trees an iteration do not go with multiclass, which has 3",
    ),
    (
        "binary",
        "feature_names",
        "feature_names=a b",
        "feature_names: has 2 entries, but the model has 6 features",
    ),
    (
        "binary",
        "objective",
        "objective=binary sigmoid:-1",
        "objective: `sigmoid:-1` has no number that fits",
    ),
    (
        "binary",
        "objective",
        "objective=own",
        "objective: the objective `own` is not known; this version serves regression",
    ),
    (
        "sets",
        "num_cat",
        "num_cat=9000000",
        "num_cat: 9000000 sets of categories are claimed",
    ),
    (
        "linear",
        "leaf_const",
        "leaf_const=nan",
        "leaf_const: has 1 entries",
    ),
];

#[test]
fn heads_that_do_not_hold_together_are_named() {
    for (name, key, line, expected) in HEADS {
        let refused = changed(name, key, line);
        assert!(refused.starts_with(expected), "{refused}");
    }
    let binary = text("binary");
    assert!(
        refusal(&binary.replacen("max_feature_idx=5\n", "", 1))
            .ends_with("max_feature_idx: is missing in the lines that begin here")
    );
    assert!(
        refusal(&binary.replacen("num_class=1\n", "num_class=1\nversion=v4\n", 1))
            .ends_with("version: stands there twice")
    );
    assert!(
        refusal(&binary.replacen("end of trees", "end", 1))
            .contains("without the line `end of trees`")
    );
    let classes = text("multiclass");
    let last = classes.rfind("Tree=8").unwrap();
    let end = classes.find("end of trees").unwrap();
    let fewer =
        format!("{}{}", &classes[..last], &classes[end..]).replacen("tree_sizes=", "other=", 1);
    assert!(refusal(&fewer).contains("8 trees do not make whole iterations of 3"));
    assert!(matches!(
        reader::read(b"tree\nversion=v4\nfeature_names=\xff\n"),
        Err(CompileError::Invalid { place, .. }) if place == "line 3"
    ));
}

#[test]
fn lists_of_sets_and_of_linear_functions_are_checked() {
    let sets = text("sets");
    let bounds = sets
        .lines()
        .find(|line| line.starts_with("cat_boundaries="))
        .unwrap();
    let falling = format!("cat_boundaries=9{}", &bounds["cat_boundaries=0".len()..]);
    assert!(
        refusal(&sets.replacen(bounds, &falling, 1))
            .contains("cat_boundaries: does not ascend from 0 to")
    );
    let linear = text("linear");
    let counts = linear
        .lines()
        .filter(|line| line.starts_with("num_features="))
        .nth(1)
        .unwrap();
    let greater = format!("num_features=9{}", &counts["num_features=1".len()..]);
    assert!(refusal(&linear.replacen(counts, &greater, 1)).contains("leaf_features: has "));
    let features = linear
        .lines()
        .find(|line| {
            line.starts_with("leaf_features=") && line.trim().len() > "leaf_features=".len()
        })
        .unwrap();
    let other = format!("leaf_features=77{}", &features["leaf_features=0".len()..]);
    assert!(refusal(&linear.replacen(features, &other, 1)).contains("leaf_features[0]: 77"));
}

#[test]
fn claims_of_millions_take_neither_time_nor_memory() {
    let binary = text("binary");
    let lines = binary.replacen(
        "Tree=0\n",
        &format!("Tree=0\n{}", "a\n".repeat(1_000_000)),
        1,
    );
    assert!(refusal(&lines).contains("which have a few dozen"));
    let numbers = binary.replacen(
        "Tree=0\n",
        &format!("Tree=0\nthreshold={}\n", "1 ".repeat(4_000_000)),
        1,
    );
    assert!(refusal(&numbers).contains("stands there twice"));
}

#[test]
fn a_tree_of_depth_5000_is_read() {
    const SPLITS: i64 = 5_000;
    let join = |numbers: Vec<i64>| {
        numbers
            .iter()
            .map(i64::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let tree = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\nTree=0\nnum_leaves={}\nnum_cat=0\n\
         split_feature={}\nthreshold={}\ndecision_type={}\nleft_child={}\nright_child={}\nleaf_value={}\n\n\nend of trees\n",
        SPLITS + 1,
        join(vec![0; SPLITS as usize]),
        join((0..SPLITS).collect()),
        join(vec![10; SPLITS as usize]),
        join((0..SPLITS).map(|at| -1 - at).collect()),
        join(
            (0..SPLITS)
                .map(|at| if at + 1 < SPLITS { at + 1 } else { -1 - SPLITS })
                .collect()
        ),
        join((0..=SPLITS).collect()),
    );
    let model = reader::read(tree.as_bytes()).unwrap();
    assert_eq!(model.forest().unwrap().depth(), SPLITS as usize);
    for (value, leaf) in [
        (-1.0, 0.0),
        (4_998.0, 4_998.0),
        (4_998.5, 4_999.0),
        (1e9, 5_000.0),
    ] {
        assert_eq!(
            scoregate_compiler::reference::margins(&model, &[value]),
            [leaf]
        );
    }
}

#[test]
fn few_bytes_cannot_ask_for_many_lines() {
    let head = "tree\nversion=v4\n";
    let lines = |count: usize| refusal(&(head.to_owned() + &"\n".repeat(count - 2)));
    assert!(lines(limits::LINES_MAX - 1).contains("max_feature_idx: is missing"));
    assert_eq!(
        lines(limits::LINES_MAX + 1),
        "line 10000001: the trees take more than 10000000 lines, which is the most that is read"
    );
}
