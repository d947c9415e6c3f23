import AuditCore
import AuditReport

extension Audit {
    /// When in the transfers each place violated, with the phases behind: the picture of where the program settled. What is known of a
    /// place is the first transfer and the last, so that is what is drawn.
    var timeline: Markup? {
        guard hasSteadyPhase, areCallsSeen else { return nil }
        guard phasesFoundBy != .kernel else {
            return "<p>Not drawn: the phases are by the kernel's transfers, which the calls were not counted by.</p>\n"
        }
        let tracks = Tracks(self)
        let shown = tracks.processes.prefix(mostProcesses)
        let pictures = shown.map { picture($0, isOnly: tracks.processes.count == 1) }
        let settled = settledAfter.map { "Settled after transfer \($0): the line." } ?? "Not settled."
        var notes = ["When a place's events were between its first and its last is not kept."]
        if phasesFoundBy == .markers {
            notes.append("The program named its phases itself, so that they have no bounds on this axis.")
        } else {
            notes.append(
                "Shaded: warm-up at the left, teardown at the right. "
                    + "Files that were opened later may have done some of the warm-up further on.")
        }
        if !tracks.undated.isEmpty {
            let kinds = EventKind.allCases.compactMap { kind in tracks.undated[kind].map { kind.text($0) } }
            notes.append("Not drawn, since it is not known at which transfer: \(kinds.joined(separator: ", ")).")
        }
        let rest = tracks.processes.count - shown.count
        if rest > 0 { notes.append("More processes: \(rest), in the JSON report.") }
        return "<p>\(settled)</p>\n\(pictures)<p class=\"note\">\(notes.joined(separator: " "))</p>\n"
    }

    private func picture(_ process: Tracks.Process, isOnly: Bool) -> Markup {
        let axis = Axis(process, settled: settledAfter)
        let bands = axis.bands(areKnown: phasesFoundBy == .transfers)
        let rows = process.tracks.prefix(mostTracks).map { track -> Markup in
            """
            <tr><th scope="row">\(placeName(places[track.place]))</th><td class="n">\(track.calls)</td>\
            <td class="n">\(track.first)</td><td class="n">\(track.last.map { "\($0)" } ?? "?")</td>\
            <td class="axis"><svg width="100%" height="22" aria-hidden="true">\(bands)\(axis.mark(track))</svg></td></tr>

            """
        }
        // Of those of this process that are known by phase only, the note below tells.
        let what =
            violations.isEmpty
            ? hasAccepted ? "none but accepted ones" : "no violation seen" : "none whose transfer is known"
        let none: Markup = """
            <tr><th scope="row">\(what)</th><td class="n">–</td><td class="n">–</td><td class="n">–</td>\
            <td class="axis"><svg width="100%" height="22" aria-hidden="true">\(bands)</svg></td></tr>

            """
        let rest = process.tracks.dropFirst(mostTracks)
        let left =
            "and \(Figures.count(rest.count, "more place")), "
            + Figures.count(rest.reduce(0) { $0 &+ $1.calls }, "call")
        let more = when(!rest.isEmpty, "<tr class=\"rest\"><td colspan=\"5\">\(left)</td></tr>\n")
        let name = isOnly ? "" : "Process \(process.ledger.pid) \(process.ledger.executable): "
        let caption = "\(name)transfers: \(axis.phases)"
        return """
            <div class="wide" role="region" aria-label="\(caption)" tabindex="0"><table class="timeline">
            <caption>\(caption)</caption>
            <thead><tr><th scope="col">place</th><th scope="col" class="n">calls</th><th scope="col" class="n">first at</th>\
            <th scope="col" class="n">last at</th><th scope="col" class="axis"><div><span>transfer 1</span> <span>\(axis.end)</span></div></th></tr></thead>
            <tbody>\(rows.isEmpty ? [none] : rows)\(more)</tbody></table></div>

            """
    }
}

private let mostProcesses = 8
private let mostTracks = 40

/// The events of an audit by process and place, as far as it is known at which transfers they were.
private struct Tracks {
    struct Track {
        let place: Int
        var calls: UInt64 = 0
        var first: UInt64
        /// Nil if that is not known.
        var last: UInt64?
    }

    struct Process {
        let ledger: ProcessLedger
        /// First that of the most calls.
        var tracks: [Track] = []
    }

    private(set) var processes: [Process] = []
    private(set) var undated: [EventKind: UInt64] = [:]

