import AuditCore
import AuditReport

/// One page with everything in it, which loads nothing: reports, of several machines too, the verdict first.
///
/// It is read without its script, which only searches and zooms. What it shows is in the JSON report, so that a stored report
/// makes the same page.
public func html(_ reports: [Report]) -> String {
    let style = Resource(PackageResources.report_css)
    let script = Resource(PackageResources.report_js)
    let policy =
        "default-src 'none'; style-src '\(style.hash)'; script-src '\(script.hash)'; base-uri 'none'; form-action 'none'"
    let verdict = Verdict.overall(reports.map(\.verdict))
    let page: Markup = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="\(policy)">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(verdict.rawValue): \(reports.subject) – dioaudit</title>
        <style>\(style.markup)</style>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the report</a>
        \(reports.body(verdict))
        <footer>dioaudit \(reports.versions). What this page leaves out is in the JSON report.</footer>
        <script>\(script.markup)</script>
        </body>
        </html>

        """
    return page.html
}

/// A stylesheet or a script of this target's, and the hash by which the page lets it in.
private struct Resource {
    let markup: Markup
    let hash: String

    init(_ bytes: [UInt8]) {
        markup = Markup(ownResource: bytes)
        hash = "sha256-" + base64(sha256(bytes))
    }
}

private func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    return stride(from: 0, to: bytes.count, by: 3).reduce(into: "") { text, start in
        let three = bytes[start..<min(start + 3, bytes.count)]
        let bits = three.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - three.count))
        for place in 0..<4 { text.append(place <= three.count ? digits[bits >> (18 - 6 * place) & 63] : "=") }
    }
}

extension [Report] {
    /// What was audited, as the page's title has it.
    fileprivate var subject: String {
        let audits = flatMap(\.audits)
        return audits.count == 1 ? audits[0].name : Figures.count(audits.count, "audit")
    }

    fileprivate var versions: String {
        var versions: [String] = []
        for report in self where !versions.contains(report.tool.version) { versions.append(report.tool.version) }
        return versions.joined(separator: ", ")
    }

    fileprivate func body(_ verdict: Verdict) -> Markup {
        if count == 1, self[0].audits.count == 1, self[0].lostAudits.isEmpty { return self[0].onlyAudit }
        let audits = flatMap(\.audits)
        let counts = [Verdict.fail, .inconclusive, .pass].map { verdict in
            "\(audits.lazy.filter { $0.verdict == verdict }.count) \(verdict.rawValue)"
        }
        let limits = Limits(failing: audits.lazy.filter { !$0.violations.isEmpty }.count)
        let several = count > 1
        let parts = enumerated().map { number, report in report.section(number, limits, isOneOfSeveral: several) }
        return """
            <header><h1>\(verdict.badge) \(subject)</h1>
            <p class="lead">\(counts.joined(separator: ", "))</p>
            \(several ? "" : self.first?.origin)\(map(\.lost))</header>
            <main id="main" tabindex="-1">
            \(several ? machineTable : "")\(parts)
            </main>
            """
    }

    /// Audits by machines, where there is more than one report.
    private var machineTable: Markup {
        var names: [String] = []
        var cells: [[String: [Markup]]] = []
        var known = Set<String>()
        for (number, report) in enumerated() {
            var column: [String: [Markup]] = [:]
            for (index, audit) in report.audits.enumerated() {
                if known.insert(audit.name).inserted { names.append(audit.name) }
                column[audit.name, default: []].append(
                    "<a href=\"#\(auditID(number, index))\">\(audit.verdict.badge)</a> ")
            }
            cells.append(column)
        }
        let heads = enumerated().map { number, report -> Markup in
            "<th scope=\"col\"><a href=\"#r\(number)\">\(number + 1): \(report.machine.text)</a><br>\(report.files.map { "<small>\($0.text)</small>" } as Markup?)</th>"
        }
        let rows = names.map { name -> Markup in
            let verdicts = cells.map { column -> Markup in "<td>\(column[name] ?? ["–"])</td>" }
            return "<tr><th scope=\"row\">\(name)</th>\(verdicts)</tr>\n"
        }
        return """
            <section><h2>Audits by machine</h2>
            <div class="wide" role="region" aria-label="Audits by machine" tabindex="0"><table>
            <thead><tr><th scope="col">audit</th>\(heads)</tr></thead>
            <tbody>\(rows)</tbody></table></div>
            <p class="note">–: that report has no audit of this name.</p></section>

            """
    }
}

extension Report {
    fileprivate var onlyAudit: Markup {
        let audit = audits[0]
        return """
            <header><h1>\(audit.verdict.badge) \(audit.name)</h1>
            \(audit.verdictParagraphs)\(origin)</header>
            <main id="main" tabindex="-1">
            \(audit.body(auditID(0, 0), .alone, heading: 2))
            </main>
            """
    }

    /// On what it was made.
    fileprivate var origin: Markup {
        "<p class=\"origin\">\(machine.text)\(files.map { "; files on \($0.text)" } as Markup?)</p>\n"
    }

    /// A baseline's audits that this report has not, which is a failure of it.
    fileprivate var lost: Markup {
        when(
            !lostAudits.isEmpty,
            "<p>Lost: the baseline has these, and this run has none.</p>\n<ul>\(items(lostAudits))</ul>\n")
    }

    fileprivate func section(_ number: Int, _ limits: Limits, isOneOfSeveral: Bool) -> Markup {
        let heading = isOneOfSeveral ? 3 : 2
        let sections = audits.enumerated().map { index, audit -> Markup in
            """
            <details class="audit"\(when(audit.verdict != .pass, " open"))>
            <summary><h\(heading)>\(audit.verdict.badge) \(audit.name)</h\(heading)></summary>
            <section id="\(auditID(number, index))" aria-label="\(audit.name)">
            \(audit.verdictParagraphs)\(audit.body(auditID(number, index), limits, heading: heading + 1))</section>
            </details>

            """
        }
        let index = indexTable(number)
        guard isOneOfSeveral else { return "\(index)\(sections)" }
        return """
            <section id="r\(number)"><h2>\(verdict.badge) \(number + 1): \(machine.text)</h2>
            \(files.map { "<p class=\"origin\">files on \($0.text)</p>" } as Markup?)
            \(index)\(sections)</section>

            """
    }
}

/// How much is shown of what there may be thousands of, where several audits share a page.
struct Limits {
    let places: Int
    /// Of a place.
    let stacks: Int
    /// Of an icicle.
    let nodes: Int

    static let alone = Limits(failing: 1)

    init(failing audits: Int) {
        let share = { (all: Int, most: Int, least: Int) in max(least, min(most, all / max(1, audits))) }
        places = share(1000, 200, 10)
        stacks = share(100, 5, 1)
        nodes = share(10_000, 3000, 100)
    }
}

/// Where the page has an audit of a report.
func auditID(_ report: Int, _ audit: Int) -> String { "r\(report)a\(audit)" }

extension Verdict {
    /// In words, so that no colour is needed.
    var badge: Markup {
        switch self {
        case .pass: "<span class=\"verdict pass\">pass</span>"
        case .fail: "<span class=\"verdict fail\">fail</span>"
        case .inconclusive: "<span class=\"verdict inconclusive\">inconclusive</span>"
        }
    }
}
