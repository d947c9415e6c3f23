import AuditCore
import AuditReport

/// The stacks of an audit's violations as a tree, from the outermost frame down: each node as wide as its calls.
struct Icicle {
    struct Node {
        let name: String
        /// File and line, or module.
        let detail: String
        let kind: Kind
        let calls: UInt64
        /// 0 is the outermost.
        let depth: Int
        /// Where it begins, of `total`.
        let start: UInt64
    }

    enum Kind: String {
        case frame
        /// What was called: `malloc`.
        case event
        /// Siblings that are too narrow to be seen.
        case rest
    }

    let total: UInt64
    /// Each before its children.
    private(set) var nodes: [Node] = []
    /// Frames with fewer calls are drawn together.
    private(set) var least: UInt64
    private(set) var depth = 0

    private let mostNodes: Int
    /// Each entry once.
    private let entries: [Entry]
    /// Indices of entries, the outermost frame's first and the kind's last.
    private let paths: [(calls: UInt64, entries: [Int])]

    fileprivate enum Entry: Hashable {
        case function(String, module: String?)
        case address(UInt64, module: String?)
        case outerFrames
        case unknown(String)
        case kind(EventKind)
    }

    init(_ audit: Audit, _ limits: Limits = .alone) {
        var entries = Entries()
        paths = audit.violations.map { (calls: $0.calls, entries: entries.path($0)) }
        self.entries = entries.all
        mostNodes = limits.nodes
        total = paths.reduce(0) { $0 &+ $1.calls }
        least = total / Self.mostOfARow
        repeat {
            nodes = []
            depth = 0
            add(Array(paths.indices), below: 0, from: 0)
            if nodes.count > mostNodes { least = max(1, least) * 2 }
        } while nodes.count > mostNodes
    }

    /// A thousandth of the page's width is about a pixel.
    private static let mostOfARow: UInt64 = 1000
    /// Adds what some paths have at a depth, widest first, and what they have below.
    private mutating func add(_ indices: [Int], below depth: Int, from start: UInt64) {
        var groups: [(entry: Int, calls: UInt64, indices: [Int])] = []
        var known: [Int: Int] = [:]
        for index in indices where depth < paths[index].entries.count {
            let entry = paths[index].entries[depth]
            let group = known[entry] ?? groups.count
            if group == groups.count {
                known[entry] = group
                groups.append((entry, 0, []))
            }
            groups[group].calls &+= paths[index].calls
            groups[group].indices.append(index)
        }
        guard !groups.isEmpty else { return }
        self.depth = max(self.depth, depth + 1)
        var start = start
        for group in groups.filter({ $0.calls >= least }).sorted(by: { $0.calls > $1.calls }) {
            nodes.append(node(entries[group.entry], group.calls, depth, start))
            if nodes.count > mostNodes { return }
            add(group.indices, below: depth + 1, from: start)
            start &+= group.calls
        }
        let rest = groups.filter { $0.calls < least }
        if !rest.isEmpty {
            nodes.append(
                Node(
                    name: "\(rest.count) more", detail: "each of fewer than \(Figures.count(least, "call"))",
                    kind: .rest,
                    calls: rest.reduce(0) { $0 &+ $1.calls }, depth: depth, start: start))
        }
    }

    private func node(_ entry: Entry, _ calls: UInt64, _ depth: Int, _ start: UInt64) -> Node {
        let (name, detail, kind): (String, String, Kind) =
            switch entry {
            case .function(let function, let module): (shortFunction(function), module ?? "", .frame)
            case .address(let offset, let module):
                (Frame(module: module, offset: offset).moduleAndOffset, module ?? "", .frame)
            case .outerFrames: ("…", "the stack continues, and was not walked further", .rest)
            case .unknown(let what): (what, "", .rest)
            case .kind(let kind): (kind.noun, "", .event)
            }
        return Node(name: name, detail: detail, kind: kind, calls: calls, depth: depth, start: start)
    }
}

/// The entries of paths, each once: the same frames stand in many stacks.
private struct Entries {
    private(set) var all: [Icicle.Entry] = []
    private var known: [Icicle.Entry: Int] = [:]
    private var knownFrames: [ObjectIdentifier: Int] = [:]

    private static let mostDepth = 128

    mutating func path(_ violation: Violation) -> [Int] {
        let kind = index(of: .kind(violation.kind))
        guard !violation.stack.isEmpty else { return [index(of: .unknown(violation.unknownPlace)), kind] }
        // What starts a program or a thread is below all, and tells nothing.
        let end = violation.stack.lastIndex { !$0.isBelowMain } ?? 0
        var path = violation.truncated ? [index(of: .outerFrames)] : []
        for frame in violation.stack[...end].suffix(Self.mostDepth).reversed() { path.append(index(of: frame)) }
        return path + [kind]
    }

    private mutating func index(of frame: Frame) -> Int {
        if let known = knownFrames[frame.identity] { return known }
        let entry =
            frame.function.map { Icicle.Entry.function($0, module: frame.module) }
            ?? .address(frame.offset, module: frame.module)
        let index = index(of: entry)
        knownFrames[frame.identity] = index
        return index
    }

    private mutating func index(of entry: Icicle.Entry) -> Int {
        if let index = known[entry] { return index }
        known[entry] = all.count
        all.append(entry)
        return all.count - 1
    }
}

extension Audit {
    /// The call stacks of its violations in one picture, in which the script searches and zooms.
    func icicle(_ id: String, _ limits: Limits) -> Markup? {
        guard !violations.isEmpty else { return nil }
        let icicle = Icicle(self, limits)
        guard icicle.total > 0 else { return nil }
        let whole = Double(icicle.total)
        let nodes = icicle.nodes.enumerated().map { index, node -> Markup in
            let share = Double(node.calls) / whole
            let said = "\(node.name), \(Figures.count(node.calls, "call")), \(Figures.hundredths(share * 100)) %"
            let title: Markup = node.detail.isEmpty ? "\(said)" : "\(said)\n\(node.detail)"
            return """
                <svg class="\(node.kind.rawValue)" role="treeitem" aria-level="\(node.depth + 1)" aria-label="\(said)" \
                tabindex="\(index == 0 ? 0 : -1)" x="\(percent(Double(node.start) / whole))" y="\(node.depth * 20)" \
                width="\(percent(share))" height="20"><title>\(title)</title>\
                <rect width="100%" height="100%"/><text x="4" y="14">\(shortName(node.name))</text></svg>

                """
        }
        let merged =
            icicle.least > 1
            ? " Frames of fewer than \(Figures.count(icicle.least, "call")) are drawn together, and counted." : ""
        return """
            <p class="note" id="\(id)-icicle">The outermost frame first, each as wide as its calls (all: \
            \(Figures.count(icicle.total, "call"))); what starts the program or thread is left out.\(merged)</p>
            <p class="tools" hidden><label>Search functions, files and kinds <input type="search" autocomplete="off"></label> \
            <button type="button" class="whole" disabled>Show all</button> <span role="status"></span></p>
            <svg class="icicle" role="tree" aria-label="Call stacks" aria-describedby="\(id)-icicle" width="100%" \
            height="\(icicle.depth * 20)">
            \(nodes)</svg>

            """
    }
}

/// More does not fit a node, however wide.
private func shortName(_ name: String) -> String { String(name.prefix(200)) }
