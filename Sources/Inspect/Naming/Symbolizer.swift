import AuditCore
import Glibc
import LinuxSystem

/// Names stack frames from files alone: the subject has ended by then.
///
/// By debug info in the module or apart from it (by build id or debug link), else by the ELF symbol. A frame whose module cannot be
/// read keeps its module and offset. Name many stacks at once: each file is parsed once for them.
package struct Symbolizer {
    private let parser: Parser
    private let owner: uid_t

    /// - Parameter owner: the user whose processes the frames are of.
    package init(_ parser: Parser, owner: uid_t = geteuid()) {
        self.parser = parser
        self.owner = owner
    }

    /// The frames of each stack with their names, those that the compiler inlined set apart, innermost first.
    ///
    /// - Parameters:
    ///   - processes: of each stack, whose frames without a module may be a just-in-time compiler's.
    ///   - byFileOffset: the frames' offsets are places in their files, as perf knows them.
    package func name(_ stacks: [[Frame]], of processes: [Int32] = [], byFileOffset: Bool = false) -> [[Frame]] {
        var known: [Frame: [Frame]] = [:]
        for (path, frames) in Dictionary(grouping: Set(stacks.joined()), by: \.module) {
            // Others are no files: linux-vdso.so.1.
            guard let path, path.hasPrefix("/") else { continue }
            known.merge(named(frames, of: path, byFileOffset)) { $1 }
        }
        var named = stacks.map { $0.flatMap { known[$0] ?? [$0] } }
        let byProcess = Dictionary(grouping: zip(processes, named.indices), by: \.0)
        for (process, indices) in byProcess { nameCompiled(&named, indices.map(\.1), of: process) }
        return named
    }

    private func named(_ frames: [Frame], of path: String, _ byFileOffset: Bool) -> [Frame: [Frame]] {
        guard let file = try? FileDescriptor(openingRegular: path) else { return [:] }
        defer { file.closeQuietly() }
        let answers = parser.names(frames.map(\.offset), byFileOffset: byFileOffset, of: file, at: path) ?? []
        return Dictionary(uniqueKeysWithValues: zip(frames, answers.map { $0.frames(in: path) }))
    }

    /// By the map in which perf(1) looks. Everyone may write there: so the file must be the process's user's.
    private func nameCompiled(_ stacks: inout [[Frame]], _ indices: [Int], of process: Int32) {
        let places = indices.flatMap { stack in
            stacks[stack].indices.filter { stacks[stack][$0].module == nil }.map { (stack: stack, frame: $0) }
        }
        let path = "/tmp/perf-\(process).map"
        guard !places.isEmpty, let file = try? FileDescriptor(openingRegular: path) else { return }
        defer { file.closeQuietly() }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, status.st_uid == owner else { return }
        let addresses = places.map { stacks[$0.stack][$0.frame].offset }
        for (place, name) in zip(places, parser.compiledNames(addresses, in: file, at: path)) {
            stacks[place.stack][place.frame].function = name
        }
    }
}

extension NamedAddress {
    func frames(in path: String) -> [Frame] {
        names.map {
            Frame(
                function: $0.function, file: $0.file, line: $0.line.flatMap { Int(exactly: $0) }, module: path,
                offset: address, inlined: $0.inlined)
        }
    }
}
