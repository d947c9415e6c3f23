import AuditCore

/// The ledger of one audit by phase, its lock, and when it settled. Nothing is said of phases that were not there, and of a
/// pass only what a phase that passed leaves open.
func ledgerLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    let isBrief = audit.verdict == .pass && !verbose
    var lines = isBrief ? [] : phaseLines(audit, verbose: verbose)
    if audit.hasSteadyPhase {
        if audit.phasesFoundBy == .kernel {
            lines.append("  phases found by: the kernel's transfers; ?: not seen without the interposer")
        }
        if audit.areCallsSeen || !audit.lock.mlockall.isEmpty {
            lines.append("  memory lock: \(lockText(audit.lock))")
        }
        if audit.areCallsSeen {
            lines.append("  " + (audit.settledAfter.map { "settled after transfer \($0)" } ?? "not settled"))
        }
        lines += isBrief ? kernelSummary(audit) : kernelLines(audit, style, verbose: verbose)
    }
    if audit.scope != Scope.process.text { lines.append("  judged: \(printable(audit.scope))") }
    lines += enforceLines(audit)
    if let squeeze = audit.squeeze {
        lines.append("  squeeze: " + squeezeText(squeeze))
        lines += oomLines(squeeze, verbose: verbose).map { "    " + $0 }
    }
    lines += audit.processes.flatMap(\.regions).map(regionText)
    if verbose { lines += ["  phases found by: \(audit.phasesFoundBy.rawValue)"] + details(audit) }
    return lines
}

private func phaseLines(_ audit: Audit, verbose: Bool) -> [String] {
    let legend = "  " + phaseLegend(audit)
    return phaseTable(audit, verbose: verbose).lines(indent: 2) + (audit.hasSteadyPhase ? [legend] : [])
}

package func phaseLegend(_ audit: Audit) -> String {
    "(faults: minor/major" + (audit.phases.all.allSatisfy(\.faultsKnown) ? ")" : "; +: or more)")
}

package func phaseTable(_ audit: Audit, verbose: Bool) -> Table {
    let phases = audit.knownPhases
    let columns: [(title: String, text: (PhaseLedger) -> String)] = [
        ("transfers", { "\($0.transfers)" }),
        ("bytes", { Figures.bytes($0.transferredBytes) }),
        ("heap calls", { audit.interposed($0.events.heapCalls) }),
        ("frees", { audit.interposed($0.events.frees) }),
        ("mapping calls", { "\($0.events.calls(of: audit.areCallsSeen ? .mapping : .systemCall))" }),
        ("lock calls", { audit.interposed($0.events.calls(of: .locking)) }),
        ("faults", { audit.areCallsSeen || $0.name == .steady ? faults($0) : "?" }),
        (
            "time",
            {
                audit.areCallsSeen
                    ? Figures.duration(nanoseconds: $0.durationNanoseconds) + ($0.faultsKnown ? "" : "+") : "?"
            }
        ),
    ]
    // What never happened takes no column; what was not seen does.
    let shown = columns.filter { column in verbose || phases.contains { column.text($0) != "0" } }
    var table = Table([.left("phase")] + shown.map { .right($0.title) })
    for phase in phases { table.add([phase.name.rawValue] + shown.map { $0.text(phase) }) }
    return table
}

extension Audit {
    /// The interposer reported from one of the processes at least.
    fileprivate var areCallsSeen: Bool { witnesses.interposer.status != .unavailable }

    /// A count that the interposer alone can give.
    fileprivate func interposed(_ calls: UInt64) -> String {
        !areCallsSeen ? "?" : processes.contains(where: \.phasesByKernel) ? "\(calls)+?" : "\(calls)"
    }
}

extension PhaseLedger {
    /// Whether anything is known of it: it took time, or something happened in it.
    var wasThere: Bool {
        durationNanoseconds > 0 || transfers > 0 || !kernel.isEmpty
            || EventKind.counted.contains { events[$0].calls > 0 }
    }
}

package func enforceLines(_ audit: Audit) -> [String] {
    switch audit.enforce {
    case .report: []
    case .abort:
        [
            "  --enforce abort: "
                + (audit.processes.contains(where: \.aborted) ? "stopped at the first violation" : "nothing to stop at")
        ]
    case .deny:
        [
            "  --enforce deny: "
                + Figures.count(audit.processes.reduce(0) { $0 + $1.deniedCalls }, "allocation") + " failed with ENOMEM"
        ]
    }
}

