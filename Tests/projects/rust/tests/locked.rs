//! Page faults of a process that is locked: by itself, since the lock is the process's.
use dioaudit::{counts, expect_no_allocations_after, expect_no_allocations_with, Faults};
use std::ptr;

extern "C" {
    fn mlockall(flags: i32) -> i32;
    fn mmap(at: *mut u8, length: usize, protection: i32, flags: i32, file: i32, offset: i64) -> *mut u8;
}

fn lock() {
    assert_eq!(unsafe { mlockall(1 | 2) }, 0);
}

fn map(pages: usize) {
    unsafe { mmap(ptr::null_mut(), pages << 12, 1, 0x22, -1, 0) };
}

#[test]
#[should_panic(expected = "expected no allocation: in the judged run: 1 of mmap, 5 of pageFaultMinor\n")]
fn locked_fault_in() {
    lock();
    expect_no_allocations_after(0, || map(5));
}

#[test]
#[should_panic(expected = "expected no allocation: in the judged run: 1 of mmap\n")]
fn locked_may_fault() {
    lock();
    expect_no_allocations_with(Faults::Allowed, 0, || map(5));
}

#[test]
fn locked_passes() {
    lock();
    expect_no_allocations_after(1, || 5);
    assert_eq!(counts("pageFaultMinor"), Some(0));
}
