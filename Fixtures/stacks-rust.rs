// Link: -C link-arg=-L.build/fixtures -C link-arg=-l:liboracle '-Clink-arg=-Wl,-rpath,$ORIGIN'
// Allocates in Rust's frames. StackTests holds its stacks against libunwind's.
use std::ffi::CString;
use std::os::raw::{c_char, c_long};

extern "C" {
    fn oracle_begin(path: *const c_char);
    fn oracle_allocate() -> c_long;
    fn oracle_end();
}

trait Shape {
    fn act(&self, depth: i64) -> i64;
}

struct Square;

impl Shape for Square {
    #[inline(never)]
    fn act(&self, depth: i64) -> i64 {
        if depth > 0 { self.act(depth - 1) + 1 } else { unsafe { oracle_allocate() as i64 } }
    }
}

#[inline(never)]
fn all(shapes: &[&dyn Shape]) -> i64 {
    shapes.iter().map(|shape| shape.act(2)).sum()
}

fn main() {
    let path = CString::new(std::env::args().nth(1).unwrap()).unwrap();
    let shapes: [&dyn Shape; 2] = [&Square, &Square];
    unsafe { oracle_begin(path.as_ptr()) };
    let sum = all(&shapes);
    let mut numbers = [2, 1];
    numbers.sort_by(|left: &i64, right: &i64| {
        unsafe { oracle_allocate() };
        left.cmp(right)
    });
    unsafe { oracle_end() };
    assert!(sum > 0 && numbers[0] == 1);
}
