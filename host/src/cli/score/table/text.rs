//! A text that is read piece by piece, and how much of it was.

use std::io::{self, BufRead as _, BufReader, Read};

use super::Portion;

/// What is read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// See the module.
pub struct Text {
    reader: BufReader<Box<dyn Read>>,
    portion: Portion,
}

impl Text {
    pub fn new(reader: Box<dyn Read>, total: Option<u64>) -> Self {
        Self {
            reader: BufReader::with_capacity(CHUNK_BYTES, reader),
            portion: Portion { done: 0, total },
        }
    }

    /// What comes next; nothing at the end.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                // Asked again, for the borrow of a loop would not end; it is there by now.
                Ok(_) => break,
            }
        }
        self.reader.fill_buf()
    }

    /// Goes on by so many bytes of what [`peek`](Self::peek) showed.
    pub fn consume(&mut self, bytes: usize) {
        self.reader.consume(bytes);
        self.portion.done += bytes as u64;
    }

    /// Reads to the end of the line, at most so many bytes and one: of a longer line that is the beginning. `false` at the end.
    pub fn line(&mut self, line: &mut Vec<u8>, max_bytes: usize) -> io::Result<bool> {
        line.clear();
        let mut limited = (&mut self.reader).take(max_bytes as u64 + 1);
        let bytes = limited.read_until(b'\n', line)?;
        self.portion.done += bytes as u64;
        Ok(bytes > 0)
    }

    pub fn portion(&self) -> Portion {
        self.portion
    }
}
