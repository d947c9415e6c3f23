//! `by_list` and `by_list_of_a_bad_line` fail, as they should.
use dioaudit::expect_no_allocations;
use parser::{parse, parse_by_list, Wrong};
use std::hint::black_box;

const LINE: &str = " 254 0 vda 11045 2 1044962 3120 20581 10370 861202 14331 0 9876 17452 0 0 0 0 12 1";
const BAD: &str = " 254 0 vda some 2 1044962 3120 20581";

#[test]
fn one_by_one() {
    let disk = expect_no_allocations(|| parse(black_box(LINE)));
    assert_eq!(disk.map(|disk| (disk.name, disk.reads, disk.writes)), Ok(("vda", 11045, 20581)));
}

#[test]
fn one_by_one_of_a_bad_line() {
    assert_eq!(expect_no_allocations(|| parse(black_box(BAD))), Err(Wrong::NoNumber(3)));
}

#[test]
fn by_list() {
    let _ = expect_no_allocations(|| parse_by_list(black_box(LINE)).map(|disk| disk.reads));
}

#[test]
fn by_list_of_a_bad_line() {
    let _ = expect_no_allocations(|| parse_by_list(black_box(BAD)).map(|disk| disk.reads));
}
