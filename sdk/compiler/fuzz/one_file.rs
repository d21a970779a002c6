//! What each target does with a file.

use scoregate_compiler::{Options, reader, reference, tables};

/// Rows beyond this would only fill memory; the readers allow models of a million features.
const FEATURES_MAX: usize = 10_000;

/// Reads a file and, where it is a model, scores it: every walk must come to an end at a leaf.
pub fn read(file: &[u8]) {
    let Ok(model) = reader::read(file) else {
        return;
    };
    if model.features > FEATURES_MAX {
        return;
    }
    for value in [f64::NAN, 0.0, 1.0, -1e300] {
        let margins = reference::margins(&model, &vec![value; model.features]);
        assert_eq!(margins.len(), model.groups());
        assert_eq!(reference::linked(&model, &margins).len(), model.groups());
    }
    let options = Options {
        outputs: None,
        name: "fuzzed".to_owned(),
        version: "1".to_owned(),
        explain: false,
        iterations: None,
    };
    // Served or refused, but never by a panic of the kernel's own check.
    let _ = tables(file, &options);
}
