/// What tells a place again in another build and another run (docs/baselines.md): nothing that a compiler moves (addresses, lines),
/// and nothing that a run numbers (pids, threads).
public struct PlaceIdentity: Hashable, Sendable, Codable {
    /// Kinds that stand for each other: a realloc may become a malloc, a minor page fault no major one.
    public enum Group: String, Sendable, Codable {
        case heap, mappings, locks, faults, majorFaults, unexplained, syscalls, kernel

        init(_ kind: EventKind) {
            self =
                switch kind.family {
                case .heap: .heap
                case .mapping: .mappings
                case .locking: .locks
                case .pageFault: kind == .pageFaultMajor ? .majorFaults : .faults
                case .unexplained: .unexplained
                case .systemCall: .syscalls
                case .kernel: .kernel
                }
        }
    }

    public let group: Group
    /// The file's name, without a version behind `.so`; of a page fault without a stack, that of the memory it touched.
    @Nullable public var module: String?
    /// The program's own first function and its callers as far as main, each once, in full.
    let chain: [String]

    /// How many functions tell a place. More would tell apart what differs in who called long before.
    static let depth = 8

    /// The innermost of them, which are compared.
    public var functions: [String] { Array(chain.prefix(Self.depth)) }

    /// - Returns: nil where nothing tells where it came from: such a violation is in no baseline.
    package init?(of violation: Violation, ownFrame: Int?) {
        group = Group(violation.kind)
        guard let ownFrame else {
            switch violation.kind.family {
            case .heap, .mapping, .locking: return nil
            case .pageFault, .unexplained, .systemCall, .kernel: break
            }
            module = violation.memory.map(Self.fileName)
            chain = []
            return
        }
        let stack = violation.stack[ownFrame...]
        let end = stack.dropFirst().firstIndex(where: \.isBelowMain) ?? stack.endIndex
        // TRAP: what starts main and threads has a name only where libc's debug symbols are: without them a place would be another.
        let outermost = stack[..<end].lastIndex { !$0.isNamelessInLibc } ?? ownFrame
        var seen = Set<String>()
        module = violation.stack[ownFrame].module.map(Self.fileName)
        chain = stack[...outermost].map { $0.function.map(withoutCompilersSuffixes) ?? "??" }.filter {
            seen.insert($0).inserted
        }
    }

    /// One text for all of it.
    package var text: String { ([group.rawValue, module ?? ""] + functions).joined(separator: "\n") }

    private init(group: Group, module: String?, chain: [String]) {
        self.group = group
        self.module = module
        self.chain = chain
    }

    /// The same seen from some functions further out; nil if there is none.
    func without(innermost count: Int) -> PlaceIdentity? {
        chain.count > count ? PlaceIdentity(group: group, module: module, chain: Array(chain.dropFirst(count))) : nil
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.group == right.group && left.module == right.module
            && left.chain.prefix(depth) == right.chain.prefix(depth)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(group)
        hasher.combine(module)
        for function in chain.prefix(Self.depth) { hasher.combine(function) }
    }

    /// `libfoo.so` of `/usr/lib/libfoo.so.1.2`
    fileprivate static func fileName(_ path: String) -> String {
        let bytes = path.utf8
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        var rest = bytes[start...]
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[dot...]
            if rest.starts(with: ".so.".utf8) { return String(path[start..<dot]) + ".so" }
            rest.removeFirst()
        }
        return String(path[start...])
    }

    // MARK: in a report

    private enum CodingKeys: String, CodingKey {
        case group, module, functions
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        group = try container.decode(Group.self, forKey: .group)
        _module = try container.decode(Nullable<String>.self, forKey: .module)
        chain = try container.decode([String].self, forKey: .functions)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(group, forKey: .group)
        try container.encode(_module, forKey: .module)
        try container.encode(functions, forKey: .functions)
    }
}

extension Frame {
    fileprivate var isNamelessInLibc: Bool { function == nil && module.map(PlaceIdentity.fileName) == "libc.so" }
}

/// Suffixes of the parts and copies that compilers make of a function, before a number or at the end.
private let compilersSuffixes: Set<Substring> = [
    "isra", "constprop", "part", "cold", "hot", "unlikely", "lto_priv", "llvm", "localalias", "clone",
]

/// `flush` of `flush.isra.0.cold`, and of libiberty's `flush(int) [clone .isra.0]`; without Rust's hash.
public func withoutCompilersSuffixes(_ function: String) -> String {
    let hasRustsHash = function.utf8.count > 19 && function.utf8.suffix(19).starts(with: "::h".utf8)
    guard hasRustsHash || function.utf8.contains(UInt8(ascii: ".")) else { return function }
    var rest = function[...]
    while rest.hasSuffix("]"), let start = rest.lastIndex(of: "["), rest[start...].hasPrefix("[clone .") {
        rest = rest[..<start]
        while rest.last == " " { rest.removeLast() }
    }
    while true {
        var base = rest
        if let dot = base.lastIndex(of: "."), base.index(after: dot) < base.endIndex,
            base[base.index(after: dot)...].allSatisfy({ ("0"..."9").contains($0) })
        {
            base = base[..<dot]
        }
        guard let dot = base.lastIndex(of: "."), dot > base.startIndex,
            compilersSuffixes.contains(base[base.index(after: dot)...])
        else { break }
        rest = base[..<dot]
    }
    // ::h and 16 digits
    let hash = rest.suffix(19)
    if hash.hasPrefix("::h"), hash.dropFirst(3).allSatisfy({ ("0"..."9").contains($0) || ("a"..."f").contains($0) }),
        hash.count == 19, rest.count > 19
    {
        rest = rest.dropLast(19)
    }
    return String(rest)
}
