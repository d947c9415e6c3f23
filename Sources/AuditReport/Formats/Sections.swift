import AuditCore

/// A report as one of those that a format shows.
struct Section {
    /// Null for the only one.
    let name: String?
    let report: Report
    /// By names of which no two are the same, as series and test cases are told apart.
    let audits: [(name: String, audit: Audit)]
    let gaps: [Gap]
}

/// What is no audit, and no pass either: that nothing was audited, or that the baseline has an audit which this run has not. A format
/// without it would show passes alone.
struct Gap {
    let name: String
    let verdict: Verdict
    let text: String
}

extension [NamedReport] {
    var sections: [Section] {
        var (names, audits) = (UniqueNames(), UniqueNames())
        return map { named in
            let name = count > 1 ? names.next(named.name) : nil
            func unique(_ text: String) -> String { audits.next((name.map { "\($0): " } ?? "") + text) }
            let lost = named.report.lostAudits.map { lost in
                Gap(
                    name: unique(lost), verdict: .fail, text: "lost: the baseline has this audit, and this run has none"
                )
            }
            let nothing =
                named.report.audits.isEmpty
                ? [Gap(name: unique("dioaudit"), verdict: .inconclusive, text: nothingAudited)] : []
            return Section(
                name: name, report: named.report, audits: named.report.audits.map { (unique($0.name), $0) },
                gaps: nothing + lost)
        }
    }
}

private struct UniqueNames {
    private var times: [String: Int] = [:]
    private var given: Set<String> = []

    mutating func next(_ text: String) -> String {
        let name = shortened(printable(text), to: 1000)
        while true {
            times[name, default: 0] += 1
            let next = times[name] == 1 ? name : "\(name) (\(times[name]!))"
            if given.insert(next).inserted { return next }
        }
    }
}

extension Section {
    /// What it was made by and on.
    var facts: [(name: String, value: String)] {
        (name.map { [("report", $0)] } ?? []) + [
            ("tool", "dioaudit \(report.tool.version)"), ("machine", printable(report.machine.text)),
        ] + (report.files.map { [("files", $0.text)] } ?? [])
    }

    func count(_ verdict: Verdict) -> Int {
        audits.count { $0.audit.verdict == verdict } + gaps.count { $0.verdict == verdict }
    }
}
