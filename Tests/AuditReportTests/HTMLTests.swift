import Foundation
import Testing

@testable import AuditCore
@testable import AuditReport
@testable import HTMLReport

/// One page that says no more than was seen, in which names from outside stay text, and that stays readable however much there is.
@Suite struct HTMLTests {
    // MARK: names from outside

    @Test(arguments: HTMLExample.hostile) func hostileNamesAreText(name: String) {
        let page = html([HTMLExample.named(name), HTMLExample.named(name)])
        #expect(skeleton(page) == skeleton(html([HTMLExample.named("harmless"), HTMLExample.named("harmless")])))
        #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isInvisible }, "it is seen for what it is")
        #expect(page.utf8.count < 1_000_000, "the longest are cut")
    }

    @Test func aLongNameIsCutAndThatIsSaid() {
        let page = html([HTMLExample.named(String(repeating: "x", count: 65536))])
        #expect(page.contains(String(repeating: "x", count: 2000) + "… (63536 characters more)"))
        #expect(!page.contains(String(repeating: "x", count: 2001)))
    }

    @Test func nothingIsLoadedAndOnlyOurScriptRuns() throws {
        let page = html([HTMLExample.named("harmless")])
        let policy = try #require(page.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)?.1)
        for (element, kind) in [("style", "style-src"), ("script", "script-src")] {
            let content = try #require(page.firstMatch(of: Regex("(?s)<\(element)>(.*?)</\(element)>"))?[1].substring)
            let hash = try base64OfSHA256(String(content))
            #expect(policy.contains("\(kind) &#39;sha256-\(hash)&#39;;"), "\(element)")
        }
        #expect(policy.hasPrefix("default-src &#39;none&#39;;"))
        #expect(page.matches(of: /<script/).count == 1)
        #expect(page.matches(of: /\ (on[a-z]+|style|src)=/).isEmpty)
        #expect(page.matches(of: /href="([^#]|#[^rm])/).isEmpty, "links lead into the page")
    }

