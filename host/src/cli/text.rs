//! What commands print: tables, and texts from outside.

use crate::output::line;

/// A text from outside on one line of a terminal, without what would control it.
pub fn plain(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{b7}' } else { c };
    text.chars().map(visible).collect()
}

/// Prints rows under their heads, each column as wide as its widest cell; the last is as wide as it is.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> anyhow::Result<()> {
    for row in lines(head, rows) {
        line(format_args!("{row}"))?;
    }
    Ok(())
}

/// The lines of a table.
pub fn lines<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let head = head.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    let text = |row: &[String; N]| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(text).collect()
}

/// The first digits of a release's digest: enough to tell releases of a slot apart.
pub fn short(release: &str) -> &str {
    let digits = release
        .rsplit_once("sha256:")
        .map_or(release, |(_, hex)| hex);
    digits.get(..12).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(
            lines(["A", "LAST"], &[row("é1", "x"), row("", "yy")]),
            ["A   LAST", "é1  x", "    yy"]
        );
    }

    #[test]
    fn a_digest_is_cut_wherever_it_stands() {
        for release in ["sha256:0123456789abcdef", "fraud@sha256:0123456789abcdef"] {
            assert_eq!(short(release), "0123456789ab");
        }
        assert_eq!(short("?"), "?");
    }
}
