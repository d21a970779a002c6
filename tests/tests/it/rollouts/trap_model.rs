//! A model in the form of the sample's that traps on payments over an amount, and answers all others with zeros.

use scoregate_tests::made_model;

/// The component.
pub fn component(amount_max: f32) -> Vec<u8> {
    made_model::component("trap", &TRAP.replace("AMOUNT_MAX", &amount_max.to_string()))
}

const TRAP: &str = r#"
    (local $rows i64) (local $left i64) (local $row i32)
    (local.set $rows (i64.load (i32.load (local.get $inputs))))
    (local.set $left (local.get $rows))
    (local.set $row (i32.load offset=8 (local.get $inputs)))
    (block $done
      (loop $next
        (br_if $done (i64.eqz (local.get $left)))
        ;; the amount is a row's first feature
        (if (f32.gt (f32.load (local.get $row)) (f32.const AMOUNT_MAX)) (then (unreachable)))
        (local.set $row (i32.add (local.get $row) (i32.const 60)))
        (local.set $left (i64.sub (local.get $left) (i64.const 1)))
        (br $next)))
"#;
