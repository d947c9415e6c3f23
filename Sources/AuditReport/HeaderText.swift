import AuditCore

/// What a report was made on, and by what: the machine, where the files lie, and how each witness looked.
func headerLines(_ machine: Machine, _ files: Storage?, _ witnesses: [NamedWitnesses]) -> [String] {
    let place = files.map { "; files on \($0.text)" } ?? ""
    let parts = witnesses.filter { !$0.all.isEmpty }.map(\.text).joined(separator: "; ")
    // What would let the kernel's side be seen is to be pasted.
    let blind = witnesses.flatMap(\.all).first { $0.status == .unavailable && $0.remedies != nil }
    return wrapped(machine.text + place)
        + (parts.isEmpty ? [] : wrapped((witnesses.count == 1 ? "witness: " : "witnesses: ") + parts))
        + remedyLines(blind?.remedies ?? [], indent: 2)
}

extension Report {
    var headerLines: [String] {
        // Of one that did not start there is nothing to be seen.
        let started = self.audits.filter { !$0.subject.exit.neverStarted }
        let audits = started.isEmpty ? self.audits : started
        let interposer = NamedWitnesses("interposer", audits) { $0.interposer }
        let kernels = [
            NamedWitnesses("syscalls", audits) { $0.syscalls }, NamedWitnesses("kernel", audits) { $0.kernel },
            NamedWitnesses("transfers", audits) { $0.transfers },
        ]
        let accounting = NamedWitnesses("I/O accounting for the transfers", audits) { $0.accounting }
        // The interposer reads these two, so that they add nothing where it is not there; the pages the kernel may have recorded.
        let isAlone = interposer.all.allSatisfy { $0.status == .unavailable }
        let pages = NamedWitnesses("pages", audits) { $0.pages }
        let heap = NamedWitnesses("heap", audits) { $0.heap }
        let edges =
            !isAlone ? [pages, heap] : pages.all.allSatisfy { $0.status == .unavailable } ? [] : [pages]
        return AuditReport.headerLines(machine, files, [interposer] + kernels.joined() + [accounting] + edges)
    }
}

/// One witness, as it looked in each audit.
struct NamedWitnesses {
    let name: String
    let all: [Witness]

    init(_ name: String, _ all: [Witness]) {
        self.name = name
        self.all = all
    }

    fileprivate init(_ name: String, _ audits: [Audit], _ of: (Witnesses) -> Witness?) {
        self.name = name
        all = audits.compactMap { audit in
            guard var witness = of(audit.witnesses) else { return nil }
            // Once is enough.
            if let reason = witness.reason, audit.reasons.contains(where: { $0.contains(reason) }) {
                witness.reason = nil
            }
            return witness
        }
    }

    /// Both looked, in one way, in every audit.
    private func isLike(_ other: NamedWitnesses) -> Bool { zip(all, other.all).allSatisfy { $0.isLike($1) } }

    fileprivate func joined(with others: [NamedWitnesses]) -> NamedWitnesses {
        let names = [name] + others.map(\.name)
        let joined = names.dropLast().joined(separator: ", ") + (names.count > 1 ? " and " : "") + names.last!
        return NamedWitnesses(joined, all)
    }

    fileprivate func alike(among others: [NamedWitnesses]) -> [NamedWitnesses] { others.filter(isLike) }

    fileprivate var text: String {
        let texts = all.map(\.text)
        let different = texts.unique
        guard different.count > 1 else { return name + texts[0] }
        return different.map { text in
            "\(name)\(text) in \(texts.lazy.filter { $0 == text }.count) of \(texts.count)"
        }.joined(separator: ", ")
    }
}

extension [NamedWitnesses] {
    /// Those that looked in one way are named together.
    fileprivate func joined() -> [NamedWitnesses] {
        guard let first else { return [] }
        let alike = first.alike(among: Array(dropFirst()))
        let others = dropFirst().filter { other in !alike.contains { $0.name == other.name } }
        return [first.joined(with: alike)] + Array(others).joined()
    }
}

extension Machine {
    package var text: String { "Linux \(printable(kernel)) \(printable(arch)), \(Figures.count(cpus, "CPU"))" }
}

extension Storage {
    package var text: String {
        let disk = [device, fileSystem.map { device == nil ? $0 : "(\($0))" }].compactMap { $0.map(printable) }
        return (disk.isEmpty ? "an unknown file system" : disk.joined(separator: " ")) + " in \(printable(directory))"
    }
}

extension Witness {
    /// Both looked, in one way.
    fileprivate func isLike(_ other: Witness) -> Bool {
        status == .active && other.status == .active && tracing != nil && tracing == other.tracing
    }

    /// In words; `interposer` needs none.
    package var manner: String {
        switch (method, tracing) {
        case (.seccomp, _): " by seccomp"
        case (.perfMappings, _): " by perf's records of mappings"
        case (_, .programs): " by BPF programs"
        case (_, .events): " by perf events"
        case (_, nil): ""
        }
    }

    fileprivate var text: String {
        switch status {
        case .active: manner
        case .partial: manner + " in part" + why
        case .unavailable: " unavailable" + why
        }
    }

    private var why: String { reason.map { " (\(printable($0)))" } ?? "" }
}

/// Changes, each enough by itself, with what is to be pasted on lines of its own.
func remedyLines(_ remedies: [String], indent: Int) -> [String] {
    let leads = ["to allow more: "] + Array(repeating: "           or: ", count: max(0, remedies.count - 1))
    return zip(leads, remedies.map(printable)).flatMap { lead, remedy in
        let line = spaces(indent) + lead + remedy
        guard line.columns > pageWidth else { return [line] }
        let isRoots = remedy.hasPrefix(asRoot)
        guard isRoots || remedy.contains("&& ") else { return wrapped(line, indent: indent + lead.count) }
        let command = isRoots ? String(remedy.dropFirst(asRoot.count)) : remedy
        let commands = command.columns + indent + 2 > pageWidth ? command.commands : [command]
        let fits = commands.allSatisfy { $0.columns + indent + 2 <= pageWidth }
        let beginning = spaces(indent) + lead + (isRoots ? asRoot : "")
        return [beginning.withoutTrailingSpaces] + commands.map { spaces(fits ? indent + 2 : leastIndent) + $0 }
    }
}

private let asRoot = "as root: "

/// Of a command that would not fit otherwise.
private let leastIndent = 4

extension String {
    /// A line may end after `&&`: a shell continues the command in the next line.
    fileprivate var commands: [String] {
        replacing(" && ", with: " &&\n").split(separator: "\n").map(String.init)
    }
}
