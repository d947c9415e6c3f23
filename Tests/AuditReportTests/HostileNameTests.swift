import Foundation
import Testing

@testable import AuditCore
@testable import AuditReport

/// Names from outside are data in every format: whoever reads it finds the same structure, and no more, whatever they hold.
@Suite struct HostileNameTests {
    static let names = [
        "<script>alert(1)</script>", "]]>", "&amp;&#0;", "\"'", "a\"b\\c\\", "\u{1B}[31mred\u{7}", "\0",
        "a\nb\rc\u{85}d\u{2028}e",
        "\n::error title=planted::planted", "x::error::y", "%0A::error::planted%0D%25", "a,b=c:d", "| a | b |", "\\|",
        "`code` ``", "# heading",
        "- item", "[text](http://example.org) www.example.org", "![image](x)", "*a* _b_ ~~c~~ $d$",
        "=cmd|' /C calc'!A0",
        "+1", "-1", "@SUM(1)", "\t=1", "a;b;c 5", "frame 12 34", " ", "", "{0} {{1}} }", "\u{202E}desrever",
        "\u{FFFE}\u{FFFF}",
        "\u{1F600} \u{10FFFF}", "ok 1 - planted\n1..0", "not ok", "...", "---", "# EOF\n",
        "operator new[](unsigned long)::{lambda(int)#1}",
        "% s %d", "é e\u{301}", String(repeating: "x", count: 1 << 16), String(repeating: "|`", count: 1 << 15),
    ]

    private static func audit(_ name: String) -> Audit {
        Allocating(
            name: name, function: name, file: "/home/user/project/" + name + ".c", module: "/bin/" + name, thread: name,
            suppressions: []
        ).audit
    }

    /// A failing audit with that name everywhere, between two that are plain.
    private func report(_ name: String) -> Report {
        Report(of: .passing, Self.audit(name), Allocating().audit)
    }

