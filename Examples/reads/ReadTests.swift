import DioauditTesting
import Glibc
import SystemPackage
import Testing

/// swift-system's reads of a file that was opened with O_DIRECT. What is named `…Allocates` fails, and shows where.
@Suite final class ReadTests {
    private let path: FilePath
    private let file: FileDescriptor
    private let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)

    init() throws {
        // No file of memory: tmpfs does no direct I/O.
        var name = Array("/var/tmp/dioaudit-reads-XXXXXX".utf8CString)
        let made = FileDescriptor(rawValue: mkstemp(&name))
        block.initializeMemory(as: UInt8.self, repeating: 1)
        try made.writeAll(block)
        try made.close()
        path = FilePath(platformString: name)
        let direct = FileDescriptor.OpenOptions(rawValue: 0o40000)  // O_DIRECT, which Glibc does not import
        file = try FileDescriptor.open(path, .readOnly, options: direct)
    }

    deinit {
        try? file.close()
        unlink("\(path)")
        block.deallocate()
    }

    @Test func readsIntoABuffer() throws {
        let count = try expectNoAllocations { try file.read(fromAbsoluteOffset: 0, into: block) }
        #expect(count == 4096)
    }

    @Test func readsAtTheEnd() throws {
        let count = try expectNoAllocations { try file.read(fromAbsoluteOffset: 4096, into: block) }
        #expect(count == 0)
    }

    /// An error of no concrete type is put into a box. Swift Testing notes each error's backtrace, too.
    @Test func readThatFailsAllocates() {
        let odd = UnsafeMutableRawBufferPointer(rebasing: block[1..<512])  // not aligned, as O_DIRECT asks
        let error = expectNoAllocations { () -> Errno? in
            do { _ = try file.read(fromAbsoluteOffset: 0, into: odd) } catch { return error as? Errno }
            return nil
        }
        #expect(error == .invalidArgument)
    }

    /// A buffer of its own for each read.
    @Test func readIntoAnArrayAllocates() throws {
        try expectNoAllocations {
            _ = try [UInt8](unsafeUninitializedCapacity: 8192) { bytes, count in
                let bytes = UnsafeMutableRawBufferPointer(bytes)
                let start = -Int(bitPattern: bytes.baseAddress!) & 4095
                let aligned = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + 4096])
                count = try file.read(fromAbsoluteOffset: 0, into: aligned)
            }
        }
    }

    /// The path is copied into a C string.
    @Test func openByALiteralAllocates() throws {
        try expectNoAllocations {
            try FileDescriptor.open("/dev/null", .readOnly).close()
        }
    }
}
