import AuditCore
import Foundation
import LinuxSystem
import Testing

/// Files that another user has planted in a directory where all may write, such as /var/tmp.
@Suite final class ScratchDirectoryTests {
    private let place: String

    init() throws {
        var template = Array("/var/tmp/dioaudit-tests-\(getpid())-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        place = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        mkdir("\(place)/victim", 0o700)
        try "precious".write(toFile: "\(place)/victim/file", atomically: true, encoding: .utf8)
        mkdir(parent, 0o700)
        chmod(parent, 0o1777)
    }

    deinit { try? FileManager.default.removeItem(atPath: place) }

    private var parent: String { "\(place)/parent" }

    private var isVictimWhole: Bool {
        (try? String(contentsOfFile: "\(place)/victim/file", encoding: .utf8)) == "precious"
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: parent).sorted() }

    @Test func theDirectoryIsOurs() throws {
        let scratch = try ScratchDirectory(in: parent)
        var status = stat()
        #expect(lstat(scratch.path, &status) == 0 && status.st_mode == S_IFDIR | 0o700)
    }

    @Test func nothingIsLeft() throws {
        do {
            let scratch = try ScratchDirectory(in: parent)
            try "x".write(toFile: "\(scratch.path)/x", atomically: false, encoding: .utf8)
        }
        #expect(DirectIO.problem(in: parent) == nil)
        #expect(try names() == [])
    }

    @Test func whatAKilledOneLeftIsRemovedAndLinksAreNotFollowed() throws {
        mkdir("\(parent)/dioaudit-scratch-1-0", 0o700)
        try "x".write(toFile: "\(parent)/dioaudit-scratch-1-0/x", atomically: false, encoding: .utf8)
        try "x".write(toFile: "\(parent)/dioaudit-probe-1", atomically: false, encoding: .utf8)
        symlink("\(place)/victim", "\(parent)/dioaudit-scratch-2-0")
        symlink("\(place)/victim/file", "\(parent)/dioaudit-probe-2")
        try "x".write(toFile: "\(parent)/other", atomically: false, encoding: .utf8)
        _ = try ScratchDirectory(in: parent)
        #expect(try names() == ["dioaudit-probe-2", "dioaudit-scratch-2-0", "other"])
        #expect(isVictimWhole)
    }

    @Test func aDirectoryThatWasSwappedIsEmptiedWhereItIs() throws {
        do {
            let scratch = try ScratchDirectory(in: parent)
            try "x".write(toFile: "\(scratch.path)/file", atomically: false, encoding: .utf8)
            rename(scratch.path, "\(parent)/moved")
            symlink("\(place)/victim", scratch.path)
        }
        #expect(isVictimWhole)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(parent)/moved") == [])
    }

    @Test func whereOthersCanSwapItNoneIsMade() throws {
        chmod(parent, 0o777)
        let error = #expect(throws: AuditError.self) { _ = try ScratchDirectory(in: self.parent) }
        #expect(error?.what.contains("it has no sticky bit") == true)
        #expect(DirectIO.problem(in: parent)?.what.contains("other users may write to") == true)
        // By its path no less.
        mkdir("\(parent)/inner", 0o700)
        #expect(throws: AuditError.self) { _ = try ScratchDirectory(in: "\(self.parent)/inner") }
        #expect(try names() == ["inner"])
    }

    // MARK: outputs

    /// With readlink(2) a program follows what the kernel would refuse (fs.protected_symlinks).
    @Test(.enabled(if: geteuid() == 0, "needs root, to give files to another user: .ci/run is root"))
    func whatAnotherUserHasPlantedIsNotFollowed() throws {
        let planted = (link: "\(parent)/link", file: "\(parent)/file", folder: "\(parent)/folder")
        symlink("\(place)/victim/file", planted.link)
        symlink("\(place)/victim", planted.folder)
        try "x".write(toFile: planted.file, atomically: false, encoding: .utf8)
        #expect(TrustedPath.planted(planted.link) == nil && TrustedPath.planted("\(planted.folder)/file") == nil)
        for path in [planted.link, planted.file, planted.folder] { lchown(path, 65534, 65534) }
        symlink(planted.folder, "\(place)/leads-there")
        for path in [planted.link, planted.file, "\(planted.folder)/file", "\(place)/leads-there/new"] {
            #expect(TrustedPath.planted(path)?.hasPrefix("user 65534 has put \(parent)/") == true, "\(path)")
        }
        #expect(DirectIO.problem(in: planted.folder)?.what.hasPrefix("user 65534 has put") == true)
        #expect(TrustedPath.planted("\(parent)/new") == nil)
        // What only its owner can change is his affair, and root's.
        chmod(parent, 0o755)
        #expect(TrustedPath.planted(planted.link) == nil)
        #expect(isVictimWhole)
    }

    @Test func aFileThatIsWrittenHasNoNameUntilThen() throws {
        let path = "\(parent)/report"
        let file = try WholeFile(at: path)
        #expect(try names() == [])
        try file.write { try $0.writeAll("first") }
        #expect(throws: Errno.self) {
            try file.write { beginning in
                try beginning.writeAll("a part")
                throw Errno.noSpace
            }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
        try file.write { try $0.writeAll("second") }
        #expect(try names() == ["report"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "second")
    }
}
