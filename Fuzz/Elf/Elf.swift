// libFuzzer on the reader of programs and libraries, and of mangled names: a file's bytes, behind eight that choose what is asked.
// What dioaudit keeps apart in a process without privileges runs in this one, so that a trap of our own code is seen.
import CElfutils
import CLinuxHost
import Glibc

@testable import Inspect

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let bytes, size >= 8 else { return -1 }
    let choice = UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)
    let text = String(decoding: UnsafeBufferPointer(start: bytes + 8, count: min(size - 8, 512)), as: UTF8.self)
    for mangling in ["_R", "_ZN"] {
        precondition(demangleRust(mangling + text)?.utf8.count ?? 0 < 1 << 15, "names are short")
    }
    let file = cl_memfd("fuzz")
    defer { close(file) }
    guard write(file, bytes + 8, size - 8) == size - 8 else { return -1 }
    elf_version(UInt32(EV_CURRENT))
    guard let elf = elf_begin(file, ELF_C_READ_MMAP, nil), elf_kind(elf) == ELF_K_ELF else { return -1 }
    defer { elf_end(elf) }
    var program = ElfFile(elf, at: "/fuzz")
    check(program.facts)
    for function in heapFunctions(elf) { precondition(function.size > 0, "a heap function has a size") }
    var symbols = NearestSymbols(of: [choice & 0xffff, choice & 0xffff_ffff, choice].sorted())
    symbols.read(elf)
    for name in symbols.found.values { precondition(!name.isEmpty, "a symbol has a name") }
    return 0
}

/// What it says survives the way through the socket.
private func check(_ facts: ProgramFacts) {
    var writer = ByteWriter()
    facts.write(to: &writer)
    var reader = ByteReader(writer.bytes)
    let read = try? ProgramFacts(from: &reader)
    precondition(read == facts, "an answer is read as it was written")
}