package func squeezeText(_ squeeze: Squeeze) -> String {
    guard let limit = squeeze.limitBytes, let usage = squeeze.usageBytes else { return "did not take place" }
    return
        "limit \(Figures.bytes(limit)) (\(Figures.bytes(usage)) in use and \(Figures.bytes(squeeze.slackBytes))), hit "
        + Figures.count(squeeze.limitHits, "time")
        + (squeeze.oomKills > 0 ? ", \(Figures.count(squeeze.oomKills, "kill")) by the kernel" : "")
        + ", in \(Figures.count(squeeze.transfersAfter, "steady transfer"))"
}

/// The kernel's words for each kill: who asked for what, and whom it killed; or all of them.
package func oomLines(_ squeeze: Squeeze, verbose: Bool) -> [String] {
    switch squeeze.oomReports {
    case nil: []
    case .unknown(let reason): ["the kernel's report of it is unknown: \(printable(reason))"]
    case .known([]): ["the kernel's log has no report of it"]
    case .known(let reports):
        reports.flatMap { report in
            verbose || report.count < 3 ? report : [report[0], report[report.count - 1]]
        }.map { "kernel: \(printable($0))" }
    }
}

package func regionText(_ region: RegionLedger) -> String {
    let counts = EventKind.allCases.compactMap { kind -> String? in
        let count = region.events[kind]
        return count.calls > 0 ? countText(kind, count) : nil
    }
    return
        "  \(region.allowed ? "allowed" : "region") '\(printable(region.name))' entered \(Figures.count(region.entered, "time")): "
        + (counts.isEmpty ? "nothing" : counts.joined(separator: ", "))
}

func countText(_ kind: EventKind, _ count: EventCount) -> String {
    "\(kind.rawValue) \(count.calls)" + (count.bytes > 0 ? " (\(count.bytes) B)" : "")
}

/// Processes of which only the kernel's counts are known.
package func unobservedLines(_ audit: Audit) -> [String] {
    audit.processes.filter { !$0.observed }.compactMap { process in
        let counts = EventKind.allCases.compactMap { kind -> String? in
            let count = process.phases[.setup].events[kind]
            return count.calls > 0 ? countText(kind, count) : nil
        }
        guard !counts.isEmpty else { return nil }
        let program =
            process.executable.isEmpty ? "pid \(process.pid)" : "\(printable(process.executable)) (pid \(process.pid))"
        return "  seen by the kernel only, \(program): " + counts.joined(separator: ", ")
    }
}

/// Minor and major page faults; `+` after them if there may have been more.
func faults(_ phase: PhaseLedger) -> String {
    let events = phase.events
    return "\(events[.pageFaultMinor].calls)/\(events[.pageFaultMajor].calls)" + (phase.faultsKnown ? "" : "+")
}

package func lockText(_ lock: LockSummary) -> String {
    guard !lock.mlockall.isEmpty else { return "none" }
    return "mlockall(\(lock.mlockall.names.joined(separator: "|"))) "
        + (lock.inEffectThroughSteady ? "through the steady phase" : "not through the steady phase")
        + ", \(Figures.bytes(lock.lockedBytes)) locked"
        + (lock.unlockedMappings > 0 ? ", \(Figures.count(lock.unlockedMappings, "mapping")) not" : "")
}

/// Every kind that happened, by phase, and who did it.
func details(_ audit: Audit) -> [String] {
    var lines = audit.differences.map(differenceText)
    for phase in audit.phases.all { lines += kindLines(phase, indent: 2) }
    for process in audit.processes {
        lines.append(
            "  process \(process.pid) \(printable(process.executable))"
                + (process.observed ? "" : ": not observed" + (process.whyUnobserved.map { ", it \($0)" } ?? "")))
        for thread in process.threads {
            lines.append("    thread \(thread.tid == 0 ? "" : "\(thread.tid) ")'\(printable(thread.name))'")
            for phase in thread.phases.all { lines += kindLines(phase, indent: 6) }
        }
    }
    return lines
}

/// What only the kernel saw is libc's own or the dynamic linker's, the interposer's own before it attached, or direct.
package func differenceText(_ difference: WitnessDifference) -> String {
    "  the witnesses differ: \(difference.phase.rawValue) of pid \(difference.pid): "
        + "\(difference.kind.text(difference.kernel)), \(difference.interposer) of them by interposed calls"
}

private func kindLines(_ phase: PhaseLedger, indent: Int) -> [String] {
    let kinds = EventKind.allCases.compactMap { kind -> String? in
        let count = phase.events[kind]
        guard count.calls > 0 else { return nil }
        return countText(kind, count)
    }
    guard !kinds.isEmpty else { return [] }
    return [String(repeating: " ", count: indent) + "\(phase.name.rawValue): " + kinds.joined(separator: ", ")]
}
