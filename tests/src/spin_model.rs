//! A model made to measure: it takes so many steps for each row and answers with zeros. With no step it is a call's bare cost, with
//! very many it loops to its deadline.

use crate::made_model;

/// More steps than any deadline allows.
pub const FOREVER: i64 = 1 << 60;

/// The component.
pub fn component(steps: i64) -> Vec<u8> {
    made_model::component("spin", &SPIN.replace("STEPS", &steps.to_string()))
}

const SPIN: &str = r#"
    (local $rows i64) (local $left i64)
    (local.set $rows (i64.load (i32.load (local.get $inputs))))
    (local.set $left (i64.mul (local.get $rows) (i64.const STEPS)))
    (block $done
      (loop $step
        (br_if $done (i64.le_s (local.get $left) (i64.const 0)))
        (local.set $left (i64.sub (local.get $left) (i64.const 1)))
        (br $step)))
"#;
