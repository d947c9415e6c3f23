use dioaudit::{counts, expect_no_allocations, expect_no_allocations_after};
use std::hint::black_box;

#[inline(never)]
fn allocate(times: usize) {
    for _ in 0..times {
        drop(black_box(Box::new([0u8; 32])));
    }
}

#[test]
fn passes() {
    assert_eq!(expect_no_allocations(|| 5), 5);
    assert_eq!(counts("malloc"), Some(0));
}

#[test]
fn fails() {
    expect_no_allocations(|| allocate(3));
}

#[test]
fn warms_up() {
    let mut runs = 0;
    expect_no_allocations_after(10, || {
        runs += 1;
        if runs <= 10 {
            allocate(1);
        }
    });
    assert_eq!(runs, 11);
}

#[test]
fn grows() {
    let mut numbers = Vec::with_capacity(4);
    expect_no_allocations_after(4, || numbers.push(1u64));
}

#[test]
#[should_panic(expected = "its own")]
fn panics_of_its_own() {
    expect_no_allocations_after(0, || {
        allocate(1);
        panic!("its own");
    });
}

#[test]
fn counts_exactly_beside_others() {
    let threads: Vec<_> = (0..100)
        .map(|times| {
            std::thread::spawn(move || {
                let outcome = std::panic::catch_unwind(|| expect_no_allocations(|| allocate(times)));
                assert_eq!(outcome.is_err(), times > 0);
                assert_eq!(counts("malloc"), Some(times as u64));
                assert_eq!(counts("free"), Some(times as u64));
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
