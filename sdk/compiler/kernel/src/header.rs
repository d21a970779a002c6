//! Reads the tables' front: counts, base margins and text.

use crate::layout::{
    ALIGN, CategoryRule, HEADER_WORDS, Kind, Link, MAGIC, OUTPUTS_MAX, Output, Precision, VERSION,
    Word,
};

/// What stands before the body, borrowed from the tables.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    /// How the body is laid out.
    pub kind: Kind,
    /// Features in a row.
    pub features: usize,
    /// Trees of the model.
    pub trees: usize,
    /// Nodes of all trees.
    pub nodes: usize,
    /// In which numbers rows come and are answered.
    pub precision: Precision,
    /// What follows the margins.
    pub link: Link,
    /// What a margin is multiplied by before it is made logistic.
    pub steepness: f64,
    /// What margins are divided by before the link.
    pub divisor: f64,
    /// Values this close to zero are zero.
    pub zero_max: f64,
    /// Which values name a category.
    pub category_rule: CategoryRule,
    /// Records of linear functions.
    pub function_records: usize,
    /// Words of sets of categories.
    pub set_words: usize,
    /// Words of the second body's sets of categories.
    pub second_set_words: usize,
    /// The words from [`Word::Shape`] on, which ranked trees read.
    pub(crate) ranked: [u32; 6],
    /// What the model gives, in order.
    pub outputs: Vec<Output>,
    /// Where each group's sum begins.
    pub base_margins: Vec<f64>,
    /// The model's name.
    pub name: &'a str,
    /// The model's version.
    pub version: &'a str,
    /// One sentence about the model.
    pub description: &'a str,
}

impl Header<'_> {
    /// Contributions in a row: each group's features, then its bias.
    pub fn contributions(&self) -> usize {
        self.base_margins
            .len()
            .saturating_mul(self.features.saturating_add(1))
    }
}

/// What stands after the header.
pub struct Parts<'a> {
    /// The body, which scores.
    pub body: &'a [u8],
    /// The second body; empty for none.
    pub second: &'a [u8],
    /// The covers; empty for none.
    pub covers: &'a [u8],
}

/// Splits tables into their header and what stands after it.
pub fn read(tables: &[u8]) -> Result<(Header<'_>, Parts<'_>), String> {
    let words = words(tables)?;
    let word = |at: usize| u32::from_le_bytes(words[at]);
    let kind =
        Kind::from_code(word(Word::Kind as usize)).ok_or("the tables are of an unknown kind")?;
    let link =
        Link::from_code(word(Word::Link as usize)).ok_or("the tables name an unknown link")?;
    let precision = Precision::from_code(word(Word::Precision as usize))
        .ok_or("the tables are of an unknown precision")?;
    let category_rule = CategoryRule::from_code(word(Word::CategoryRule as usize))
        .ok_or("the tables name an unknown rule of categories")?;
    let number = |at: Word| {
        let at = at as usize;
        f64::from_bits(u64::from(word(at)) | u64::from(word(at + 1)) << 32)
    };
    let outputs = read_outputs(word(Word::Outputs as usize), &word)?;

    let mut rest = Cursor(&tables[HEADER_WORDS * 4..]);
    let groups = word(Word::Groups as usize) as usize;
    let margins = rest.take(
        groups
            .checked_mul(8)
            .ok_or("the tables claim too many groups")?,
    )?;
    let base_margins: Vec<f64> = margins
        .as_chunks::<8>()
        .0
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect();
    if base_margins.is_empty() {
        return Err("the tables have no groups".to_owned());
    }
    let text_bytes = word(Word::TextBytes as usize) as usize;
    let mut text = Cursor(rest.take(text_bytes)?);
    let header = Header {
        kind,
        features: word(Word::Features as usize) as usize,
        trees: word(Word::Trees as usize) as usize,
        nodes: word(Word::Nodes as usize) as usize,
        precision,
        link,
        steepness: number(Word::Steepness),
        divisor: number(Word::Divisor),
        zero_max: number(Word::ZeroMax),
        category_rule,
        function_records: word(Word::FunctionRecords as usize) as usize,
        set_words: word(Word::SetWords as usize) as usize,
        second_set_words: word(Word::SecondSetWords as usize) as usize,
        ranked: std::array::from_fn(|at| word(Word::Shape as usize + at)),
        outputs,
        base_margins,
        name: text.string()?,
        version: text.string()?,
        description: text.string()?,
    };
    let body_at = (HEADER_WORDS * 4 + groups * 8 + text_bytes).next_multiple_of(ALIGN);
    let lengths = [Word::BodyBytes, Word::SecondBytes].map(|at| word(at as usize) as usize);
    Ok((header, parts(tables, body_at, lengths)?))
}

/// All words, at least those of the header, of tables that are whole and of this layout.
fn words(tables: &[u8]) -> Result<&[[u8; 4]], String> {
    let (words, _) = tables.as_chunks::<4>();
    if words.len() < HEADER_WORDS {
        return Err(format!(
            "the tables have {} bytes, fewer than their header",
            tables.len()
        ));
    }
    let word = |at: Word| u32::from_le_bytes(words[at as usize]);
    if word(Word::Magic) != MAGIC {
        return Err("the tables do not begin with SGTB".to_owned());
    }
    if word(Word::Version) != VERSION {
        return Err(format!(
            "the tables have layout {}, this kernel reads {VERSION}",
            word(Word::Version)
        ));
    }
    if word(Word::TotalBytes) as usize != tables.len() {
        return Err(format!(
            "the tables have {} bytes and claim {}",
            tables.len(),
            word(Word::TotalBytes)
        ));
    }
    Ok(words)
}

fn parts(tables: &[u8], body_at: usize, lengths: [usize; 2]) -> Result<Parts<'_>, String> {
    let mut end = body_at;
    let mut part = |bytes: usize| {
        if bytes == 0 {
            return Some(&tables[..0]);
        }
        let start = end.checked_next_multiple_of(ALIGN)?;
        end = start.checked_add(bytes)?;
        tables.get(start..end)
    };
    let (Some(body), Some(second)) = (part(lengths[0]), part(lengths[1])) else {
        return Err("the tables end before their bodies do".to_owned());
    };
    let covers = tables.get(end.next_multiple_of(ALIGN)..);
    Ok(Parts {
        body,
        second,
        covers: covers.unwrap_or_default(),
    })
}

fn read_outputs(count: u32, word: &dyn Fn(usize) -> u32) -> Result<Vec<Output>, String> {
    let count = count as usize;
    if count == 0 || count > OUTPUTS_MAX {
        return Err(format!(
            "the tables name {count} outputs, not 1 to {OUTPUTS_MAX}"
        ));
    }
    let outputs = (0..count)
        .map(|at| Output::from_code(word(Word::FirstOutput as usize + at)))
        .collect::<Option<Vec<_>>>()
        .ok_or("the tables name an unknown output")?;
    let times = |output| outputs.iter().filter(|other| **other == output).count();
    let of_values = times(Output::Probability) + times(Output::Prediction);
    let once = [
        Output::Margin,
        Output::Label,
        Output::Leaf,
        Output::Contributions,
    ];
    if of_values > 1 || once.into_iter().any(|output| times(output) > 1) {
        return Err("the tables name an output twice".to_owned());
    }
    Ok(outputs)
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .0
            .split_at_checked(bytes)
            .ok_or_else(|| format!("the tables end where {bytes} more bytes were due"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let length = self.take(4)?;
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        std::str::from_utf8(self.take(length)?)
            .map_err(|_| "the tables' text is not UTF-8".to_owned())
    }
}
