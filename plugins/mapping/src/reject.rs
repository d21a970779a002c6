//! Conditions under which an event is rejected, each with its reason.

use std::cell::Cell as Slot;

use scoregate_sdk::Rejection;

use crate::{
    cell::Cell,
    expression::{self, Number, Row},
    limits::{EXPRESSION_MAX_BYTES, RULES_MAX_COUNT},
    names::Names,
    node::Node,
};

/// One condition.
pub struct Reject {
    when: Number,
    reason: String,
}

impl Reject {
    /// Those of the key `reject`.
    pub fn all<'c>(node: Option<&Node<'c>>, names: &mut Names<'c>) -> Result<Vec<Self>, String> {
        let Some(node) = node else {
            return Ok(Vec::new());
        };
        let list = node.list("a list of tables with `when` and `reason`", RULES_MAX_COUNT)?;
        list.iter().map(|item| Self::of(item, names)).collect()
    }

    fn of<'c>(item: &Node<'c>, names: &mut Names<'c>) -> Result<Self, String> {
        let table = item.object("a table with `when` and `reason`")?;
        let when = table.required("when")?;
        let reason = table
            .required("reason")?
            .text("the reason, which the sender reads")?;
        table.finish()?;
        let source = when.text_within("an expression", EXPRESSION_MAX_BYTES)?;
        let built = expression::compile(source, &mut |name| names.settle(name));
        let condition = built.and_then(|built| built.truth("`when`"));
        let at = |error: String| {
            if error.starts_with('/') {
                error
            } else {
                when.wrong(error)
            }
        };
        Ok(Self {
            when: condition.map_err(at)?,
            reason: reason.to_owned(),
        })
    }

    /// A condition that cannot be told, as what it needs is missing, rejects nothing.
    pub fn apply(&self, cells: &[Cell<'_>], numbers: &[f64]) -> Result<(), Rejection> {
        let fault = Slot::new(None);
        let row = Row {
            numbers,
            cells,
            fault: &fault,
        };
        if self.when.value(&row) == 1.0 {
            return Err(checks::because(&self.reason));
        }
        match fault.get() {
            Some(why) => Err(checks::because(&format!(
                "the condition for \"{}\" cannot be told: {why}",
                self.reason
            ))),
            None => Ok(()),
        }
    }
}
