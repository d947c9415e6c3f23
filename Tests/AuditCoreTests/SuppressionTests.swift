import AuditCore
import Testing

/// Which violations a suppression takes, and what becomes of them.
@Suite struct SuppressionTests {
    /// Whether an entry with these frames takes a violation with this stack.
    private func matches(
        _ frames: [String], _ stack: [Frame], kinds: String = "*", kind: EventKind = .malloc
    ) throws -> Bool {
        let entry = "{\nname\n\(kinds)\n\(frames.joined(separator: "\n"))\n}"
        var process = cleanProcess()
        process.phases[.steady].events[kind] = EventCount(calls: 3, bytes: 24)
        process.sites = [site(kind, calls: 3)]
        process.sites[0].stack = stack
        let suppressions = try Suppression.all(in: Array(entry.utf8), file: "file")
        let audit = judge(observation(process), by: AuditRequest.with { $0.suppressions = suppressions })
        #expect(audit.violations.count + audit.suppressed.count == 1)
        return audit.violations.isEmpty
    }

    private func functions(_ names: String...) -> [Frame] {
        names.map { Frame(function: $0, offset: 1) }
    }

    // MARK: frames

    @Test func framesBeginAtTheInnermostAndMayEndBeforeTheOutermost() throws {
        let stack = functions("inner", "middle", "outer")
        #expect(try matches(["fun:inner"], stack))
        #expect(try matches(["fun:inner", "fun:middle", "fun:outer"], stack))
        #expect(try !matches(["fun:middle"], stack))
        #expect(try !matches(["fun:inner", "fun:outer"], stack))
        #expect(try !matches(["fun:inner", "fun:middle", "fun:outer", "fun:*"], stack))
    }

    @Test func threeDotsAreAnyNumberOfFrames() throws {
        let stack = functions("a", "b", "b", "c")
        #expect(try matches(["...", "fun:c"], stack))
        #expect(try matches(["...", "fun:a"], stack))
        #expect(try matches(["fun:a", "...", "fun:b", "fun:c"], stack))
        #expect(try matches(["...", "...", "fun:b", "...", "fun:c", "..."], stack))
        #expect(try !matches(["...", "fun:d"], stack))
        #expect(try !matches(["...", "fun:c", "...", "fun:b"], stack))
    }

    @Test(arguments: [(["..."], true), (["...", "..."], true), (["fun:*"], false), (["...", "fun:*"], false)])
    func onlyThreeDotsMatchAnEmptyStack(frames: [String], expected: Bool) throws {
        #expect(try matches(frames, []) == expected)
        #expect(try matches(frames, [], kind: .pageFaultMinor) == expected)
    }

    @Test func anInlinedFunctionIsAFrame() throws {
        let stack = [Frame(function: "made", offset: 1, inlined: true), Frame(function: "store", offset: 1)]
        #expect(try matches(["fun:made", "fun:store"], stack))
        #expect(try !matches(["fun:store"], stack))
    }

    @Test(arguments: [
        ("src:log.c", true), ("src:src/log.c", true), ("src:/home/me/src/log.c", true), ("src:*.c", true),
        ("src:log.c:12", true), ("src:/home/*:12", true), ("src:s?c/log.c", true), ("src:log.c:13", false),
        ("src:og.c", false), ("src:/log.c", false), ("src:src", false), ("src:log.c\\:12", false),
    ]) func sourceFilesMatchByTheirLastComponents(frame: String, expected: Bool) throws {
        let stack = [Frame(function: "f", file: "/home/me/src/log.c", line: 12, offset: 1)]
        #expect(try matches([frame], stack) == expected)
    }

    @Test func modulesMatchByTheirWholePath() throws {
        let stack = [Frame(module: "/usr/lib/libstore.so.2", offset: 1)]
        #expect(try matches(["obj:*/libstore.so*"], stack))
        #expect(try matches(["obj:/usr/lib/libstore.so.2"], stack))
        #expect(try !matches(["obj:libstore.so.2"], stack))
    }

