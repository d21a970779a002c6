//! Where the long values of a document end. They are found when it is checked, so that going past one later is a look and not another
//! pass over its bytes, of which there would be one for each level of nesting.

use crate::limits::{CONTAINERS_MAX, MODEL_MAX_BYTES};

/// Shorter values are gone past byte by byte. With `NESTING_MAX` this bounds the memory for ends by a quarter of the file's length, and
/// twice that while it grows.
const LONG_BYTES: usize = 1024;

/// Places fit four bytes.
const _: () = assert!(MODEL_MAX_BYTES <= u32::MAX as usize);

/// Where long values begin and end, by beginning.
#[derive(Default)]
pub(super) struct Extents {
    long: Vec<[u32; 2]>,
    opened: usize,
}

impl Extents {
    /// A value begins here. Each is closed by the number that is given, those inside of it first.
    pub fn open(&mut self, at: usize) -> Result<usize, String> {
        if self.opened == CONTAINERS_MAX {
            return Err(format!(
                "more than {CONTAINERS_MAX} objects and arrays are in the file"
            ));
        }
        self.opened += 1;
        self.long.push([at as u32; 2]);
        Ok(self.long.len() - 1)
    }

    /// The value of this number ends here; it is kept if it is long. What is inside of a short one was short as well.
    pub fn close(&mut self, number: usize, end: usize) {
        let [begin, kept] = &mut self.long[number];
        *kept = end as u32;
        if end - (*begin as usize) < LONG_BYTES {
            self.long.truncate(number);
        }
    }

    /// The end of the value that begins here, if it is long.
    pub fn end(&self, at: usize) -> Option<usize> {
        let found = self
            .long
            .binary_search_by_key(&at, |[begin, _]| *begin as usize);
        found.ok().map(|number| self.long[number][1] as usize)
    }
}
