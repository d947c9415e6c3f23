import Foundation
import Testing

/// What a fixture says of itself in the comment it begins with.
struct Expectation: CustomTestStringConvertible, Sendable {
    /// A count as written: exact, or a lower bound (`>=60`), with or without bytes (`100/3200`). Where versions of a library
    /// take other amounts, each stands there (`2/832|864`).
    struct Count: Sendable {
        static let zero = Count(calls: 0, bytes: [], isLowerBound: false)

        var calls: UInt64
        /// Those that are right; all are, where none is named.
        var bytes: [UInt64]
        var isLowerBound: Bool

        func matches(calls: UInt64, bytes: UInt64) -> Bool {
            if isLowerBound { return calls >= self.calls }
            return calls == self.calls && (self.bytes.isEmpty || self.bytes.contains(bytes))
        }
    }

    struct Violation: Sendable {
        /// Any of these.
        var kinds: [String]
        var count: Count
        var first: UInt64?
        var thread: String?
        /// Page faults of its first call.
        var faults: UInt64?
        /// The heap call in which libc made it.
        var within: String?
        /// Innermost first; others may stand between.
        var functions: [String]
    }

    struct Region: Sendable {
        var name: String
        var allowed: Bool
        var entered: UInt64
        var counts: [String: Count]
    }

    let name: String
    var options: [String] = []
    var needsRoot = false
    /// Of the kernel.
    var needsPagemapScan = false
    /// It becomes another user, who must reach it and dioaudit.
    var changesUser = false
    var exit: Int32 = 0
    var verdict = ""
    var reasons: [String] = []
    var threads: Int?
    /// By phase, by kind. `transfers` is among the kinds. `alignedAlloc|posixMemalign` is whichever of them happened: what calls
    /// them has other ways in other versions.
    var phases: [String: [String: Count]] = [:]
    /// The kernel's count of the transfers of all processes, by call, where the transfers witness is active.
    var kernelTransfers: [String: UInt64]?
    /// `never`, a number, or nothing said.
    var settled: String?
    var violations: [Violation] = []
    /// Kinds that the kernel counts and that come along, as many as libc happens to need: the heap's growth, an arena's pages.
    var along: Set<String> = []
    var regions: [Region] = []
    /// Processes that no function of libc makes, of which perf's events tell.
    var made = 0

    var testDescription: String { name }

    /// It names system calls that the syscalls witness sees, and perf's records of mappings do not.
    var namesSystemCalls: Bool {
        phases.values.contains { $0.keys.contains { $0.hasPrefix("syscall") } }
            || reasons.contains { $0.contains("the kernel saw") }
    }

    /// The phase's own line counts the kind, or `Also` names it. An ordinary user's perf reports a brk as a mmap.
    func namesViolations(of kind: String, in phase: String) -> Bool {
        along.contains(kind) || kind == "syscallMmap" && !isRoot && along.contains("syscallBrk")
            || phases[phase, default: [:]].contains { kinds, count in
                (count.calls > 0 || count.isLowerBound) && kinds.split(separator: "|").contains { $0 == kind }
            }
    }

    static let all: [Expectation] = {
        let folder = "\(Place.repository)Fixtures"
        let sources = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return sources.filter { $0.hasSuffix(".c") || $0.hasSuffix(".cpp") || $0.hasSuffix(".swift") }.sorted()
            .compactMap { try! Expectation(source: "\(folder)/\($0)") }
    }()

    /// Nil for a source without an expectation: a library, or a program for benchmarks.
    init?(source: String) throws {
        name = URL(filePath: source).deletingPathExtension().lastPathComponent
        let text = try String(contentsOfFile: source, encoding: .utf8)
        let keys = text.split(separator: "\n").prefix { $0.hasPrefix("// ") }.compactMap {
            $0.wholeMatch(of: /\/\/ (Root )?([A-Z][A-Za-z]*):(.*)/)?.output
        }
        let ofRoot = Set(keys.filter { $0.1 != nil }.map(\.2))
        for (_, root, key, value) in keys where isRoot ? root != nil || !ofRoot.contains(key) : root == nil {
            try read(String(key), value.trimmingCharacters(in: .whitespaces))
        }
        if verdict.isEmpty { return nil }
    }

