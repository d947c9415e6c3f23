import AuditCore
import LinuxSystem

/// Names stack frames from files alone: the subject has ended by then.
///
/// By debug info in the module or apart from it (by build id or debug link), else by the ELF symbol. A frame whose module cannot be
/// read keeps its module and offset. Name many stacks at once: each file is parsed once for them.
package struct Symbolizer {
    private let parser: Parser
    private var known: [Frame: [Frame]] = [:]

    package init(_ parser: Parser) {
        self.parser = parser
    }

    /// The frames of each stack with their names, those that the compiler inlined set apart, innermost first.
    ///
    /// - Parameter byFileOffset: the frames' offsets are places in their files, as perf knows them.
    package mutating func name(_ stacks: [[Frame]], byFileOffset: Bool = false) -> [[Frame]] {
        known = [:]
        let frames = Set(stacks.joined())
        for (path, frames) in Dictionary(grouping: frames, by: \.module) {
            // Others are no files: linux-vdso.so.1.
            guard let path, path.hasPrefix("/") else { continue }
            name(frames, of: path, byFileOffset)
        }
        return stacks.map { $0.flatMap { known[$0] ?? [$0] } }
    }

    private mutating func name(_ frames: [Frame], of path: String, _ byFileOffset: Bool) {
        guard let file = try? FileDescriptor(openingRegular: path) else { return }
        defer { file.closeQuietly() }
        guard let answers = parser.names(frames.map(\.offset), byFileOffset: byFileOffset, of: file, at: path) else {
            return
        }
        for (frame, answer) in zip(frames, answers) {
            known[frame] = answer.names.map {
                Frame(
                    function: $0.function, file: $0.file, line: $0.line.flatMap { Int(exactly: $0) }, module: path,
                    offset: answer.address, inlined: $0.inlined)
            }
        }
    }
}