    private func base64OfSHA256(_ text: String) throws -> String {
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/sha256sum")
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try input.fileHandleForWriting.close()
        let digits = String(decoding: output.fileHandleForReading.readDataToEndOfFile().prefix(64), as: UTF8.self)
        process.waitUntilExit()
        let bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits.dropFirst($0).prefix(2), radix: 16)! }
        return Data(bytes).base64EncodedString()
    }

    /// Of each length about a block's, coreutils say the same.
    @Test(arguments: [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000]) func hashes(length: Int) throws {
        let text = String(repeating: "a", count: length)
        #expect(Data(sha256(Array(text.utf8))).base64EncodedString() == (try base64OfSHA256(text)))
    }

    // MARK: what is said

    private func page(_ audit: Audit) -> String {
        html([Report(machine: Example.machine, files: Example.files, audits: [audit])])
    }

    /// Without tags, so that words of several elements are one text.
    private func text(_ page: String) -> String {
        page.replacing(/<[^>]*>/, with: " ").replacing(/\s+/, with: " ")
    }

    @Test func theVerdictAndItsReasonsComeFirst() throws {
        let said = text(page(HTMLExample.audit([HTMLExample.site([HTMLExample.frame("leak", "leak.c")], calls: 3)])))
        #expect(said.contains("Skip to the report fail subject in the steady phase: 3 mallocs"))
    }

    @Test func whatIsNotKnownIsNotDrawn() throws {
        let stack = [HTMLExample.frame("leak", "leak.c")]
        let dated = HTMLExample.audit([HTMLExample.site(stack, calls: 5, first: 25, last: 75)])
        #expect(page(dated).contains("<line x1=\"25.000%\" x2=\"75.000%\""))
        let openEnded = HTMLExample.audit([HTMLExample.site(stack, calls: 5, first: 25, last: nil)])
        #expect(page(openEnded).contains("<line class=\"open\" x1=\"25.000%\" x2=\"100.000%\""))
        let undated = HTMLExample.audit([HTMLExample.site(stack, calls: 5, first: nil, last: nil)])
        #expect(!page(undated).contains("<circle"))
        #expect(text(page(undated)).contains("none whose transfer is known"))
        #expect(text(page(undated)).contains("Not drawn, since it is not known at which transfer: 5 mallocs."))
    }

    /// Of two programs that a process ran in turn, each has counted from 1.
    @Test func aTransferOfOneOfTwoProgramsIsNotDrawn() throws {
        var audit = HTMLExample.audit([HTMLExample.site([HTMLExample.frame("leak")], calls: 5)])
        audit.processes.append(audit.processes[0])
        #expect(!page(audit).contains("<circle"))
        #expect(text(page(audit)).contains("Not drawn, since it is not known at which transfer: 5 mallocs."))
    }

    @Test func phasesBehindAreByTheTransfers() {
        let audit = HTMLExample.audit([]) { process in
            process.phases[.warmup].transfers = 20
            process.phases[.steady].transfers = 60
            process.phases[.teardown].transfers = 20
        }
        #expect(page(audit).contains("<rect class=\"warmup\" width=\"20.000%\""))
        #expect(page(audit).contains("<rect class=\"teardown\" x=\"80.000%\" width=\"20.000%\""))
    }

    /// A file that is opened in the steady phase warms up there: the steady phase had begun when its first event happened.
    @Test func theWarmUpIsNotShadedBeyondTheFirstViolation() {
        let audit = HTMLExample.audit([HTMLExample.site([HTMLExample.frame("leak")], first: 10)]) { process in
            process.phases[.warmup].transfers = 20
            process.phases[.steady].transfers = 80
        }
        #expect(page(audit).contains("<rect class=\"warmup\" width=\"10.000%\""))
    }

    @Test func phasesByTheKernelHaveNoPicture() {
        var audit = HTMLExample.audit([HTMLExample.site([HTMLExample.frame("leak")])])
        audit.phasesFoundBy = .kernel
        #expect(!page(audit).contains("<circle"))
        #expect(text(page(audit)).contains("Not drawn: the phases are by the kernel"))
    }

    @Test func withoutAWitnessThereIsNoZero() {
        var audit = HTMLExample.audit([])
        audit.witnesses.interposer = .unavailable("it never loaded")
        audit.witnesses.kernel = .unavailable("not allowed")
        let said = text(page(audit))
        #expect(!said.contains("no violation seen"))
        #expect(!said.contains("What the kernel allocates"))
        #expect(said.contains("interposer calls of the heap and of mappings not there it never loaded"))
        var process = Example(transfers: 99).process
        process.steadyReached = false
        audit.processes = [process]
        let index = text(html([Report(machine: Example.machine, audits: [audit, audit])]))
        #expect(
            index.contains("subject pass – – – – –") || index.contains("subject inconclusive – – – – –"), "\(index)")
    }

    @Test func whoWasAttachedToMayStillRun() {
        let audit = Example().audit(attached: true)
        let said = text(page(audit))
        #expect(said.contains("ended with exit status 0"))
        var running = audit
        running.subject.exit = SubjectExit()
        #expect(text(page(running)).contains("ended not while it was watched"))
        running.subject.processes = 0
        #expect(text(page(running)).contains("ended it never started"))
        running.witnesses.interposer = .unavailable("attached from outside")
        running.witnesses.heap = nil
        #expect(text(page(running)).contains("heap calls: not watched: no probes"))
        #expect(text(page(running)).contains("heap probes") == false)
    }

    @Test func whatWasSeenInPartIsALowerBound() {
        var audit = HTMLExample.audit([])
        let bound = "The kernel was watched in part only: of each there may have been more."
        #expect(!text(page(audit)).contains(bound))
        audit.witnesses.kernel = .partial("it lost 3 records")
        #expect(text(page(audit)).contains(bound))
        #expect(text(page(audit)).contains("in part it lost 3 records"))
        audit.phases[.steady].kernel = []
        #expect(text(page(audit)).contains("The kernel was seen to allocate nothing in the steady phase."))
    }

    /// What a baseline has and this run has not is a failure, whatever the rest is.
    @Test func aLostAuditIsSaidFirst() {
        var passing = HTMLExample.audit([])
        passing.verdict = .pass
        let page = html([Report(machine: Example.machine, audits: [passing], lostAudits: ["write-4k"])])
        #expect(page.contains("<h1><span class=\"verdict fail\">fail</span>"))
        #expect(text(page).contains("Lost: the baseline has these, and this run has none. write-4k"))
    }

    @Test func severalMachinesAreOneTable() {
        var other = Example.machine
        other.kernel = "5.10.0"
        let fails = HTMLExample.audit([HTMLExample.site([HTMLExample.frame("leak")])], name: "shared")
        let only = HTMLExample.audit([], name: "only here")
        let page = html([
            Report(machine: Example.machine, files: Example.files, audits: [fails]),
            Report(machine: other, audits: [fails, only]),
        ])
        let table = text(page).firstMatch(of: /audit 1: Linux .*?–: that report/)?.0 ?? ""
        #expect(table.contains("2: Linux 5.10.0"))
        #expect(table.contains("shared fail fail only here – \(only.verdict.rawValue)"), "\(table)")
        #expect(page.contains("<a href=\"#r1a1\">") && page.contains("id=\"r1a1\""))
    }

    @Test func idsAreUniqueAndLinksLeadSomewhere() {
        let page = html([HTMLExample.named("a"), HTMLExample.named("b")])
        let ids = page.matches(of: /\ id="([^"]*)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        for link in page.matches(of: /(?:href="#|aria-describedby=")([^"]*)"/) { #expect(ids.contains(String(link.1))) }
    }

    // MARK: thousands

    @Test func whatIsLeftOutIsSaid() {
        let page = html([HTMLExample.manyPlaces(5000)])
        #expect(text(page).contains("And 4800 more places, 4800 calls, in the JSON report."))
        #expect(text(page).contains("and 4960 more places, 4960 calls"), "of the timeline")
        #expect(page.utf8.count < 1_000_000)
    }

    @Test func manyFailingAuditsShareThePage() {
        let one = HTMLExample.manyPlaces(500).audits[0]
        let page = html([Report(machine: Example.machine, audits: Array(repeating: one, count: 200))])
        #expect(text(page).contains("And 490 more places, 490 calls, in the JSON report."))
        #expect(page.utf8.count < 20_000_000, "\(page.utf8.count)")
    }

    /// What is drawn of each row adds up to all calls, the frames that are drawn together too.
    @Test(arguments: [1, 50, 5000]) func theIcicleCountsEveryCall(places: Int) throws {
        let icicle = Icicle(HTMLExample.manyPlaces(places).audits[0])
        let all = UInt64(places + min(places, 10) * 999)
        #expect(icicle.total == all)
        #expect(icicle.nodes.count <= 3000)
        #expect(icicle.nodes[0].name == "main")
        #expect(icicle.nodes[0].calls == all)
        for (parent, children) in families(icicle.nodes) where !children.isEmpty {
            #expect(children.reduce(0) { $0 + $1.calls } == parent.calls)
            #expect(children[0].start == parent.start)
            for (left, right) in zip(children, children.dropFirst()) { #expect(left.start + left.calls == right.start) }
        }
    }

    private func families(_ nodes: [Icicle.Node]) -> [(Icicle.Node, [Icicle.Node])] {
        nodes.indices.map { index in
            let below = nodes[(index + 1)...].prefix { $0.depth > nodes[index].depth }
            return (nodes[index], below.filter { $0.depth == nodes[index].depth + 1 })
        }
    }

    @Test func stacksAreMergedFromTheOutermostFrame() {
        let (main, read, leak) = (HTMLExample.frame("main"), HTMLExample.frame("read"), HTMLExample.frame("leak"))
        let start = HTMLExample.frame("_start")
        var sites = [
            HTMLExample.site([leak, read, main, start], calls: 2), HTMLExample.site([leak, main, start], calls: 1),
            HTMLExample.site([], calls: 4),
        ]
        sites[1].truncated = true
        let nodes = Icicle(HTMLExample.audit(sites)).nodes.map { "\($0.depth) \($0.name) \($0.calls) @\($0.start)" }
        #expect(
            nodes == [
                "0 (stack not kept) 4 @0", "1 malloc 4 @0",
                "0 main 2 @4", "1 read 2 @4", "2 leak 2 @4", "3 malloc 2 @4",
                "0 … 1 @6", "1 main 1 @6", "2 leak 1 @6", "3 malloc 1 @6",
            ])
    }
}
