import Foundation
import Testing

/// The subject does the same with and without dioaudit: what it says, how it ends, and what it leaves behind.
@Suite struct BehaviourTests {
    /// A script of Tests/behaviour, in whose first file the form stands.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        /// How the script is started: shell commands in which "$@" is what starts it.
        var start = "exec \"$@\""
        var asOrdinaryUser = false
        /// Why there is a difference, if there is one.
        var known: String?
        var script: String

        var testDescription: String { name }

        /// Nil for a paragraph of nothing but comments.
        init?(_ paragraph: String) {
            let lines = paragraph.split(separator: "\n")
            let comments = lines.prefix { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }
            name = String(comments.first ?? "")
            script = lines.dropFirst(comments.count).joined(separator: "\n")
            for comment in comments.dropFirst() {
                if comment.hasPrefix("Start: ") { start = String(comment.dropFirst("Start: ".count)) }
                if comment.hasPrefix("Known: ") { known = String(comment.dropFirst("Known: ".count)) }
                if comment == "User: ordinary" { asOrdinaryUser = true }
            }
            if script.isEmpty { return nil }
        }

        init(name: String, script: String) {
            self.name = name
            self.script = script
        }
    }

    static let folder = "\(Place.repository)Tests/behaviour"

    static let cases: [Case] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".cases") }.sorted().flatMap { file in
            let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
            return text.components(separatedBy: "\n\n").compactMap { Case($0) }
        }
    }()

    @Test func thereAreCases() {
        #expect(Self.cases.count > 120)
        #expect(Set(Self.cases.map(\.name)).count == Self.cases.count, "two cases have one name")
    }

    @Test(arguments: cases.filter { $0.known == nil }) func isTheSame(tried: Case) throws {
        let (plain, audited) = try runTwice(tried)
        expectSame(audited, plain)
    }

    /// One that is no longer there fails here: its comment has to go.
    @Test(arguments: cases.filter { $0.known != nil }) func isKnownToDiffer(tried: Case) throws {
        let known = try #require(tried.known)
        withKnownIssue("\(known)", isIntermittent: known.hasPrefix("sometimes")) {
            let (plain, audited) = try runTwice(tried)
            expectSame(audited, plain)
        }
    }

    private func expectSame(_ audited: Behaviour, _ plain: Behaviour) {
        #expect(audited.exit == plain.exit)
        #expect(audited.output == plain.output)
        #expect(audited.errors == plain.errors)
        #expect(audited.files == plain.files)
    }

    // MARK: running

    /// All that can be seen of a program from outside.
    struct Behaviour: Equatable {
        var output: String
        var errors: String
        var exit: String
        var files: String
    }

    /// Other tests run in this process at the same time, and a program started now may inherit a descriptor of theirs.
    private static let closeOthers =
        "for fd in /proc/self/fd/*; do fd=${fd##*/}; if [ $fd -gt 2 ]; then eval \"exec $fd>&-\"; fi; done; "

    /// - Parameter dioaudit: what stands for it, for tests of this test.
    private func runTwice(_ tried: Case, dioaudit: String? = nil) throws -> (plain: Behaviour, audited: Behaviour) {
        let scratch = try Scratch()
        let installation = tried.asOrdinaryUser ? try Installation() : nil
        let program = dioaudit ?? installation?.scratch.file("bin/dioaudit") ?? Place.dioaudit
        let plain = try run(tried, [], in: scratch) { outcome in
            describe(code: outcome.signal == nil ? Int(outcome.status) : nil, signal: outcome.signal.map(Int.init))
        }
        // Made by us, so that an ordinary user may write it.
        let report = scratch.file("report.json")
        _ = FileManager.default.createFile(atPath: report, contents: nil)
        chmod(report, 0o666)
        let options = ["run", "--quiet", "--format", "json=\(report)", "--"]
        let audited = try run(tried, [program] + options, in: scratch) { outcome in
            let text = try String(contentsOfFile: report, encoding: .utf8)
            return try exit(reported: text, outcome)
        }
        return (plain, audited)
    }

    private func run(
        _ tried: Case, _ before: [String], in scratch: Scratch, exit: (Outcome) throws -> String
    ) throws -> Behaviour {
        let directory = scratch.file("directory")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        chmod(directory, 0o777)
        let environment = [
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(directory)", "LC_ALL=C.UTF-8", "TZ=UTC",
            "SHELL=/bin/sh", "BEHAVIOUR=\(Self.folder)",
        ]
        let user =
            tried.asOrdinaryUser && isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        let shell = ["bash", "-c", Self.closeOthers + tried.start, "bash"] + before + ["/bin/sh", "-c", tried.script]
        let outcome = try EndToEndTests.run(environment + user + shell, directory: directory)
        let behaviour = Behaviour(
            output: outcome.output, errors: outcome.errors, exit: try exit(outcome), files: try files(in: directory))
        try FileManager.default.removeItem(atPath: directory)
        return behaviour
    }

    private func describe(code: Int?, signal: Int?) -> String {
        signal.map { "signal \($0)" } ?? "code \(code ?? -1)"
    }

    /// How the report says that the program ended; dioaudit's own end and its witness are checked on the way.
    private func exit(reported text: String, _ outcome: Outcome) throws -> String {
        let report = try StoredReport(text)
        let audit = try #require(report.audits.first)
        let subject = try #require(audit["subject"] as? [String: Any])
        let exit = try #require(subject["exit"] as? [String: Any])
        let code = exit["code"] as? Int
        // A comparison of two plain runs would prove nothing.
        let witnesses = try #require(audit["witnesses"] as? [String: [String: Any]])
        #expect(["active", "partial"].contains(witnesses["interposer"]?["status"] as? String), "\(witnesses)")
        if code != 0 { #expect([1, 3].contains(outcome.status) || outcome.signal != nil, "\(outcome)") }
        return describe(code: code, signal: exit["signal"] as? Int)
    }

    /// Names, kinds, modes, owners, links, sizes, targets, and contents.
    private func files(in directory: String) throws -> String {
        let list = """
            find . -mindepth 1 '(' -type d -printf '%P %y %m %U %G\\n' ')' -o \
                -printf '%P %y %m %U %G %n %s %l\\n' | LC_ALL=C sort
            find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2
            """
        let outcome = try EndToEndTests.run(["sh", "-c", list], directory: directory)
        return outcome.output + outcome.errors
    }

    // MARK: what differs by design

    /// LD_PRELOAD is how the interposer gets there; the other says where the ledger is.
    @Test func theEnvironmentHasTwoVariablesMore() throws {
        let (plain, audited) = try runTwice(Case(name: "environment", script: "env | LC_ALL=C sort"))
        let names = { (behaviour: Behaviour) in
            Set(behaviour.output.split(separator: "\n").map { String($0.split(separator: "=")[0]) })
        }
        #expect(names(audited).subtracting(names(plain)) == ["LD_PRELOAD", "DIOAUDIT_LEDGER"])
        let others = audited.output.split(separator: "\n").filter {
            !$0.hasPrefix("LD_PRELOAD=") && !$0.hasPrefix("DIOAUDIT_LEDGER=")
        }
        #expect(others == plain.output.split(separator: "\n"))
    }

    // MARK: differences are noticed

    @Test(arguments: [
        ("\"$@\"; status=$?; echo more; exit $status", "output"),
        ("\"$@\"; status=$?; echo more >&2; exit $status", "errors"),
        ("\"$@\"; status=$?; chmod 600 made; exit $status", "files"),
        ("\"$@\"; status=$?; echo x >> made; exit $status", "files"),
        ("\"$@\"; status=$?; sed -i 's/\"code\" *: *0/\"code\": 1/' \"$5\" 2>/dev/null; exit 3", "exit"),
    ])
    func aDifferenceIsNoticed(wrapper: String, place: String) throws {
        let scratch = try Scratch()
        let wrapped = wrapper.replacingOccurrences(of: "\"$@\"", with: "\(Place.dioaudit) \"$@\"")
            .replacingOccurrences(of: "\"$5\"", with: "\"${4#json=}\"")
        let (plain, audited) = try runTwice(
            Case(name: "made", script: "umask 022; echo said; echo wrong >&2; echo x > made"),
            dioaudit: try scratch.script(wrapped))
        #expect((audited.output != plain.output) == (place == "output"))
        #expect((audited.errors != plain.errors) == (place == "errors"))
        #expect((audited.files != plain.files) == (place == "files"))
        #expect((audited.exit != plain.exit) == (place == "exit"), "\(audited.exit)")
    }
}
