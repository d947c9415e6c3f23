import DioauditTesting
import Glibc
import Testing

/// A file of 16 blocks, opened with O_DIRECT, and a buffer that is aligned for it.
private func withDirectFile(_ work: (Int32, UnsafeMutableRawPointer) throws -> Void) throws {
    // No file of memory: tmpfs does no direct I/O.
    var path = Array("/var/tmp/dioaudit-assertions-XXXXXX".utf8CString)
    close(mkstemp(&path))
    let file = open(path, O_RDWR | 0o40000)  // O_DIRECT, which Glibc does not import
    try #require(file >= 0, "errno \(errno)")
    defer {
        close(file)
        unlink(path)
    }
    let block = try #require(aligned_alloc(4096, 4096))
    defer { free(block) }
    memset(block, 1, 4096)
    for index in 0..<16 { #expect(pwrite(file, block, 4096, off_t(index * 4096)) == 4096) }
    try work(file, block)
}

@Test func directReadsPass() throws {
    try withDirectFile { file, block in
        let total = expectNoAllocations {
            var total = 0
            for index in 0..<16 { total += pread(file, block, 4096, off_t(index * 4096)) }
            return total
        }
        #expect(total == 65536)
    }
}

@Test func directReadsThatAllocateFail() throws {
    try withDirectFile { file, block in
        expectNoAllocations {
            for index in 0..<16 {
                let own = aligned_alloc(4096, 4096)
                keep(own)
                _ = pread(file, own, 4096, off_t(index * 4096))
                free(own)
            }
        }
    }
}