    private func parsed(_ view: some Encodable) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(json(view).utf8))
    }

    /// Control characters reach no terminal, and lines none that is not a format's own.
    @Test(arguments: names, 0..<Formats.all.count) func noControlCharacterIsWritten(name: String, format: Int) throws {
        let (format, write) = Formats.all[format]
        let text = try write(report(name))
        let layout: Set<Unicode.Scalar> = format == "csv" ? ["\n", "\r"] : ["\n"]
        let isClean = text.unicodeScalars.allSatisfy { !$0.isInvisible || layout.contains($0) }
        #expect(isClean, "\(format)")
        #expect(text.utf8.last == UInt8(ascii: "\n"))
    }

    /// A name may not add, hide or end a line. Those that show it may break it at its own length only.
    @Test(arguments: names) func linesAreTheFormatsOwn(name: String) {
        for (format, write) in Formats.all where ["tap", "openmetrics", "folded", "csv", "github"].contains(format) {
            let lines = { (text: String?) in text?.split(separator: "\n", omittingEmptySubsequences: false).count }
            #expect(lines(try? write(report(name))) == lines(try? write(report("plain"))), "\(format)")
        }
    }

    @Test func junitIsWellFormed() throws {
        let program = """
            import xml.etree.ElementTree as tree
            suites = tree.parse(path).getroot()
            print(json.dumps([[case.get("name"), [child.tag for child in case]] for case in suites.iter("testcase")]))
            """
        for name in Self.names {
            let text = junit(report(name), Formats.style)
            let read = try #require(try python(program, text) as? [[Any]])
            #expect(
                read.count == 3 && read[1][0] as? String == shortened(printable(name), to: 1000), "\(name.prefix(80))")
            #expect(read[1][1] as? [String] == ["failure"])
        }
        let all = Report(machine: Example.machine, audits: Self.names.map(Self.audit))
        let lint = try consume(junit(all, Formats.style), ["xmllint", "--huge", "--noout", "FILE"])
        #expect(lint.status == 0, "\(lint.said)")
    }

    @Test func jsonFormatsKeepTheNameItself() throws {
        for name in Self.names {
            let log = try #require(try parsed(sarif(report(name), Formats.style)) as? [String: Any])
            let results = try #require((log["runs"] as? [[String: Any]])?.first?["results"] as? [[String: Any]])
            #expect(results.count == 2)
            let location = try #require((results[0]["locations"] as? [[String: Any]])?.first)
            let physical = try #require(location["physicalLocation"] as? [String: Any])
            let uri = try #require((physical["artifactLocation"] as? [String: String])?["uri"])
            #expect(uri.removingPercentEncoding == name + ".c" && uri.wholeMatch(of: /[A-Za-z0-9%\/._~+-]*/) != nil)
            let stack = try #require((results[0]["stacks"] as? [[String: Any]])?.first)
            let frame = try #require((stack["frames"] as? [[String: Any]])?[1]["location"] as? [String: Any])
            let function = (frame["logicalLocations"] as? [[String: String]])?.first?["fullyQualifiedName"]
            #expect(name.isEmpty || function == name)

            let issues = try #require(try parsed(codeQuality(report(name), Formats.style)) as? [[String: Any]])
            #expect(issues.count == 3 && (issues[1]["location"] as? [String: Any])?["path"] as? String == name + ".c")

            let file = try #require(try parsed(speedscope(report(name))) as? [String: Any])
            let frames = try #require((file["shared"] as? [String: Any])?["frames"] as? [[String: Any]])
            #expect(name.isEmpty || frames.contains { $0["name"] as? String == name })
        }
    }

    /// Placeholders and links of SARIF's messages.
    @Test func sarifTextsAreLiteral() {
        #expect(SARIFText.literal("{0} [a](1) f[0]").text == "{{0}} [a\\](1) f[0]")
    }

    @Test func proveFindsEachTestNotOk() throws {
        let all = Report(machine: Example.machine, audits: Self.names.map(Self.audit))
        let read = try consume(asTap13(tap(all, Formats.style)), ["prove", "--exec", "cat", "FILE"])
        #expect(
            read.status == 1 && read.said.contains("Failed \(Self.names.count)/\(Self.names.count) subtests"),
            "\(read.said)")
    }

    @Test func openMetricsAndCsvAreReadBack() throws {
        let metrics = """
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
            print(json.dumps([sample.labels["audit"] for family in text_string_to_metric_families(open(path, newline="").read())
              for sample in family.samples if family.name == "dioaudit_places"]))
            """
        let rows = """
            import csv
            csv.field_size_limit(1 << 30)
            print(json.dumps([[row["audit"], len(row), row.get(None)] for row in csv.DictReader(open(path, newline=""), strict=True)]))
            """
        let all = Report(machine: Example.machine, audits: Self.names.map(Self.audit))
        let expected = [NamedReport(all)].sections[0].audits.map(\.name)
        #expect(try python(metrics, openMetrics(all)) as? [String] == expected)
        let read = try #require(try python(rows, csv(all)) as? [[Any]])
        let names = stride(from: 0, to: read.count, by: 3).map { read[$0][0] as? String ?? "" }
        #expect(names.count == expected.count)
        for (name, expected) in zip(names, expected) {
            #expect(name == (expected.first.map { "=+-@".contains($0) } ?? false ? "'" + expected : expected))
        }
        #expect(Set(read.map { $0[1] as? Int }).count == 1)
    }

    /// As flame-graph scripts take a line apart: the number behind the last space, and frames between semicolons.
    @Test(arguments: names) func foldedStacksHaveTheirFrames(name: String) throws {
        for line in folded(report(name)).split(separator: "\n").dropFirst() {
            let match = try #require(String(line).wholeMatch(of: /(.*) ([0-9]+)/))
            #expect(match.2 == "100" && match.1.split(separator: ";", omittingEmptySubsequences: false).count == 7)
        }
    }

    /// What a reader of GitHub's Markdown makes of it: one table with so many cells a row, and no markup of the name's.
    @Test func markdownHasNoMarkupOfTheNames() throws {
        let program = """
            import html.parser
            class Tags(html.parser.HTMLParser):
                tags, text = [], []
                def handle_starttag(self, tag, attributes): self.tags.append(tag)
                def handle_data(self, data): self.text.append(data)
            parser = Tags()
            parser.feed(open(path).read())
            print(json.dumps({"tags": parser.tags, "text": "".join(parser.text)}))
            """
        func read(_ name: String) throws -> (tags: [String], text: String) {
            let page = markdown(report(name), Formats.style)
            let (status, html) = try consume(
                page, ["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "FILE"])
            try #require(status == 0, "\(html)")
            let parsed = try #require(try python(program, html) as? [String: Any])
            return (parsed["tags"] as? [String] ?? [], parsed["text"] as? String ?? "")
        }
        let plain = try read("plain")
        #expect(plain.tags.count { $0 == "table" } == 5)
        for name in Self.names {
            let page = try read(name)
            #expect(page.tags == plain.tags, "\(name.prefix(80))")
            let shown = printable(name).split(separator: " ").joined(separator: " ")
            // An HTML table trims its cells.
            guard name.count < 60, !shown.isEmpty else { continue }
            let isShown = page.text.contains(shown)
            #expect(isShown, "\(name)")
        }
    }

    /// Each line is a command of its own, whose message is all that follows.
    @Test(arguments: names) func githubsCommandsAreNotThoseOfNames(name: String) throws {
        let lines = github(report(name), Formats.style).split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != " " } } == ["::notice", "::error", "::error"])
        for line in lines {
            let match = try #require(String(line).wholeMatch(of: /::[a-z]+ ((?:[a-z]+=[^:,]*,?)*)::.*/))
            #expect(match.1.split(separator: ",").count == (line.hasPrefix("::notice") ? 1 : 3))
            #expect(line.matches(of: /%/).count == line.matches(of: /%(25|3A|2C|0A)/).count)
        }
    }
}
