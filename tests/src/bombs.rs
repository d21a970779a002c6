//! Components that are right and small, and take a compiler very long.

/// Bytes of the one function: near the most that one may have.
const BODY_MAX_BYTES: usize = 6 << 20;

/// A model whose one function has half a million branches: seconds of compiling, and hundreds of megabytes.
pub fn compile_bomb() -> Vec<u8> {
    // Names of a model's exports with nothing in them: what comes before compiling asks for no more.
    let outside = wat::parse_str(
        r#"(component (instance $none)
            (export "scoregate:plugin/plugin@0.1.0" (instance $none))
            (export "scoregate:plugin/model@0.1.0" (instance $none)))"#,
    )
    .expect("a component");
    let (preamble, exports) = outside.split_at(8);
    let mut component = preamble.to_vec();
    // A section of one core module.
    section(&mut component, 1, &module());
    component.extend_from_slice(exports);
    component
}

fn module() -> Vec<u8> {
    let mut body = vec![1, 3, 0x7f];
    // (local.get 0) (if (then (local.set 0 (i32.add (local.get 1) (local.get 2)))))
    let branch = [0x20, 0, 0x04, 0x40, 0x20, 1, 0x20, 2, 0x6a, 0x21, 0, 0x0b];
    for _ in 0..BODY_MAX_BYTES / branch.len() {
        body.extend_from_slice(&branch);
    }
    body.push(0x0b);
    let mut code = vec![1];
    leb128(&mut code, body.len());
    code.extend_from_slice(&body);
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(&mut module, 1, &[1, 0x60, 0, 0]);
    section(&mut module, 3, &[1, 0]);
    section(&mut module, 10, &code);
    module
}

fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    leb128(out, content.len());
    out.extend_from_slice(content);
}

fn leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
