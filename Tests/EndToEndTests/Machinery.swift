import Foundation
import Testing

extension Scratch {
    /// A shell script that can be executed.
    func script(_ body: String) throws -> String {
        let path = file("script")
        try "#!/bin/sh\n\(body)\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
        return path
    }
}

/// Waits for something that happens elsewhere; the limit only ends a test that would hang.
func wait(for what: String, _ condition: () -> Bool) throws {
    let limit = Date(timeIntervalSinceNow: 30)
    while !condition() {
        guard Date() < limit else { throw Failure("waited 30 s for \(what)") }
        usleep(1000)
    }
}

/// A file of /proc, whole. These give a page at most at a time and say that their size is 0: swift-foundation's
/// `String(contentsOfFile:)` then takes the first page for all of it.
func procFile(_ path: String) throws -> String {
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/" + path))
    return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
}

/// The first child of that name; proc_pid_stat(5).
func child(of parent: Int32, named name: String) -> (pid: Int32, state: String)? {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    for entry in entries {
        guard let pid = Int32(entry), let stat = try? procFile("\(pid)/stat"),
            let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")")
        else { continue }
        let fields = stat[close...].split(separator: " ")
        guard fields.count > 2, Int32(fields[2]) == parent, stat[open...].dropFirst().hasPrefix(name.prefix(15))
        else {
            continue
        }
        return (pid, String(fields[1]))
    }
    return nil
}

/// Processes that have this in their environment.
func holders(of mark: String) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter {
        (try? procFile("\($0)/environ"))?.contains(mark) ?? false
    }
}

/// Comes before a command whose mounts no other process may see. unshare(1) itself cannot make mounts private if the root is no
/// mount point (chroot(2) into a plain directory): then each mount that has a name is made private.
let withOwnMounts = [
    "unshare", "--mount", "--propagation", "unchanged", "sh", "-c",
    "mount --make-rprivate / 2>&- || awk '{ print $5 }' /proc/self/mountinfo | xargs -n 1 mount --make-private; exec \"$@\"",
    "sh",
]

/// dioaudit as `make install` lays it out, where every user can reach it.
final class Installation {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let files = FileManager.default
        for folder in ["bin", "lib/dioaudit"] {
            try files.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
        }
        try copyProgram(Place.dioaudit, to: dioaudit)
        try copyProgram(Place.driver, to: scratch.file("lib/dioaudit/dioaudit-driver"))
        try copyProgram(Place.interposer, to: scratch.file("lib/dioaudit/libdioaudit_preload.so"))
    }

    var dioaudit: String { scratch.file("bin/dioaudit") }

    /// A copy that every user can reach: the repository may be in a directory that others cannot read.
    func fixture(_ name: String) throws -> String {
        let path = scratch.file(name)
        try copyProgram(Place.fixture(name), to: path)
        return path
    }

    /// - Parameter preparation: shell commands that come before, such as ulimit.
    func runAsOrdinaryUser(_ preparation: String, _ arguments: [String]) throws -> Outcome {
        let shell = "\(preparation); exec \(dioaudit) \"$@\""
        return try run(asOrdinaryUser + ["sh", "-c", shell, "sh"] + arguments, environment: ["TMPDIR": "/var/tmp"])
    }
}

/// A child copies it: a descriptor of ours that writes it would be another test's child's too until that becomes a program, and a
/// file that somebody writes cannot be executed (ETXTBSY, execve(2)).
func copyProgram(_ path: String, to copy: String) throws {
    let outcome = try run(["cp", path, copy])
    guard outcome.status == 0 else { throw Failure(outcome.errors) }
}

/// What makes the command that follows an ordinary user's.
private let asOrdinaryUser = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []

/// Whether a command succeeds as an ordinary user: for what machines allow such users or not.
func succeedsAsOrdinaryUser(_ command: [String]) -> Bool {
    (try? run(asOrdinaryUser + command).status) == 0
}

/// Of an ordinary user.
let mayMakeUserNamespaces = succeedsAsOrdinaryUser(["unshare", "--user", "--map-root-user", "true"])

/// A block device of a file. The kernel ends it when nobody has it open any more, even if the tests are killed.
final class LoopDevice {
    private let scratch: Scratch
    private let open: FileHandle
    let path: String

    init(mebibytes: Int) throws {
        scratch = try Scratch()
        let image = scratch.file("image")
        let made = try run(["sh", "-ec", "truncate -s \(mebibytes)M \(image); losetup --find --show \(image)"])
        guard made.status == 0 else { throw Failure("no loop device: \(made.errors)") }
        path = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        open = try #require(FileHandle(forReadingAtPath: path))
        #expect(try run(["losetup", "--detach", path]).status == 0)
    }

    deinit { try? open.close() }
}

/// A small ext4 file system in a file, nearly full.
final class LoopDisk {
    private let scratch: Scratch
    var mountPoint: String { scratch.file("mount") }

    init(mebibytes: Int) throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.file("mount"), withIntermediateDirectories: false)
        let made = try run([
            "sh", "-ec",
            "truncate -s \(mebibytes)M \(scratch.path)/image; /sbin/mkfs.ext4 -q \(scratch.path)/image; "
                + "mount -o loop \(scratch.path)/image \(scratch.path)/mount",
        ])
        guard made.status == 0 else { throw Failure("no loop disk: \(made.errors)") }
    }

    /// Lazily, since a doctor that another test runs may just be looking at it.
    deinit { _ = try? run(["umount", "--lazy", mountPoint]) }
}
