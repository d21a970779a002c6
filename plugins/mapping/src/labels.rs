//! Texts that stand for numbers, as a label encoder or a table of rates has them.

use crate::node::Node;

/// Sorted by length, then by bytes.
#[derive(Debug)]
pub struct Labels(Vec<(Box<str>, f64)>);

impl Labels {
    /// A table of texts with their numbers, or a list of texts that are numbered from 0.
    pub fn of(node: &Node<'_>, room: &mut usize) -> Result<Self, String> {
        const WHAT: &str = "a table of texts with their numbers, or a list of texts";
        let mut labels: Vec<(Box<str>, f64)> = if node.is_list() {
            let texts = node.list(WHAT, *room)?;
            let texts = texts.iter().enumerate();
            let numbered = texts.map(|(index, text)| Ok((text.any_text()?.into(), index as f64)));
            numbered.collect::<Result<_, String>>()?
        } else {
            let table = node.object(WHAT)?;
            if table.len() == 0 || table.len() > *room {
                let count = table.len();
                return Err(node.wrong(format_args!("must have 1 to {room} labels, has {count}")));
            }
            let entries = table.entries();
            let entries = entries.map(|(text, number)| Ok((text.into(), number.number()?)));
            entries.collect::<Result<_, String>>()?
        };
        *room -= labels.len();
        labels.sort_by(|a, b| key(&a.0).cmp(&key(&b.0)));
        if let Some(twice) = labels.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let text = checks::quote(&twice[0].0);
            return Err(node.wrong(format_args!("{text} is there twice")));
        }
        Ok(Self(labels))
    }

    pub fn number(&self, text: &str) -> Option<f64> {
        let found = self
            .0
            .binary_search_by(|(known, _)| key(known).cmp(&key(text)));
        found.ok().map(|at| self.0[at].1)
    }
}

fn key(text: &str) -> (usize, &[u8]) {
    (text.len(), text.as_bytes())
}
