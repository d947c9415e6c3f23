import AuditCore

/// Gauges for Prometheus: of each audit its verdict, and of each phase its counts. They are gauges since they are of one run, and the next
/// may have fewer. What was not counted has no sample.
///
/// Of several reports each has a label: an audit of one name may be in all of them.
public func openMetrics(_ reports: [NamedReport]) -> String {
    let sections = zip(reports, reports.sections).map { named, section in
        // By their own names: the report's is in a label of its own.
        (labels: section.name.map { [("report", $0)] } ?? [], section: [named].sections[0])
    }
    func ofReports(_ name: String, _ help: String, _ sample: (Section) -> Sample) -> String {
        family(
            name, help,
            sections.map { labels, section in
                let sample = sample(section)
                return (labels + sample.labels, sample.value)
            })
    }
    let audits = sections.flatMap { labels, section in
        section.audits.map { (labels: labels + [("audit", $0.name)], audit: $0.audit) }
    }
    return ofReports("machine", "The machine of the report, and the tool that made it.") { section in
        let (machine, files) = (section.report.machine, section.report.files)
        let labels = [
            ("version", section.report.tool.version), ("kernel", machine.kernel), ("arch", machine.arch),
            ("file_system", files?.fileSystem ?? ""),
        ]
        return (labels, "1")
    }
        + ofReports("audits", "Audits in the report: none is no pass.") { ([], "\($0.audits.count)") }
        + ofReports("lost_audits", "Audits of the baseline that the report has not: any is no pass.") {
            ([], "\($0.report.lostAudits.count)")
        }
        + auditFamilies(audits) + phaseFamilies(audits) + kernelFamilies(audits) + "# EOF\n"
}

private typealias Label = (name: String, value: String)
private typealias Sample = (labels: [Label], value: String)
private typealias Audits = [(labels: [Label], audit: Audit)]

private func auditFamilies(_ audits: Audits) -> String {
    func each(_ name: String, _ help: String, unit: String? = nil, _ samples: (Audit) -> [Sample]) -> String {
        family(name, help, unit: unit, audits.flatMap { labelled($0, samples($1)) })
    }
    var text = each("verdict", "1 for the verdict that the audit has, 0 for the others.") { audit in
        [Verdict.pass, .fail, .inconclusive].map { ([("verdict", $0.rawValue)], $0 == audit.verdict ? "1" : "0") }
    }
    text += each("subject_failed", "1 if the program itself failed.") { [([], $0.subjectFailed ? "1" : "0")] }
    text += each("witness", "1 for the status that the witness has, 0 for the others.") { audit in
        Witnesses.named.flatMap { name, witness -> [Sample] in
            guard let witness = witness(audit.witnesses) else { return [] }
            return [Witness.Status.active, .partial, .unavailable].map {
                ([("witness", name), ("status", $0.rawValue)], $0 == witness.status ? "1" : "0")
            }
        }
    }
    text += each("notes", "What is to be known of the audit beside its verdict.") { [([], "\($0.notes.count)")] }
    text += each("places", "Places of the program that violate.") { [([], "\($0.places.count)")] }
    text += each("violations", "Calls that violate, by kind; none of a kind has no sample.") { sums($0.violations) }
    text += each("suppressed", "Calls that suppressions accept, by kind.") { sums($0.suppressed.map(\.violation)) }
    text += each("settled_after_transfers", "The transfer after which nothing happened again.") { audit in
        audit.settledAfter.map { [([], "\($0)")] } ?? []
    }
    return text
        + each("locked_bytes", "Locked memory at the steady point.", unit: "bytes") { audit in
            audit.hasSteadyPhase ? [([], "\(audit.lock.lockedBytes)")] : []
        }
}

