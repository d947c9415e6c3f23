import Foundation
import LinuxSystem
import Testing

/// Files of /proc as the kernel writes them, and errors as values.
@Suite struct LinuxSystemTests {
    /// A file with this text, removed when `body` has returned.
    private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let path = NSTemporaryDirectory() + "dioaudit-test-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    // MARK: errors

    @Test func anAnswerBelowZeroIsAnErrno() throws {
        #expect(throws: Errno.noSuchFileOrDirectory) { try granted(-2) }
        #expect(try granted(0) == 0)
        #expect(try granted(7) == 7)
        #expect(throws: Errno.tooManyOpenFiles) { try FileDescriptor(answer: -24) }
        #expect(try FileDescriptor(answer: 0) == .standardInput)
    }

    @Test func whatCannotBeReadSaysWhy() {
        #expect(throws: Errno.noSuchFileOrDirectory) { try textFile("/nonexistent") }
        #expect(throws: Errno.isDirectory) { try textFile("/") }
        #expect(throws: Errno.invalidArgument) { try link("/") }
        #expect(throws: Errno.noSuchFileOrDirectory) { try StatFields("/nonexistent") }
    }

    @Test(arguments: [("", ""), ("a", "a"), ("a\n", "a"), ("a\n\n", "a\n"), ("a\nb\n", "a\nb")])
    func onlyTheLastLineEndIsDropped(text: String, read: String) throws {
        #expect(try withFile(text) { try textFile($0) } == read)
    }

    /// More than one block, and files of /proc, which have no size.
    @Test func filesAreReadToTheirEnd() throws {
        let text = String(repeating: "0123456789", count: 10_000)
        #expect(try withFile(text) { try textFile($0) } == text)
        #expect(try textFile("/proc/self/comm").isEmpty == false)
    }

    @Test func aFileLargerThanTheLimitIsNotReadToItsEnd() throws {
        let file = try FileDescriptor(opening: "/dev/zero", .readOnly)
        defer { file.closeQuietly() }
        #expect(try file.readAll(atMost: 100_000).count == 7 * 16384)
    }

    // MARK: /proc

    /// The name may hold anything, parentheses and spaces too.
    @Test func theFieldsOfStatBeginBehindTheName() throws {
        let fields = try withFile("42 (a) b (c)) S 7 8 9\n") { try StatFields($0) }
        #expect(fields.state == "S")
        #expect((3...7).map { fields[$0] } == [nil, 7, 8, 9, nil])
        #expect(throws: Errno.badMessage) { try withFile("42 a S 7") { try StatFields($0) } }
    }

    @Test func aFieldOfStatusIsWhatFollowsItsName() throws {
        try withFile("Name:\tx\nVmLck:\t    12 kB\nVmPin:\n") { path in
            #expect(statusField("VmLck:", in: path) == "12 kB")
            #expect(statusField("VmPin:", in: path) == "")
            #expect(statusField("Lck:", in: path) == nil)
        }
    }

    @Test func aMappingIsALineOfMaps() throws {
        let file = try #require(MappedFile(line: "7f01000-7f03000 r-xp 00001000 08:01 77   /lib/a name (deleted)"))
        #expect(file.start == 0x7f0_1000 && file.end == 0x7f0_3000 && file.offset == 0x1000 && file.isExecutable)
        #expect(file.path == "/lib/a name (deleted)")
        let nameless = try #require(MappedFile(line: "7f01000-7f03000 rw-p 00000000 00:00 0 "))
        #expect(nameless.path == "//anon" && !nameless.isExecutable)
    }

    @Test(arguments: ["", "7f01000 r-xp 0 0 0", "7f03000-7f01000 r-xp 0 08:01 7 /a", "x-y r-xp 0 08:01 7 /a"])
    func whatIsNoRangeIsNoMapping(line: String) {
        #expect(MappedFile(line: line[...]) == nil)
    }

    @Test(arguments: [
        ("/plain", "/plain"), (#"/a\040b"#, "/a b"), (#"/\134040"#, #"/\040"#), (#"/\0"#, #"/\0"#), (#"\303\244"#, "ä"),
    ]) func octalDigitsOfMountsAreBytes(field: String, path: String) {
        #expect(Mount.unescaped(field[...]) == path)
    }

    @Test func theLongestMountPointHoldsADirectory() {
        let mounts = Mount.all(in: "0 / ext4 rw 0 0\n1 /home ext4 rw 0 0\n2 /home/a ext4 rw 0 0\n3 /home ext4 rw 0 0\n")
        for (directory, source) in [("/home/a/b", "2"), ("/home/ab", "3"), ("/homes", "0"), ("/home", "3")] {
            #expect(mounts.holding(directory)?.source == source)
        }
    }
}
