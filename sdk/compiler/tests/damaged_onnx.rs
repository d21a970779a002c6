//! Real ONNX files with some bytes changed, cut or doubled: each is refused, or makes a graph that answers or refuses rows. Nothing panics and
//! nothing hangs. `DAMAGES=N` tries N changes of each file instead of a few.

#[path = "../fuzz/one_graph.rs"]
mod one_graph;

use std::path::Path;

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % end.max(1) as u64) as usize
    }
}

#[test]
fn a_damaged_file_neither_panics_nor_hangs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "onnx")
        })
        .collect();
    files.sort();
    let damages = std::env::var("DAMAGES").map_or(6, |count| count.parse().unwrap());
    assert!(files.len() > 1_000);
    for (nth, path) in files.iter().enumerate() {
        let whole = std::fs::read(path).unwrap();
        let mut random = Random(nth as u64);
        for damage in 0..damages {
            let file = damaged(&whole, &mut random);
            let told = std::panic::catch_unwind(|| one_graph::read(&file));
            assert!(told.is_ok(), "damage {damage} of {}", path.display());
        }
    }
}

fn damaged(whole: &[u8], random: &mut Random) -> Vec<u8> {
    let mut file = whole.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(file.len());
        match random.below(6) {
            0 => file[at] ^= 1 << random.below(8),
            1 => file[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            2 => file.truncate(at.max(2)),
            3 => file.insert(at, random.below(256) as u8),
            4 => drop(file.remove(at)),
            _ => {
                let from = random.below(file.len());
                let end = (from + random.below(64)).min(file.len());
                let part = file[from..end].to_vec();
                file.splice(at..at, part);
            }
        }
        if file.is_empty() {
            file.push(8);
        }
    }
    file
}
