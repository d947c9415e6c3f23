import AuditCore
import CElfutils
import Glibc
import LinuxSystem

/// Names stack frames from files alone: the subject has ended by then.
///
/// Uses libdwfl: debug info in the module or apart from it (by build id or debug link, in /usr/lib/debug), else the
/// ELF symbol. A frame whose module cannot be read keeps its module and offset.
package struct Symbolizer: ~Copyable {
    private let callbacks: UnsafeMutablePointer<Dwfl_Callbacks>
    private let dwfl: OpaquePointer?
    private var modules: [String: DebugModule?] = [:]

    package init() {
        // A server that is asked over the network could make a report take minutes.
        unsetenv("DEBUGINFOD_URLS")
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: Dwfl_Callbacks(
                find_elf: dwfl_build_id_find_elf, find_debuginfo: dwfl_standard_find_debuginfo,
                section_address: dwfl_offline_section_address, debuginfo_path: nil))
        dwfl = dwfl_begin(callbacks)
    }

    deinit {
        dwfl_end(dwfl)
        callbacks.deallocate()
    }

    /// The frames of a stack with their names, those that the compiler inlined set apart, innermost first.
    ///
    /// - Parameter byFileOffset: the frames' offsets are places in their files, as perf knows them.
    package mutating func name(_ stack: [Frame], byFileOffset: Bool = false) -> [Frame] {
        var named: [Frame] = []
        for var frame in stack {
            if let path = frame.module, let module = module(path) {
                if byFileOffset { frame.offset = module.address(ofFileOffset: frame.offset) }
                named += module.name(frame)
            } else {
                named.append(frame)
            }
        }
        return named
    }

    private mutating func module(_ path: String) -> DebugModule? {
        if let known = modules[path] { return known }
        let module = report(path)
        modules[path] = .some(module)
        return module
    }

    private func report(_ path: String) -> DebugModule? {
        // Others are no files: linux-vdso.so.1.
        guard path.hasPrefix("/"), let dwfl else { return nil }
        guard let file = try? FileDescriptor(openingRegular: path) else { return nil }
        dwfl_report_begin_add(dwfl)
        // It closes the file with the module.
        let handle = dwfl_report_offline(dwfl, path, path, file.rawValue)
        dwfl_report_end(dwfl, nil, nil)
        if handle == nil { file.closeQuietly() }
        return handle.flatMap(DebugModule.init)
    }
}
