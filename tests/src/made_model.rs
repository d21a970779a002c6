//! Models made by hand, in the form of the sample's model, so that the sample's adapter fits them: they answer with zeros, and what they do
//! before that is the caller's.

/// The component. `name` has four letters. `steps` is WebAssembly text: locals, of which `$rows` (i64) must be set to the rows of the
/// tensor at `$inputs`, and what is done with them.
pub fn component(name: &str, steps: &str) -> Vec<u8> {
    assert_eq!(name.len(), 4, "its length stands in the text");
    of_text(&TEXT.replace("NAME", name).replace("LOOP", steps))
}

/// Ways in which one does not fit the sample's adapter.
#[derive(Clone, Copy, Debug)]
pub enum Misfit {
    /// Its input is called `readings`.
    RenamedFeature,
    /// Its input is of FP64.
    OtherDatatype,
    /// It gives no `probability`.
    MissingOutput,
}

/// A model with these misfits, which answers with zeros.
pub fn misfit(misfits: &[Misfit]) -> Vec<u8> {
    let mut text = TEXT.replace("NAME", "misf").replace("LOOP", NO_STEPS);
    for misfit in misfits {
        let (right, wrong) = match misfit {
            Misfit::RenamedFeature => ("\"features\"", "\"readings\""),
            Misfit::OtherDatatype => (
                r"\10\01\00\00\08\00\00\00\0a",
                r"\10\01\00\00\08\00\00\00\0b",
            ),
            Misfit::MissingOutput => (r"\98\01\00\00\02", r"\98\01\00\00\01"),
        };
        assert!(text.contains(right), "{right}");
        text = text.replace(right, wrong);
    }
    of_text(&text)
}

fn of_text(text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).expect("a module");
    let mut resolve = wit_parser::Resolve::default();
    let wit = include_str!("../../wit/scoregate-plugin.wit");
    let package = resolve.push_str("scoregate-plugin.wit", wit);
    let world = resolve.select_world(&[package.expect("the contract")], Some("model-plugin"));
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world.expect("its world"),
        wit_component::StringEncoding::UTF8,
    )
    .expect("a module of that world");
    wit_component::ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("a component")
}

const NO_STEPS: &str = r#"
    (local $rows i64)
    (local.set $rows (i64.load (i32.load (local.get $inputs))))
"#;

/// Answers lie at fixed places below 64 KiB, what the host passes above; all is free again when a call ends.
const TEXT: &str = r#"
(module
  (memory (export "memory") 64)
  (global $free (mut i32) (i32.const 65536))

  ;; ok(info): name, version and description are the same
  (data (i32.const 16) "\00\00\00\00\00\01\00\00\04\00\00\00\00\01\00\00\04\00\00\00\00\01\00\00\04\00\00\00")
  (data (i32.const 256) "NAME")
  (data (i32.const 272) "features")
  (data (i32.const 288) "margin")
  (data (i32.const 304) "probability")
  ;; shapes [-1, 15] and [-1, 1]
  (data (i32.const 320) "\ff\ff\ff\ff\ff\ff\ff\ff\0f\00\00\00\00\00\00\00")
  (data (i32.const 336) "\ff\ff\ff\ff\ff\ff\ff\ff\01\00\00\00\00\00\00\00")
  ;; signature: one input at 384, two outputs at 408; datatype 10 is fp32
  (data (i32.const 64) "\80\01\00\00\01\00\00\00\98\01\00\00\02\00\00\00")
  (data (i32.const 384) "\10\01\00\00\08\00\00\00\0a\00\00\00\40\01\00\00\02\00\00\00")
  (data (i32.const 408) "\20\01\00\00\06\00\00\00\0a\00\00\00\50\01\00\00\02\00\00\00")
  (data (i32.const 428) "\30\01\00\00\0b\00\00\00\0a\00\00\00\50\01\00\00\02\00\00\00")
  ;; ok([two tensors at 512]), each of the shape at 576 and the zeros at 1024
  (data (i32.const 96) "\00\00\00\00\00\02\00\00\02\00\00\00")
  (data (i32.const 512) "\40\02\00\00\02\00\00\00\00\04\00\00\00\00\00\00")
  (data (i32.const 528) "\40\02\00\00\02\00\00\00\00\04\00\00\00\00\00\00")
  (data (i32.const 584) "\01\00\00\00\00\00\00\00")

  (func (export "cabi_realloc") (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))

  (func (export "scoregate:plugin/plugin@0.1.0#configure") (param i32 i32) (result i32)
    (global.set $free (i32.const 65536))
    (i32.const 16))

  (func (export "scoregate:plugin/model@0.1.0#describe") (result i32)
    (i32.const 64))

  (func (export "scoregate:plugin/model@0.1.0#infer") (param $inputs i32) (param i32) (result i32)
LOOP    (i64.store (i32.const 576) (local.get $rows))
    (i32.store (i32.const 524) (i32.mul (i32.wrap_i64 (local.get $rows)) (i32.const 4)))
    (i32.store (i32.const 540) (i32.mul (i32.wrap_i64 (local.get $rows)) (i32.const 4)))
    (global.set $free (i32.const 65536))
    (i32.const 96))
)
"#;
