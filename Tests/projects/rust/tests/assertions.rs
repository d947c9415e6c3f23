use dioaudit::{counts, expect_no_allocations, expect_no_allocations_after, expect_no_allocations_with, Faults};
use std::alloc::{alloc, dealloc, Layout};
use std::fs::{self, File, OpenOptions};
use std::future::Future;
use std::hint::black_box;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

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

extern "C" {
    fn mmap(at: *mut u8, length: usize, protection: i32, flags: i32, file: i32, offset: i64) -> *mut u8;
    fn madvise(at: *mut u8, length: usize, advice: i32) -> i32;
}

/// Memory of which each page takes a fault by itself.
fn fresh(pages: usize) -> *mut u8 {
    let (read_and_write, private_and_anonymous, no_huge_page) = (3, 0x22, 15);
    unsafe {
        let memory = mmap(std::ptr::null_mut(), pages << 12, read_and_write, private_and_anonymous, -1, 0);
        madvise(memory, pages << 12, no_huge_page);
        memory
    }
}

fn touch(memory: *mut u8, pages: usize) {
    for page in 0..pages {
        unsafe { memory.add(page << 12).write_volatile(1) }
    }
}

#[test]
fn faults_are_not_judged() {
    let memory = fresh(7);
    expect_no_allocations_after(0, || touch(memory, 7));
    assert_eq!(counts("pageFaultMinor"), None);
}

#[test]
fn forbidden_faults_fail() {
    let memory = fresh(7);
    expect_no_allocations_with(Faults::Forbidden, 0, || touch(memory, 7));
}

#[test]
fn forbidden_faults_of_the_warm_up_pass() {
    let memory = fresh(7);
    expect_no_allocations_with(Faults::Forbidden, 1, || touch(memory, 7));
    assert_eq!(counts("pageFaultMinor"), Some(0));
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

#[test]
#[should_panic(expected = "inconclusive: whether it allocates was not observed: it started a thread")]
fn starts_a_thread_of_c() {
    extern "C" {
        fn pthread_create(thread: *mut usize, attributes: *const u8, start: extern "C" fn(*mut u8) -> *mut u8, _: *mut u8) -> i32;
        fn pthread_join(thread: usize, result: *mut *mut u8) -> i32;
    }
    extern "C" fn start(nothing: *mut u8) -> *mut u8 {
        allocate(3);
        nothing
    }
    // libc keeps the stack of the first for the second.
    expect_no_allocations(|| {
        let mut thread = 0;
        unsafe {
            assert_eq!(pthread_create(&mut thread, std::ptr::null(), start, std::ptr::null_mut()), 0);
            pthread_join(thread, std::ptr::null_mut())
        }
    });
}

#[test]
#[should_panic(expected = " of malloc")]
fn starts_a_thread() {
    let _ = expect_no_allocations(|| std::thread::spawn(|| allocate(0)).join());
}

/// Runs it here, as an executor does: each time that it is not ready, it goes on at once.
fn run<Output>(future: impl Future<Output = Output>) -> Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

async fn allocate_later(times: usize) {
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    allocate(times);
}

#[test]
fn async_passes() {
    expect_no_allocations(|| run(allocate_later(0)));
}

#[test]
fn async_fails() {
    expect_no_allocations(|| run(allocate_later(4)));
}

#[test]
fn each_case_by_itself() {
    for times in [0, 1, 5] {
        let outcome = std::panic::catch_unwind(|| expect_no_allocations(|| allocate(times)));
        assert_eq!((outcome.is_err(), counts("malloc")), (times > 0, Some(times as u64)));
    }
}

#[repr(align(4096))]
struct Block([u8; 4096]);

/// A file of 16 blocks, opened with O_DIRECT.
fn direct(name: &str) -> File {
    let path = format!("/var/tmp/dioaudit-rust-{}-{}", std::process::id(), name);
    let file = OpenOptions::new().read(true).write(true).create(true).custom_flags(0o40000).open(&path).unwrap();
    fs::remove_file(path).unwrap();
    for at in 0..16 {
        file.write_all_at(&Block([1; 4096]).0, at * 4096).unwrap();
    }
    file
}

#[test]
fn direct_reads_pass() {
    let (file, mut block) = (direct("pass"), Box::new(Block([0; 4096])));
    expect_no_allocations(|| (0..16).try_for_each(|at| file.read_exact_at(&mut block.0, at * 4096))).unwrap();
}

#[test]
fn direct_reads_that_allocate_fail() {
    let file = direct("fail");
    expect_no_allocations(|| {
        for at in 0..16 {
            let layout = Layout::new::<Block>();
            let block = unsafe { black_box(alloc(layout)) };
            let bytes = unsafe { std::slice::from_raw_parts_mut(block, 4096) };
            file.read_exact_at(bytes, at * 4096).unwrap();
            unsafe { dealloc(block, layout) };
        }
    });
}
