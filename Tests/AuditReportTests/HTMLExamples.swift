import Foundation

@testable import AuditCore
@testable import AuditReport
@testable import HTMLReport

/// Audits with violations, as the HTML report draws them.
enum HTMLExample {
    static func frame(_ function: String?, _ file: String? = nil, line: Int = 1, module: String = "/usr/bin/subject")
        -> Frame
    {
        Frame(function: function, file: file, line: file == nil ? nil : line, module: module, offset: 0x123)
    }

    /// - Parameter stack: innermost first.
    static func site(
        _ stack: [Frame], calls: UInt64 = 1, first: UInt64? = 2, last: UInt64? = 2, kind: EventKind = .malloc,
        thread: String = "worker"
    ) -> Site {
        var site = Site(
            kind: kind, count: EventCount(calls: calls, bytes: calls * 32), firstTransfer: first, tid: 7,
            thread: thread,
            stack: stack)
        site.lastTransfer = last
        return site
    }

    static func audit(
        _ sites: [Site], name: String = "subject", command: [String] = ["subject"],
        _ change: (inout ProcessLedger) -> Void = { _ in }
    ) -> Audit {
        var process = Example(transfers: 99).process
        process.sites = sites
        process.threads = [ThreadLedger(tid: 7, name: "worker", doesTransfers: true)]
        for site in sites {
            process.phases[.steady].events[site.kind] += site.count
            process.threads[0].phases[.steady].events[site.kind] += site.count
            process.threads[0].lastTransfer[site.kind] = max(
                site.lastTransfer ?? 99, process.threads[0].lastTransfer[site.kind] ?? 0)
        }
        change(&process)
        var ledger = Ledger()
        ledger.processes = [process]
        var observation = Observation(
            subject: Subject(command: command, exit: SubjectExit(code: 0), processes: 1, threads: 1), ledger: ledger,
            pid: process.pid)
        observation.kernel = Example.watched
        return judge(name, observation, by: AuditRequest())
    }

    /// Everything that comes from outside is the given text.
    static func named(_ text: String) -> Report {
        let stack = [
            frame("malloc", module: "/lib/libc.so.6"), frame(text, text, module: text), frame(nil, module: text),
            frame("main"),
        ]
        let audits = ["pass", "fail"].map { verdict in
            audit(verdict == "fail" ? [site(stack, thread: text)] : [], name: text, command: [text, text]) { process in
                process.phases[.steady].kernel = [
                    Example.allocation(.kmalloc, text, calls: 3, module: text, cache: text, gfp: text)
                ]
                var region = RegionLedger(name: text, allowed: true, entered: 1, left: 1)
                region.events[.malloc] = EventCount(calls: 1, bytes: 1)
                process.regions = [region]
            }
        }
        return Report(
            machine: Machine(kernel: text, arch: text, cpus: 2),
            files: Storage(directory: text, device: text, fileSystem: text), audits: audits)
    }

    /// A place for each number, of one call, below a few functions.
    static func manyPlaces(_ count: Int) -> Report {
        let sites = (0..<count).map { number in
            site(
                [frame("malloc", module: "/lib/libc.so.6"), frame("place\(number)", "place.c", line: number)]
                    + (0..<20).map { frame("caller\($0)_\(number % (10 * ($0 + 1)))", "caller.c") } + [frame("main")],
                calls: number < 10 ? 1000 : 1)
        }
        return Report(machine: Example.machine, files: Example.files, audits: [audit(sites)])
    }

    /// Names as hostile programs may choose them.
    static let hostile = [
        "<script>document.title='owned'</script>", "</script><script>document.title='owned'</script>",
        "</style><img src=x onerror=\"document.title='owned'\">", "<!--<script>", "]]>", "{{name}}",
        "&lt;b&gt;&amp;&#60;",
        "\" onmouseover=\"document.title='owned'\" x=\"", "' autofocus onfocus='document.title=\"owned\"' x='",
        // Marks that join the character before them.
        "\"\u{301} onmouseover=document.title='owned' x=", "<\u{338}img src=x onerror=document.title='owned'>",
        "\u{1B}[31mred\u{1B}[0m", "one\nline\r\nor\u{2028}two", "\u{202E}turned", "\u{0}", "\u{FFFD}\u{FFFF}",
        "javascript:document.title='owned'", String(repeating: "<b>\"", count: 16384),
    ]
}

/// The tags and the names of their attributes, without any text or value: what a name from outside may not change.
func skeleton(_ page: String) -> [String] {
    var page = page
    for own in ["style", "script"] {
        if let begin = page.range(of: "<\(own)>"),
            let end = page.range(of: "</\(own)>", range: begin.upperBound..<page.endIndex)
        {
            page.removeSubrange(begin.upperBound..<end.lowerBound)
        }
    }
    let units = page as NSString
    let tags = try! NSRegularExpression(pattern: "<[^>]*>")
    let values = try! NSRegularExpression(pattern: "\"[^\"]*\"")
    return tags.matches(in: page, range: NSRange(location: 0, length: units.length)).map { match in
        let tag = units.substring(with: match.range)
        return values.stringByReplacingMatches(
            in: tag, range: NSRange(location: 0, length: (tag as NSString).length), withTemplate: "\"\"")
    }
}
