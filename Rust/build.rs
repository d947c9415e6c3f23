//! Builds libdioaudit_test with the repository's own script, and links the archive.
use std::{env, process::Command};

fn main() {
    let root = format!("{}/..", env::var("CARGO_MANIFEST_DIR").unwrap());
    let output = env::var("OUT_DIR").unwrap();
    let built = Command::new(format!("{}/Scripts/test-library", root)).arg(&output).status();
    assert!(
        built.map_or(false, |status| status.success()),
        "Scripts/test-library failed: it needs clang, libaio-dev, liburing-dev and libdw-dev"
    );
    println!("cargo:rustc-link-search=native={}", output);
    println!("cargo:rustc-link-lib=static=dioaudit_test");
    println!("cargo:rustc-link-lib=dylib=dw");
    for source in [
        "Package.swift",
        "Scripts/test-library",
        "Sources/CDioaudit",
        "Sources/CDioauditTest",
        "Sources/Interposer",
        "Sources/LedgerABI",
    ] {
        println!("cargo:rerun-if-changed={}/{}", root, source);
    }
}