    private mutating func read(_ key: String, _ value: String) throws {
        switch key {
        case "Intent", "Flags", "Link": break
        case "Needs":
            _ = try one(of: ["root", "PAGEMAP_SCAN"], String(value.prefix { $0 != "," }), key)
            needsRoot = value.hasPrefix("root")
            needsPagemapScan = !needsRoot
        case "User": changesUser = try one(of: ["changes"], value, key)
        case "Options": options = value.split(separator: " ").map(String.init)
        case "Exit": exit = try number(value, key)
        case "Verdict":
            _ = try one(of: ["pass", "fail", "inconclusive"], value, key)
            verdict = value
        case "Reason": if value != "none" { reasons.append(value) }
        case "Settled": settled = value
        case "Threads": threads = try number(value, key)
        case "Setup", "Warmup", "Steady", "Teardown": phases[key.lowercased()] = try counts(value)
        case "Kernel": kernelTransfers = (kernelTransfers ?? [:]).merging(try transfers(value)) { $0 + $1 }
        case "Violation": violations.append(try violation(value))
        case "Also": along.formUnion(value.components(separatedBy: ", "))
        case "Made": made = try number(value, key)
        case "Region": regions.append(try region(value))
        default: throw Failure("\(name): '\(key)' is no key of an expectation")
        }
    }

    private func one(of words: [String], _ value: String, _ key: String) throws -> Bool {
        guard words.contains(value) else { throw Failure("\(name): '\(key): \(value)' is none of \(words)") }
        return true
    }

    private func number<Number: FixedWidthInteger>(_ value: String, _ key: String) throws -> Number {
        guard let number = Number(value) else { throw Failure("\(name): '\(key): \(value)' is no number") }
        return number
    }

    private func counts(_ text: String) throws -> [String: Count] {
        var counts: [String: Count] = [:]
        for item in text.split(separator: ",") where item.trimmingCharacters(in: .whitespaces) != "nothing" {
            let words = item.split(separator: " ").map(String.init)
            guard words.count == 2 else { throw Failure("\(name): '\(item)' is no 'kind count'") }
            counts[words[0]] = try count(words[1])
        }
        return counts
    }

    private func transfers(_ text: String) throws -> [String: UInt64] {
        try counts(text).mapValues { $0.calls }
    }

    private func count(_ text: String) throws -> Count {
        let isLowerBound = text.hasPrefix(">=")
        let numbers = text.dropFirst(isLowerBound ? 2 : 0).split { $0 == "/" || $0 == "|" }.map { UInt64($0) }
        guard let calls = numbers.first, let calls, numbers.allSatisfy({ $0 != nil }) else {
            throw Failure("\(name): '\(text)' is no count")
        }
        return Count(calls: calls, bytes: numbers.dropFirst().compactMap { $0 }, isLowerBound: isLowerBound)
    }

    /// `NAME entered 3 malloc 4/400, free 4`, or `allowed 'REASON' entered …`
    private func region(_ text: String) throws -> Region {
        let halves = text.components(separatedBy: " entered ")
        let rest = halves.last?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
        guard halves.count == 2, rest.count == 2, let entered = UInt64(rest[0]) else {
            throw Failure("\(name): '\(text)' is no region")
        }
        let allowed = halves[0].hasPrefix("allowed '")
        let title = allowed ? String(halves[0].dropFirst("allowed '".count).dropLast()) : halves[0]
        return Region(name: title, allowed: allowed, entered: entered, counts: try counts(rest[1]))
    }

    /// `malloc 100/3200 first 2 thread NAME faults 33 within calloc in inner < outer`
    private func violation(_ text: String) throws -> Violation {
        let halves = text.components(separatedBy: " in ")
        let words = halves[0].split(separator: " ").map(String.init)
        guard words.count >= 2 else { throw Failure("\(name): '\(text)' is no violation") }
        let after = { (word: String) in words.firstIndex(of: word).map { words[$0 + 1] } }
        return Violation(
            kinds: words[0].split(separator: "|").map(String.init), count: try count(words[1]),
            first: after("first").flatMap { UInt64($0) },
            thread: after("thread"),
            faults: after("faults").flatMap { UInt64($0) },
            within: after("within"),
            functions: halves.count > 1
                ? halves[1].components(separatedBy: " < ").map { $0.trimmingCharacters(in: .whitespaces) } : [])
    }
}
