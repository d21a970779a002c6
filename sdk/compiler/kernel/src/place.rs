//! Where the compiler leaves the tables in the module's memory.

#[cfg(target_arch = "wasm32")]
mod cell {
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Address and length of the tables. The compiler finds this cell by its exported name and sets it by a data segment.
    /// Atomics, since no constant may be made of what stands here when the kernel is compiled.
    // The name is what the compiler looks for, and no other crate of the module has it.
    #[allow(unsafe_code)]
    #[unsafe(no_mangle)]
    pub static SCOREGATE_TABLES: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

    /// The tables' bytes.
    #[allow(unsafe_code)]
    pub fn tables() -> &'static [u8] {
        let [address, length] =
            [0, 1].map(|at: usize| SCOREGATE_TABLES[at].load(Ordering::Relaxed) as usize);
        if address == 0 {
            return &[];
        }
        // SAFETY: the cell is set once, when the module is instantiated, together with the tables: the compiler adds pages for
        // them after the linker's memory and an active segment that fills `length` bytes at `address`. The allocator owns only
        // what lies below the linker's `__heap_end` and what it grows after these pages, so the bytes are initialised, never
        // written again, and live as long as the memory, which is as long as any code that could hold the slice. A cell that
        // lied could at worst show the module its own memory: every load is checked against the sandbox's bounds.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(address), length) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod cell {
    /// Natively no compiler has added tables.
    pub fn tables() -> &'static [u8] {
        &[]
    }
}

pub use cell::tables;