private func phaseFamilies(_ audits: Audits) -> String {
    func each(_ name: String, _ help: String, unit: String? = nil, _ value: (PhaseLedger) -> String) -> String {
        ofPhases(audits, name, help, unit: unit) { [([], value($1))] }
    }
    func eachKind(
        _ name: String, _ help: String, unit: String? = nil, _ value: (EventCount, PhaseLedger) -> String?
    ) -> String {
        ofPhases(audits, name, help, unit: unit) { audit, phase in
            EventKind.counted.compactMap { kind in
                audit.known(kind, in: phase).flatMap { value($0, phase) }.map { ([("kind", kind.rawValue)], $0) }
            }
        }
    }
    var text = each("transfers", "Transfers on O_DIRECT files.") { "\($0.transfers)" }
    text += each("transferred_bytes", "Bytes of these transfers.", unit: "bytes") { "\($0.transferredBytes)" }
    text += each("duration_seconds", "The phase's duration.", unit: "seconds") {
        Figures.decimal(Double($0.durationNanoseconds) / 1e9, places: 9)
    }
    text += eachKind("events", "Calls and page faults, by kind.") { count, _ in "\(count.calls)" }
    text += eachKind("event_bytes", "Bytes that they asked for.", unit: "bytes") { count, _ in
        count.bytes > 0 ? "\(count.bytes)" : nil
    }
    return text + eachKind("events_per_transfer", "Calls and page faults for each transfer.", rate)
}

private func kernelFamilies(_ audits: Audits) -> String {
    func each(
        _ name: String, _ help: String, unit: String? = nil, _ value: (EventCount, PhaseLedger) -> String?
    ) -> String {
        ofPhases(audits, "kernel_" + name, help, unit: unit) { audit, phase in
            guard audit.isKnown(.kernel, in: phase) else { return [] }
            return KernelAllocation.Kind.allCases.flatMap { kind in
                KernelAllocation.Risk.allCases.compactMap { risk -> Sample? in
                    let labels = [("kind", kind.rawValue), ("risk", risk.rawValue)]
                    return value(phase.kernelSum(kind, risk), phase).map { (labels, $0) }
                }
            }
        }
    }
    return each("allocations", "Kernel allocations, by kind and risk.") { sum, _ in "\(sum.calls)" }
        + each("allocated_bytes", "Bytes of them.", unit: "bytes") { sum, _ in "\(sum.bytes)" }
        + each("allocations_per_transfer", "Kernel allocations for each transfer.", rate)
}

private func ofPhases(
    _ audits: Audits, _ name: String, _ help: String, unit: String?, _ samples: (Audit, PhaseLedger) -> [Sample]
) -> String {
    let all = audits.flatMap { labels, audit in
        audit.knownPhases.flatMap { phase in
            labelled(labels, samples(audit, phase).map { ([("phase", phase.name.rawValue)] + $0.labels, $0.value) })
        }
    }
    return family("phase_" + name, help, unit: unit, all)
}

private func labelled(_ labels: [Label], _ samples: [Sample]) -> [Sample] {
    samples.map { (labels + $0.labels, $0.value) }
}

private func sums(_ violations: [Violation]) -> [Sample] {
    var calls: [EventKind: UInt64] = [:]
    for violation in violations { calls[violation.kind, default: 0] &+= violation.calls }
    return EventKind.allCases.compactMap { kind in calls[kind].map { ([("kind", kind.rawValue)], "\($0)") } }
}

private func rate(_ count: EventCount, _ phase: PhaseLedger) -> String? {
    guard phase.transfers > 0 else { return nil }
    return count.calls == 0 ? "0" : Figures.decimal(Double(count.calls) / Double(phase.transfers), places: 6)
}

/// Nothing if there are no samples.
private func family(_ name: String, _ help: String, unit: String? = nil, _ samples: [Sample]) -> String {
    guard !samples.isEmpty else { return "" }
    let name = "dioaudit_" + name
    let lines = samples.map { sample in
        let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
        return labels.isEmpty ? "\(name) \(sample.value)\n" : "\(name){\(labels)} \(sample.value)\n"
    }
    let unit = unit.map { "# UNIT \(name) \($0)\n" } ?? ""
    return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n" + unit + lines.joined()
}

private func escaped(_ value: String) -> String {
    printable(value).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
}
