import Foundation
import Testing

/// Stacks against libunwind's, frame for frame: Fixtures/liboracle.c prints those at the places where it allocates.
struct StackTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// The interposer's own walk (base/cfi.c), which is not libunwind's.
    @Test(arguments: ["stacks-c", "stacks-lld", "stacks-cpp", "stacks-swift"])
    func theInterposersAreLibunwinds(program: String) throws {
        try compareViolations(program)
    }

    @Test(.enabled(if: hasRust, "needs rustc, of which `make fixtures` found none"))
    func theInterposersAreLibunwindsInRust()
        throws
    {
        try compareViolations("stacks-rust")
    }

    private func compareViolations(_ program: String) throws {
        let (outcome, report) = try audit([Place.fixture(program), scratch.file("data")])
        let violations = try #require(report.audits.first?["violations"] as? [[String: Any]])
        let theirs = oracle(outcome)
        #expect(!theirs.isEmpty)
        for (bytes, callers) in theirs.map({ ($0.bytes, $0.callers) }) {
            let ours = violations.filter { $0["kind"] as? String == "malloc" && $0["bytes"] as? Int == bytes }
            #expect(ours.count == 1, "\(bytes)")
            guard let violation = ours.first, let stack = violation["stack"] as? [[String: Any]] else { continue }
            #expect(violation["truncated"] as? Bool == false)
            #expect(stack.first?["function"] as? String == "oracle_allocate")
            #expect(places(stack).dropFirst() == callers, "\(bytes)")
        }
    }

    /// The kernel allocates for each signal, also for those of a program that is traced step by step: at each instruction.
    @Test(.enabled(if: isRoot, "needs root for tracepoints of the kernel")) func thoseAboveTheKernelAreLibunwinds()
        throws
    {
        let (outcome, report) = try audit(
            [Place.fixture("stacks-c"), scratch.file("data")], options: ["--kernel-stacks"])
        let steady = try phase("steady", of: try #require(report.audits.first))
        let rows = try #require(steady["kernel"] as? [[String: Any]])
        let ours = rows.filter { $0["truncated"] as? Bool == false }.compactMap { $0["stack"] as? [[String: Any]] }
            .map { places($0)[...] }
        let theirs = oracle(outcome).compactMap { $0.interrupted }
        #expect(theirs.count > 20)
        for stack in theirs { #expect(ours.contains(stack), "\(stack) is none of \(ours)") }
    }

    // MARK: helpers

    private static let hasRust = FileManager.default.fileExists(atPath: Place.fixture("stacks-rust"))

    /// The bytes of each allocation and its callers, innermost first. libunwind sees the interposer's frames too.
    private func oracle(_ outcome: Outcome) -> [Oracle] {
        outcome.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init).filter { !$0.hasPrefix("libdioaudit_preload.so") }
            guard let bytes = words.first.flatMap({ Int($0) }) else { return nil }
            let signal = words.firstIndex(of: "signal")
            return Oracle(
                bytes: bytes, callers: words.dropFirst(2).filter { $0 != "signal" }[...],
                interrupted: signal.map { words[($0 + 1)...] })
        }
    }

    private struct Oracle {
        let bytes: Int
        let callers: ArraySlice<String>
        /// The stack as a signal found it.
        let interrupted: ArraySlice<String>?
    }
}

/// `module+0xoffset`, as liboracle.c prints it; without the kernel's.
private func places(_ stack: [[String: Any]]) -> [String] {
    stack.compactMap { frame in
        guard frame["inlined"] as? Bool == false, let module = frame["module"] as? String, !module.hasPrefix("["),
            let offset = frame["offset"] as? UInt64
        else { return nil }
        return "\(module.split(separator: "/").last ?? "")+0x\(String(offset, radix: 16))"
    }
}