    @Test(arguments: ["fun", "src", "obj"]) func whatIsNotKnownIsMatchedByAStarAlone(prefix: String) throws {
        let stack = [Frame(offset: 1)]
        #expect(try matches(["\(prefix):*"], stack))
        #expect(try !matches(["\(prefix):?"], stack))
        #expect(try !matches(["\(prefix):*a"], stack))
        if prefix == "src" { #expect(try !matches(["src:*:1"], stack)) }
    }

    @Test func escapedCharactersAreThemselves() throws {
        #expect(try matches(["fun:long\\* made\\?\\\\"], functions("long* made?\\")))
        #expect(try !matches(["fun:long\\* made\\?\\\\"], functions("long* made!\\")))
        #expect(try !matches(["fun:long\\*"], functions("long more")))
        #expect(try matches(["src:a\\:b:7"], [Frame(file: "a:b", line: 7, offset: 1)]))
        #expect(try matches(["fun:a \\# b"], functions("a # b")))
    }

    @Test func onlyTheEntrysKindsMatch() throws {
        #expect(try matches(["..."], [], kinds: "calloc , malloc", kind: .malloc))
        #expect(try !matches(["..."], [], kinds: "calloc,realloc", kind: .malloc))
        #expect(try matches(["..."], [], kinds: "*", kind: .munlock))
    }

    /// Against a matcher that tries every length of every run.
    @Test func runsMatchAsIfAllWereTried() throws {
        func plain(_ pattern: Substring, _ text: Substring) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            let rest = pattern.dropFirst()
            if first == "*" { return plain(rest, text) || (!text.isEmpty && plain(pattern, text.dropFirst())) }
            guard let character = text.first else { return false }
            return (first == "?" || first == character) && plain(rest, text.dropFirst())
        }
        var random = SeededGenerator(seed: 1)
        var matched = 0
        for _ in 0..<500 {
            let pattern = random.text(of: "aab*?", length: 1...7)
            let text = random.text(of: "ab", length: 0...8)
            let expected = plain(pattern[...], text[...])
            #expect(try matches(["fun:\(pattern)"], functions(text)) == expected, "'\(pattern)' on '\(text)'")
            matched += expected ? 1 : 0
        }
        #expect((50...450).contains(matched))
    }

    /// What `--format suppressions` relies on.
    @Test func thePatternOfATextMatchesItAndNothingLonger() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2000 {
            let text = random.text(of: "a*?\\:# \t\r\nü", length: 1...6)
            let pattern = Suppression.pattern(of: text)
            let message: Comment = "'\(text)' as '\(pattern)'"
            #expect(try matches(["fun:\(pattern)", "fun:end"], functions(text, "end")), message)
            #expect(try !matches(["fun:\(pattern)"], functions(text + "a")), message)
            #expect(try !matches(["fun:\(pattern)"], functions("a" + text)), message)
        }
        #expect(Suppression.pattern(of: "closure #1 in long* made()") == "closure #1 in long\\* made()")
    }

    // MARK: effect

    private func audit(_ file: String, lost: UInt64 = 0) throws -> Audit {
        var process = cleanProcess()
        process.phases[.steady].events[.malloc] = EventCount(calls: 5 + lost, bytes: 40 + 8 * lost)
        process.sites = [site(.malloc, calls: 3), site(.malloc, calls: 2, first: 7)]
        process.sites[1].stack = functions("other")
        process.lost.sites = lost
        let suppressions = try Suppression.all(in: Array(file.utf8), file: "file")
        return judge(observation(process), by: AuditRequest.with { $0.suppressions = suppressions })
    }

    @Test func whatIsNotSuppressedFailsStill() throws {
        let audit = try audit("{\nfirst\nmalloc\nfun:site\n}")
        #expect(audit.verdict == .fail)
        #expect(audit.reasons == ["in the steady phase: 2 mallocs"])
        #expect(audit.violations.map(\.calls) == [2])
        #expect(audit.suppressed.map(\.violation.calls) == [3])
        #expect(audit.suppressed.map(\.suppression) == ["first"])
    }

    @Test func whenAllIsSuppressedItPassesAndTheCountsStay() throws {
        let audit = try audit("{\nall\nmalloc\nfun:*\n}")
        #expect(audit.verdict == .pass)
        #expect(audit.reasons.isEmpty)
        #expect(audit.phases[.steady].events[.malloc].calls == 5)
        #expect(audit.suppressions.map(\.calls) == [5])
    }

    @Test func theFirstThatMatchesTakesItAndTheOthersAreStale() throws {
        let audit = try audit("{\nsite\nmalloc\nfun:site\n}\n{\nall\n*\n...\n}\n{\nlate\n*\n...\n}")
        #expect(audit.suppressions.map(\.name) == ["site", "all", "late"])
        #expect(audit.suppressions.map(\.line) == [1, 6, 11])
        #expect(audit.suppressions.map(\.violations.count) == [1, 1, 0])
        #expect(audit.suppressions.map(\.isStale) == [false, false, true])
        #expect(audit.verdict == .pass)
    }

    @Test func callsWhoseStackWasLostAreNotSuppressedByAccident() throws {
        let audit = try audit("{\nall\n*\n...\nfun:*\n}", lost: 4)
        #expect(audit.verdict == .fail)
        #expect(audit.violations.map(\.calls) == [4])
    }

    @Test func callsWhoseStackWasLostAreNeverAPass() throws {
        let audit = try audit("{\nall\n*\n...\n}", lost: 4)
        #expect(audit.violations.isEmpty)
        #expect(audit.verdict == .inconclusive)
    }
}
