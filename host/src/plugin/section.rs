//! Custom sections: what a component carries beside its code.

/// The component with one section more at its end.
pub fn with_section(component: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut section = Vec::with_capacity(content.len() + name.len() + 5);
    leb128(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(content);
    let mut carrying = component.to_vec();
    // The id of custom sections.
    carrying.push(0);
    leb128(&mut carrying, section.len());
    carrying.extend_from_slice(&section);
    carrying
}

/// WebAssembly's unsigned integers: seven bits a byte, the lowest first.
fn leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
