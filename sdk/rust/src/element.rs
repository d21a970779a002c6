use crate::Datatype;

#[cfg(target_endian = "big")]
compile_error!(
    "scoregate-sdk hands tensors on as they lie in memory, and the contract says little endian"
);

/// A number whose bytes in memory are its bytes in a tensor.
pub(crate) trait Element: bytemuck::Pod {
    const DATATYPE: Datatype;
}

macro_rules! elements {
    ($($ty:ident $datatype:ident),*) => {
        $(impl Element for $ty {
            const DATATYPE: Datatype = Datatype::$datatype;
        })*
    };
}
elements! {
    u8 Uint8, u16 Uint16, u32 Uint32, u64 Uint64,
    i8 Int8, i16 Int16, i32 Int32, i64 Int64,
    f32 Fp32, f64 Fp64
}

/// The elements of a `BYTES` tensor, or what is wrong with its lengths.
pub(crate) fn split_bytes(mut data: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut elements = Vec::new();
    while !data.is_empty() {
        let element = data.split_first_chunk().and_then(|(length, rest)| {
            let length = u32::from_le_bytes(*length) as usize;
            rest.split_at_checked(length)
        });
        let Some((element, rest)) = element else {
            return Err(format!(
                "element {} is longer than the data that is left",
                elements.len()
            ));
        };
        elements.push(element);
        data = rest;
    }
    Ok(elements)
}