    init(_ audit: Audit) {
        // One that has executed another program has begun to count again: of which of them an event is, is not known.
        let doing = audit.processes.filter { $0.steadyReached && $0.phases.all.contains { $0.transfers > 0 } }
        let known = Dictionary(doing.map { ($0.pid, [$0]) }, uniquingKeysWith: +).filter { $0.value.count == 1 }
        var tracks: [Int32: [Int: Track]] = [:]
        for (place, element) in audit.places.enumerated() {
            for violation in element.violations.lazy.map({ audit.violations[$0] }) {
                guard let first = violation.firstTransfer, known[violation.pid] != nil else {
                    undated[violation.kind, default: 0] &+= violation.calls
                    continue
                }
                let isNew = tracks[violation.pid]?[place] == nil
                var track = tracks[violation.pid]?[place] ?? Track(place: place, first: first, last: nil)
                track.calls &+= violation.calls
                track.first = min(track.first, first)
                track.last = isNew ? violation.lastTransfer : later(track.last, violation.lastTransfer)
                tracks[violation.pid, default: [:]][place] = track
            }
        }
        processes = doing.compactMap { ledger in
            guard known[ledger.pid] != nil else { return nil }
            let own = (tracks[ledger.pid] ?? [:]).values.sorted { ($1.calls, $0.place) < ($0.calls, $1.place) }
            return Process(ledger: ledger, tracks: own)
        }
        processes = processes.enumerated().sorted {
            ($1.element.tracks.count, $0.offset) < ($0.element.tracks.count, $1.offset)
        }.map(\.element)
    }

    private func later(_ left: UInt64?, _ right: UInt64?) -> UInt64? {
        guard let left, let right else { return nil }
        return max(left, right)
    }
}

/// A process's transfers from left to right.
private struct Axis {
    private let warmup, teardown: UInt64
    private let settled: UInt64?
    let end: UInt64
    let phases: String

    init(_ process: Tracks.Process, settled: UInt64?) {
        let ledgers = process.ledger.phases
        // The steady phase had begun when the first of its events happened.
        warmup = min(ledgers[.warmup].transfers, process.tracks.map(\.first).min() ?? .max)
        teardown = ledgers[.teardown].transfers
        self.settled = settled
        let last = process.tracks.map { $0.last ?? $0.first }.max() ?? 0
        end = max(1, ledgers.all.reduce(0) { $0 &+ $1.transfers }, last)
        phases = ledgers.all.filter { $0.transfers > 0 }.map { "\($0.transfers) \($0.name.rawValue)" }
            .joined(separator: ", ")
    }

    private func x(_ transfer: UInt64) -> String { percent(Double(transfer) / Double(end)) }

    func bands(areKnown: Bool) -> Markup {
        var bands: Markup = ""
        if areKnown {
            bands += "<rect class=\"warmup\" width=\"\(x(warmup))\" height=\"100%\"/>"
            // Of one transfer in thousands the area is not to be seen.
            bands += "<line class=\"edge\" x1=\"\(x(warmup))\" x2=\"\(x(warmup))\" y2=\"100%\"/>"
            if teardown > 0 {
                bands +=
                    "<rect class=\"teardown\" x=\"\(x(end - min(end, teardown)))\" width=\"\(x(teardown))\" height=\"100%\"/>"
            }
        }
        if let settled, settled <= end {
            bands += "<line class=\"settled\" x1=\"\(x(settled))\" x2=\"\(x(settled))\" y2=\"100%\"/>"
        }
        return bands
    }

    func mark(_ track: Tracks.Track) -> Markup {
        let first: Markup = "<circle cx=\"\(x(track.first))\" cy=\"11\" r=\"3.5\"/>"
        guard let last = track.last else {
            return "<line class=\"open\" x1=\"\(x(track.first))\" x2=\"\(x(end))\" y1=\"11\" y2=\"11\"/>\(first)"
        }
        return last == track.first
            ? first
            : """
            <line x1="\(x(track.first))" x2="\(x(last))" y1="11" y2="11"/>\(first)\
            <circle cx="\(x(last))" cy="11" r="3.5"/>
            """
    }
}

/// `12.5%` of a fraction.
func percent(_ fraction: Double) -> String {
    let thousandths = Int((max(0, min(1, fraction)) * 100_000).rounded())
    let rest = String(thousandths % 1000 + 1000).dropFirst()
    return "\(thousandths / 1000).\(rest)%"
}
