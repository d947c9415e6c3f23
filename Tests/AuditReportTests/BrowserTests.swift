import Foundation
import Testing

@testable import AuditCore
@testable import AuditReport
@testable import HTMLReport

/// The HTML report in a browser: what its parser makes of hostile names, and what the script does.
@Suite(.serialized, .enabled(if: Chromium.isInstalled, "needs the package chromium: make browser-needs"))
struct BrowserTests {
    @Test func hostileNamesAreTextToABrowser() throws {
        let reports = HTMLExample.hostile.map(HTMLExample.named)
        let harmless = HTMLExample.hostile.indices.map { HTMLExample.named("harmless \($0)") }
        let shown = try Chromium.open(html(reports))
        #expect(shown.messages == [])
        #expect(skeleton(shown.dom) == skeleton(try Chromium.open(html(harmless)).dom))
        #expect(!shown.dom.contains("<title>owned"))
        #expect(!shown.dom.contains("class=\"tools\" hidden"), "our own script ran")
    }

    /// The policy keeps out what the escapes should miss.
    @Test func aScriptOfSomebodyElseDoesNotRun() throws {
        let page = html([HTMLExample.manyPlaces(3)]).replacing(
            "</footer>", with: "</footer><script>document.title='owned'</script><b onclick=\"1\">x</b>")
        let shown = try Chromium.open(page)
        #expect(!shown.dom.contains("<title>owned"))
        #expect(shown.messages.count == 2, "of the script, and of the event handler")
        #expect(shown.messages.allSatisfy { $0.contains("Content Security Policy") }, "\(shown.messages)")
    }

    @Test func searchesAndZooms() throws {
        let leak = [HTMLExample.frame("leak", "leak.c"), HTMLExample.frame("read"), HTMLExample.frame("main")]
        let other = [HTMLExample.frame("other"), HTMLExample.frame("write"), HTMLExample.frame("main")]
        let audit = HTMLExample.audit([HTMLExample.site(leak, calls: 3), HTMLExample.site(other, calls: 1)])
        let results = try Chromium.results(
            of: html([Report(machine: Example.machine, audits: [audit])]),
            script: """
                const nodes = () => [...document.querySelectorAll("[role=treeitem]:not(.away)")];
                const label = (node) => node.getAttribute("aria-label").split(",")[0];
                const seen = () => nodes().map((node) => [label(node), node.getAttribute("x"), node.getAttribute("width")].join(" "));
                const key = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                const status = () => document.querySelector("[role=status]").textContent;
                const input = document.querySelector("input");
                const search = (text) => { input.value = text; input.dispatchEvent(new Event("input")); };

                search("leak malloc");
                say("no frame has both", status());
                search("LEAK");
                say("hits", [...document.querySelectorAll(".hit")].map(label), status());
                say("places", [...document.querySelectorAll(".places tbody:not([hidden])")].map((row) => row.querySelector("b").textContent));
                search("");
                say("all places", document.querySelectorAll(".places tbody:not([hidden])").length, status());

                nodes()[0].focus();
                key("ArrowDown");
                say("down", label(document.activeElement));
                key("ArrowRight");
                say("right", label(document.activeElement));
                key("Enter");
                say("zoomed", seen());
                key("Escape");
                say("whole", seen().length, seen()[0]);
                key("ArrowLeft");
                nodes()[1].dispatchEvent(new MouseEvent("click", { bubbles: true }));
                say("clicked", seen().length, document.querySelector(".whole").disabled);
                document.querySelector(".whole").click();
                say("shown", seen().length, document.querySelector(".whole").disabled);
                say("one tab stop", document.querySelectorAll("[role=treeitem][tabindex='0']").length);
                """)
        #expect(
            results == [
                "no frame has both: 0 of 7 frames, 0.00 % of the calls",
                "hits: leak; 1 of 7 frames, 75.00 % of the calls",
                "places: leak",
                "all places: 2",
                "down: read",
                "right: write",
                "zoomed: main 0% 100%; write 0% 100%; other 0% 100%; malloc 0% 100%",
                "whole: 7; main 0% 100%",
                "clicked: 4; false",
                "shown: 7; true",
                "one tab stop: 1",
            ])
    }

    /// The page is no larger for more places: it says what it leaves out, and its search counts every call all the same.
    @Test func manyPlacesAreNoBurden() throws {
        let results = try Chromium.results(
            of: html([HTMLExample.manyPlaces(5000)]),
            script: """
                const start = performance.now();
                const input = document.querySelector("input");
                input.value = "place1";
                input.dispatchEvent(new Event("input"));
                say("elements", document.querySelectorAll("*").length < 60000);
                say("quick", performance.now() - start < 2000);
                say("left out", document.body.textContent.includes("And 4800 more places, 4800 calls, in the JSON report."));
                say("drawn together", document.body.textContent.includes("are drawn together, and counted."));
                """)
        #expect(results == ["elements: true", "quick: true", "left out: true", "drawn together: true"])
    }

    /// As many pages as of what was never folded.
    @Test func printsWhatIsFolded() throws {
        let passes = (0..<10).map { HTMLExample.audit([], name: "pass \($0)") }
        let folded = html([Report(machine: Example.machine, audits: passes)])
        let pages = try Chromium.pages(printing: folded)
        #expect(pages >= 4)
        #expect(pages == (try Chromium.pages(printing: folded.replacing("<details", with: "<details open"))))
    }

    @Test(arguments: [400, 1400]) func nothingIsWiderThanTheWindow(width: Int) throws {
        let results = try Chromium.results(
            of: html([HTMLExample.named(String(repeating: "a_name_that_goes_on_", count: 20))]), width: width,
            script: "say('too wide', document.documentElement.scrollWidth > innerWidth);")
        #expect(results == ["too wide: false"])
    }

    /// WCAG's AA asks for 4.5 between a text and what is behind it.
    @Test(arguments: ["light", "dark"]) func textStandsOut(theme: String) throws {
        let results = try Chromium.results(
            of: html([HTMLExample.manyPlaces(30), HTMLExample.named("x")]), isDark: theme == "dark",
            script: """
                const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
                const light = (colour) => parts(colour).slice(0, 3).map((part) => part / 255)
                  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                  .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
                const behind = (element) => {
                  for (let each = element; each; each = each.parentElement) {
                    const box = each.tagName === "svg" && each.querySelector(":scope > rect");
                    if (box) return getComputedStyle(box).fill;
                    const colour = getComputedStyle(each).backgroundColor;
                    if (parts(colour)[3] !== 0) return colour;
                  }
                };
                for (const details of document.querySelectorAll("details")) details.open = true;
                for (const node of document.querySelectorAll("[role=treeitem]")) if (node.matches(":nth-child(3n)")) node.classList.add("hit");
                const faint = new Set();
                const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                let count = 0;
                while (walker.nextNode()) {
                  const element = walker.currentNode.parentElement;
                  if (!walker.currentNode.textContent.trim() || element.closest("script, title, button:disabled")) continue;
                  const style = getComputedStyle(element);
                  const [one, two] = [light(element.tagName === "text" ? style.fill : style.color), light(behind(element))];
                  const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
                  count++;
                  if (contrast < 4.5) faint.add(element.tagName + "." + element.className + " " + contrast.toFixed(2));
                }
                say("dark", matchMedia("(prefers-color-scheme: dark)").matches);
                say("looked at many", count > 100);
                say("faint", [...faint]);
                """)
        #expect(results == ["dark: \(theme == "dark")", "looked at many: true", "faint: "])
    }
}

