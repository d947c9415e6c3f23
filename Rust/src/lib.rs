//! Allocation assertions for tests. What they mean is dioaudit.h's: see docs/testing-rust.md.
//!
//! ```
//! dioaudit::expect_no_allocations(|| { let mut sum = 0; for n in 0..8 { sum += n } sum });
//! ```
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int, c_long, c_uint, c_void};
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use std::sync::Once;

/// As dioaudit.h has it.
#[repr(C)]
struct Expectation {
    assertion: *mut c_void,
    obstacle: *const c_char,
    file: *const c_char,
    line: c_int,
    runs_left: c_int,
    is_judged: c_int,
    around: c_uint,
}

/// Whether the thread's page faults are failures, too. If they are not judged they are not counted.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum Faults {
    /// While the process is locked by mlockall(MCL_FUTURE).
    IfLocked,
    /// Always.
    Forbidden,
    /// Never.
    Allowed,
}

type Handler = extern "C" fn(*const c_char, c_int, *const c_char);

extern "C" {
    fn dioaudit_expectation_begin(file: *const c_char, line: c_int, warmup: c_int, faults: Faults) -> Expectation;
    fn dioaudit_expectation_runs(expectation: *mut Expectation) -> c_int;
    fn dioaudit_expectation_end(expectation: *mut Expectation);
    fn dioaudit_counts(kind: *const c_char) -> c_long;
    fn dioaudit_on_failure(handler: Handler);
}

thread_local! {
    static HAS_FAILED: Cell<bool> = const { Cell::new(false) };
    /// Touched after a failure alone: its first use allocates.
    static MESSAGE: RefCell<String> = RefCell::new(String::new());
}

extern "C" fn note_failure(_: *const c_char, _: c_int, message: *const c_char) {
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    HAS_FAILED.with(|failed| failed.set(true));
    MESSAGE.with(|message| message.replace(text));
}

/// It ends where a body panics, too; then the panic is what is told.
struct Block(Expectation);

impl Drop for Block {
    fn drop(&mut self) {
        unsafe { dioaudit_expectation_end(&mut self.0) };
        if std::thread::panicking() {
            HAS_FAILED.with(|failed| failed.set(false));
        }
    }
}

/// Whether the program's global allocator calls malloc: another (jemalloc's crate, an arena) would not be counted. Tried once; where
/// nothing is counted at all, the judged block says why.
fn allocator_is_seen() -> bool {
    const SEEN: u8 = 1;
    const UNSEEN: u8 = 2;
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    static KEPT: AtomicPtr<u64> = AtomicPtr::new(ptr::null_mut());
    if KNOWN.load(Ordering::Relaxed) == 0 {
        let mut block = Block(unsafe { dioaudit_expectation_begin(ptr::null(), 0, 0, Faults::Allowed) });
        unsafe { dioaudit_expectation_runs(&mut block.0) };
        // Through a static, so that no compiler leaves it out.
        let before = KEPT.swap(Box::into_raw(Box::new(1)), Ordering::Relaxed);
        unsafe { dioaudit_expectation_runs(&mut block.0) };
        drop(block);
        HAS_FAILED.with(|failed| failed.set(false));
        if !before.is_null() {
            drop(unsafe { Box::from_raw(before) });
        }
        let seen = unsafe { dioaudit_counts(ptr::null()) } != 0;
        KNOWN.store(if seen { SEEN } else { UNSEEN }, Ordering::Relaxed);
    }
    KNOWN.load(Ordering::Relaxed) == SEEN
}

/// Runs the body once to warm up, and panics if it allocates on this thread when it runs again, or if that was not observed.
#[track_caller]
pub fn expect_no_allocations<Value>(body: impl FnMut() -> Value) -> Value {
    expect_no_allocations_after(1, body)
}

/// The same after so many runs.
#[track_caller]
pub fn expect_no_allocations_after<Value>(warmup: u16, body: impl FnMut() -> Value) -> Value {
    expect_no_allocations_with(Faults::IfLocked, warmup, body)
}

/// The same where page faults are judged as it is said.
#[track_caller]
pub fn expect_no_allocations_with<Value>(faults: Faults, warmup: u16, mut body: impl FnMut() -> Value) -> Value {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| unsafe { dioaudit_on_failure(note_failure) });
    if !allocator_is_seen() {
        panic!("inconclusive: the global allocator does not call malloc: what it allocates is not counted");
    }
    let place = Location::caller();
    let file = CString::new(place.file()).unwrap_or_default();
    let line = place.line() as c_int;
    let mut block = Block(unsafe { dioaudit_expectation_begin(file.as_ptr(), line, c_int::from(warmup), faults) });
    for _ in 0..warmup {
        unsafe { dioaudit_expectation_runs(&mut block.0) };
        drop(body());
    }
    unsafe { dioaudit_expectation_runs(&mut block.0) };
    let value = body();
    unsafe { dioaudit_expectation_runs(&mut block.0) };
    drop(block);
    if HAS_FAILED.with(|failed| failed.replace(false)) {
        panic!("expected no allocation: {}", MESSAGE.with(|message| message.take()));
    }
    value
}

/// The calls of a kind (a key of the report's, such as `malloc`) in this thread's last judged run; `None` if that was not observed.
pub fn counts(kind: &str) -> Option<u64> {
    let kind = CString::new(kind).ok()?;
    u64::try_from(unsafe { dioaudit_counts(kind.as_ptr()) }).ok()
}
