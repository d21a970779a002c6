use std::{sync::Arc, thread};

use super::*;

const IDLE: Duration = Duration::from_millis(20);

#[test]
fn the_first_item_asks_for_a_reader_and_the_next_do_not() {
    let queue = Queue::new(8, 1);
    assert_eq!(queue.push(1), Ok(Pushed::StartReader));
    assert_eq!(queue.push(2), Ok(Pushed::Taken));
    let mut batch = Vec::new();
    assert!(matches!(queue.take(&mut batch, 8, IDLE), Took::Items(_)));
    assert_eq!(batch, [1, 2]);
    assert_eq!(queue.take(&mut batch, 8, IDLE), Took::Leave);
    assert_eq!(queue.push(3), Ok(Pushed::StartReader));
}

#[test]
fn a_full_queue_hands_the_item_back_at_once() {
    let queue = Queue::new(2, 1);
    queue.push(1).unwrap();
    queue.push(2).unwrap();
    assert!(queue.is_full());
    assert_eq!(queue.push(3), Err(3));
    let mut batch = Vec::new();
    queue.take(&mut batch, 1, IDLE);
    assert_eq!(queue.push(3), Ok(Pushed::Taken));
}

#[test]
fn a_closed_queue_gives_out_what_it_has_and_then_dismisses_its_readers() {
    let queue = Queue::new(8, 1);
    queue.push(1).unwrap();
    queue.close();
    assert_eq!(queue.push(2), Err(2));
    assert!(!queue.wait_deserted(Duration::ZERO));
    let mut batch = Vec::new();
    assert!(matches!(queue.take(&mut batch, 8, IDLE), Took::Items(_)));
    assert_eq!(
        queue.take(&mut batch, 8, Duration::from_secs(60)),
        Took::Leave
    );
    assert!(queue.wait_deserted(Duration::ZERO));
}

#[test]
fn items_of_a_lost_reader_are_dropped_and_not_forgotten() {
    let queue = Queue::new(8, 1);
    let item = Arc::new(());
    queue.push(item.clone()).unwrap();
    queue.reader_lost();
    assert_eq!(Arc::strong_count(&item), 1);
    assert_eq!((queue.len(), queue.readers()), (0, 0));
}

#[test]
fn many_writers_and_readers_lose_nothing_and_double_nothing() {
    let queue = Arc::new(Queue::new(16, 3));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let start_reader = |queue: &Arc<Queue<usize>>| {
        let (queue, seen) = (queue.clone(), seen.clone());
        thread::spawn(move || {
            let mut batch = Vec::new();
            while queue.take(&mut batch, 5, Duration::from_millis(1)) != Took::Leave {
                seen.lock().unwrap().append(&mut batch);
            }
        });
    };
    thread::scope(|scope| {
        for writer in 0..4 {
            let (queue, start_reader) = (&queue, &start_reader);
            scope.spawn(move || {
                for i in 0..2_000 {
                    let mut item = writer * 2_000 + i;
                    loop {
                        match queue.push(item) {
                            Ok(Pushed::StartReader) => break start_reader(queue),
                            Ok(Pushed::Taken) => break,
                            Err(back) => item = back,
                        }
                        thread::yield_now();
                    }
                }
            });
        }
    });
    queue.close();
    assert!(queue.wait_deserted(Duration::from_secs(10)));
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..8_000).collect::<Vec<_>>());
}

#[test]
fn a_stream_puts_in_what_fits_and_waits_for_room() {
    let queue = Arc::new(Queue::new(8, 1));
    let mut items: VecDeque<_> = (0..6).collect();
    let some = |items: &mut VecDeque<_>, wait| queue.push_some(items, 4, wait);
    assert_eq!(some(&mut items, IDLE), Some(Pushed::StartReader));
    assert_eq!(some(&mut items, IDLE), None);
    assert_eq!((queue.len(), items.len()), (4, 2));
    let reader = queue.clone();
    let taking = thread::spawn(move || {
        let mut batch = Vec::new();
        reader.take(&mut batch, 3, IDLE);
        batch
    });
    assert_eq!(
        some(&mut items, Duration::from_secs(60)),
        Some(Pushed::Taken)
    );
    assert_eq!(taking.join().unwrap(), [0, 1, 2]);
    assert_eq!((queue.len(), items.len()), (3, 0));
    queue.close();
    items.push_back(6);
    assert_eq!(some(&mut items, Duration::from_secs(60)), None);
}

#[test]
fn batches_are_numbered_in_the_order_of_the_queue() {
    let queue = Queue::new(8, 1);
    let mut batch = Vec::new();
    for nth in 0..3 {
        queue.push(nth).unwrap();
        let Took::Items(turn) = queue.take(&mut batch, 8, IDLE) else {
            panic!("an item waits");
        };
        assert_eq!(turn.nth, nth);
    }
}
