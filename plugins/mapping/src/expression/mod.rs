//! The expression language: the syntax of CEL, the Common Expression Language, read by the `cel` crate's parser.
//!
//! Its interpreter looks up names and types for each event, which costs many times what the arithmetic does. Here both are
//! settled once, when the plugin is configured: `build` makes a `tree` of the parsed expression, and an event pays for arithmetic only.
//! Numbers are of one type, `f64`, so `amount / 2` needs no point.

mod among;
mod build;
mod functions;
mod tree;

use cel::parser::PrattParser;

pub use build::{Built, Known, Lookup};
pub use tree::{Number, Row};

use crate::limits::{DEPTH_MAX, EXPRESSION_MAX_NODES};

/// Reads an expression and settles its names by `lookup`.
///
/// # Errors
/// One sentence without the expression's place in the configuration, which the caller knows.
pub fn compile(source: &str, lookup: &mut Lookup<'_>) -> Result<Built, String> {
    let parser = PrattParser::new()
        .max_recursion_depth(DEPTH_MAX)
        .max_expression_node_count(EXPRESSION_MAX_NODES);
    let parsed = parser.parse(source).map_err(|errors| {
        let Some(first) = errors.errors.first() else {
            return "cannot be read".to_owned();
        };
        let message = first.msg.trim_start_matches("Syntax error: ");
        format!("cannot be read at character {}: {message}", first.pos.1)
    })?;
    build::build(&parsed, lookup, 0)
}