enum Chromium {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
    private static let path = "/usr/bin/chromium"

    static func open(_ page: String, width: Int = 1400, isDark: Bool = false) throws -> (
        dom: String, messages: [String]
    ) {
        let (dom, log) = try run(
            page,
            ["--dump-dom", "--window-size=\(width),1000", "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)"])
        return (dom, log.split(separator: "\n").map(String.init).filter { $0.contains(":CONSOLE") })
    }

    /// What a script says of the page, which lets it in by its hash.
    static func results(of page: String, width: Int = 1400, isDark: Bool = false, script: String) throws -> [String] {
        let harness = """
            const results = [];
            const say = (what, ...values) => results.push(what + ": " + values.flat().join("; ").replace(/; $/, ""));
            try { \(script) } catch (error) { say("error", error); }
            document.title = JSON.stringify(results);
            """
        let hash = Data(sha256(Array(harness.utf8))).base64EncodedString()
        let shown = try open(
            page.replacing("script-src ", with: "script-src &#39;sha256-\(hash)&#39; ")
                .replacing("</body>", with: "<script>\(harness)</script></body>"), width: width, isDark: isDark)
        try #require(shown.messages == [])
        let title = try #require(shown.dom.firstMatch(of: /<title>(.*?)<\/title>/)?.1)
        let plain = title.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
        return try JSONDecoder().decode([String].self, from: Data(plain.utf8))
    }

    static func pages(printing page: String) throws -> Int {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "page.pdf")
        _ = try run(page, ["--print-to-pdf=\(file.path)", "--no-pdf-header-footer"])
        let pdf = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return pdf.matches(of: /\/Type\s*\/Page\b/).count
    }

    private static func run(_ page: String, _ arguments: [String]) throws -> (output: String, log: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "page.html")
        try Data(page.utf8).write(to: file)
        let (output, log) = (directory.appending(path: "output"), directory.appending(path: "log"))
        for each in [output, log] { try Data().write(to: each) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments =
            [
                "120", path, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                "--user-data-dir=\(directory.path)/profile",
            ] + arguments + [file.absoluteString]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        process.waitUntilExit()
        let text = { (file: URL) in String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        let said = try text(log)
        try #require(process.terminationStatus == 0, "\(said)")
        return (try text(output), said)
    }
}
