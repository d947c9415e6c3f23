// Examples/parser as a loop, for Benchmarks/run: prints nanoseconds a line. With --cfg peer in assert_no_alloc's care.
//     loop one-by-one|by-list LINES
use parser::{parse, parse_by_list};
use std::hint::black_box;
use std::time::Instant;

#[cfg(peer)]
#[global_allocator]
static PEER: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

const LINE: &str = " 254 0 vda 11045 2 1044962 3120 20581 10370 861202 14331 0 9876 17452 0 0 0 0 12 1";

fn run(by_list: bool) -> u64 {
    let line = black_box(LINE);
    if by_list { parse_by_list(line).unwrap().reads } else { parse(line).unwrap().reads }
}

#[cfg(peer)]
fn promised(by_list: bool) -> u64 {
    assert_no_alloc::assert_no_alloc(|| run(by_list))
}

#[cfg(not(peer))]
fn promised(by_list: bool) -> u64 {
    run(by_list)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (by_list, lines) = (arguments[1] == "by-list", arguments[2].parse::<u32>().unwrap());
    let start = Instant::now();
    for _ in 0..lines {
        black_box(promised(by_list));
    }
    println!("ns={:.1}", start.elapsed().as_nanos() as f64 / f64::from(lines));
}
