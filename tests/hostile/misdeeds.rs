//! What both hostile plugins can do wrong by themselves, whatever was asked of them.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

thread_local! {
    /// Calls that this instance has answered: how a test sees whether it is an old one.
    static CALLS: Cell<u32> = const { Cell::new(0) };
    /// What a trap left behind: nobody may ever see it.
    static POISONED: Cell<bool> = const { Cell::new(false) };
    static LEAKED: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

const MEBIBYTE: usize = 1 << 20;

/// Does what the word says, if it is one of these. Most of them never return.
pub fn commit(word: &str) {
    match word {
        "loop" => endless(),
        "recurse" => drop(black_box(recurse(1))),
        "recurse-wide" => drop(black_box(recurse_wide(1))),
        "grow" => grow(),
        "hoard" => hoard(),
        "trap" => trap(),
        "panic" => panic!("the plugin was asked to panic"),
        "poison" => {
            POISONED.set(true);
            trap();
        }
        "leak" => LEAKED.with_borrow_mut(|leaked| leaked.push(vec![1; MEBIBYTE])),
        _ => {}
    }
}

/// Counts a call that ends well.
pub fn count_call() {
    CALLS.set(CALLS.get() + 1);
}

/// 1000 where a trap left its mark, and the calls before this one.
pub fn state() -> u32 {
    CALLS.get() + if POISONED.get() { 1000 } else { 0 }
}

pub fn endless() -> ! {
    loop {
        black_box(0);
    }
}

pub fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// Small frames end the host's stack for plugins.
#[allow(unconditional_recursion, reason = "to run out of stack is the point")]
fn recurse(depth: u64) -> u64 {
    recurse(black_box(depth + 1)) ^ depth
}

/// Large frames end the part of the plugin's own memory that its compiler made a stack.
#[allow(unconditional_recursion, reason = "to run out of stack is the point")]
fn recurse_wide(depth: u64) -> u64 {
    let kept = black_box([depth; 1024]);
    recurse_wide(depth + 1) + kept[depth as usize % 1024]
}

/// Takes all memory that there is but a little, keeps it, and goes on.
fn hoard() {
    const SPARE_BYTES: usize = 8 << 10;
    let spare: Vec<u8> = black_box(Vec::with_capacity(SPARE_BYTES));
    LEAKED.with_borrow_mut(|leaked| {
        leaked.reserve(4096);
        for size in [MEBIBYTE, 64 << 10, 4 << 10, 256, 16] {
            loop {
                let mut kept = Vec::new();
                if kept.try_reserve_exact(size).is_err() || leaked.len() == leaked.capacity() {
                    break;
                }
                leaked.push(kept);
            }
        }
    });
    drop(spare);
}

fn grow() {
    let mut hoard = Vec::new();
    loop {
        // Untouched, so that the limit is met long before any deadline.
        hoard.push(Vec::<u8>::with_capacity(MEBIBYTE));
        black_box(&hoard);
    }
}
