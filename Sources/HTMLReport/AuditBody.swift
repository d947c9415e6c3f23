import AuditCore
import AuditReport

extension Audit {
    /// The verdict's reasons, what to do about them, and what else there is to say.
    var verdictParagraphs: Markup {
        let steady = Figures.count(phases[.steady].transfers, "steady transfer")
        let calls = suppressions.reduce(0) { $0 &+ $1.calls }
        let accepted = (calls > 0 ? ", \(calls) suppressed" : "") + knownText(self)
        let lead = (reasonsInWords.first ?? "no violation in \(steady)") + accepted
        var markup: Markup = "<p class=\"lead\">\(lead)</p>\n"
        let rest = reasonsInWords.dropFirst()
        if !rest.isEmpty { markup += "<ul class=\"reasons\">\(items(rest))</ul>\n" }
        if let failure { markup += "<p><strong>The program failed:</strong> \(failure)</p>\n" }
        let asides = adviceLines(self) + notes.map { "note: \($0)" }
        return asides.reduce(markup) { $0 + "<p>\($1)</p>\n" }
    }

    /// All else, the most telling first.
    func body(_ id: String, _ limits: Limits, heading: Int) -> Markup {
        let sections: [(title: String, content: Markup?)] = [
            ("Where it allocates", placesTable(id, limits)),
            ("When", timeline),
            ("Call stacks", icicle(id, limits)),
            ("Budgets and the baseline", gate),
            ("Phases", phasesTable),
            ("What the kernel allocates", kernelTable),
            ("What was seen, and what not", witnessTable),
            ("The program", program),
            ("Where it hung", hang == nil ? nil : "<pre>\(hangLines(self, plain).lines)</pre>\n"),
        ]
        return Markup(
            sections.compactMap { section in
                section.content.map { "<h\(heading)>\(section.title)</h\(heading)>\n\($0)" }
            })
    }

    /// The interposer reported from one of the processes at least.
    var areCallsSeen: Bool { witnesses.interposer.status != .unavailable }

    private var gate: Markup? {
        let lines = gateLines(self, plain, verbose: false)
        return lines.isEmpty ? nil : "<ul>\(items(lines.map(\.trimmed)))</ul>\n"
    }

    /// Violations that suppressions, budgets or the baseline took out of the verdict.
    var hasAccepted: Bool { !suppressed.isEmpty || !known.isEmpty || budgets.contains { $0.calls > 0 } }

    private var phasesTable: Markup? {
        guard areCallsSeen || hasSteadyPhase else { return nil }
        let table = MarkupTable("Events by phase", phaseTable(self, verbose: false))
        return "\(table.markup)<p class=\"note\">\(phaseLegend(self))</p>\n<ul>\(items(phaseNotes))</ul>\n"
    }

    private var phaseNotes: [String] {
        var notes: [String] = []
        if !areCallsSeen {
            // Other witnesses than the table's have these.
            let steady = phases[.steady]
            let heap = witnesses.heap ?? .unavailable("no probes")
            notes.append("mapping calls: " + countsSeen(of: .systemCall, in: steady, by: witnesses.syscalls))
            notes.append("heap calls: " + countsSeen(of: .heap, in: steady, by: heap))
        }
        if hasSteadyPhase {
            let isLockSeen = areCallsSeen || !lock.mlockall.isEmpty
            let bytes = "\(Figures.bytes(lock.lockedBytes)) locked; mlockall was not watched"
            notes.append("memory lock: " + (isLockSeen ? lockText(lock) : bytes))
        }
        if phasesFoundBy != .transfers { notes.append("phases found by: \(phasesFoundBy.words)") }
        notes += enforceLines(self)
        if let squeeze { notes += ["squeeze: " + squeezeText(squeeze)] + oomLines(squeeze, verbose: false) }
        return notes.map(\.trimmed)
    }

    private var program: Markup {
        let facts: [(String, Markup)] = [
            ("command", "<code>\(subject.command.joined(separator: " "))</code>"),
            (
                "ended",
                "\(subject.exit.words ?? (subject.processes > 0 ? "not while it was watched" : "it never started"))"
            ),
            ("processes", "\(subject.processes)"),
            ("threads", "\(subject.threads)"),
            ("judged", "\(scope)"),
        ]
        let list = facts.map { name, value -> Markup in "<dt>\(name)</dt><dd>\(value)</dd>\n" }
        return "<dl>\(list)</dl>\n\(processes.count > 1 ? processTable : "")"
    }

    private var processTable: Markup {
        var table = MarkupTable(
            "Processes",
            [.number("pid"), .text("executable"), .text("seen"), .number("steady transfers"), .number("heap calls")])
        for process in processes.prefix(mostProcesses) {
            let steady = process.phases[.steady]
            let seen =
                !process.observed
                ? "by the kernel only" + (process.whyUnobserved.map { ": it \($0)" } ?? "")
                : process.steadyReached ? "yes" : "yes; no steady phase"
            table.add([
                "\(process.pid)", "\(process.executable)", "\(seen)",
                process.steadyReached ? "\(steady.transfers)" : "–",
                process.observed && process.steadyReached ? "\(steady.events.heapCalls)" : "–",
            ])
        }
        let rest = processes.count - mostProcesses
        if rest > 0 { table.addRest("more processes: \(rest), in the JSON report") }
        return table.markup
    }
}

/// More are no reading for people.
private let mostProcesses = 100

/// Paths stay whole, since a page is read elsewhere than it was made.
let plain = Style(coloured: false)

func items(_ texts: some Sequence<String>) -> [Markup] { texts.map { "<li>\($0)</li>" } }

extension [String] {
    /// Each is one line, whatever names it holds.
    var lines: Markup { Markup(map { "\($0)\n" }) }
}

extension SubjectExit {
    fileprivate var words: String? {
        if let signal { return "by signal \(signal)" }
        return code.map { "with exit status \($0)" }
    }
}

extension Audit.PhaseSource {
    fileprivate var words: String {
        switch self {
        case .transfers: "the O_DIRECT transfers"
        case .markers: "the program's own markers"
        case .kernel: "the kernel's transfers; ?: not seen without the interposer"
        }
    }
}
