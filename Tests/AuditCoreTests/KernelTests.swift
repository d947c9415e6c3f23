import AuditCore
import Testing

/// Formats as kernels write them, and what their flags mean.
@Suite struct KernelTests {
    private static let kmalloc = """
        name: kmalloc
        ID: 658
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;

        \tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;
        \tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;
        \tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;
        \tfield:something new[3];\toffset:28;\tsize:4;\tsigned:0;

        print fmt: "gfp_flags=%s", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, "|", \
        {( unsigned long)((( gfp_t)(((((1UL))) << (10))|((((1UL))) << (11)))) | (( gfp_t)((((1UL))) << (6))) | \
        (( gfp_t)((((1UL))) << (7)))), "GFP_KERNEL"}, {(unsigned long)((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u)), \
        "GFP_NOFS"}, {( unsigned long)(( gfp_t)(((((1UL))) << (10))|((((1UL))) << (11)))), "GFP_NOIO"}, \
        {(unsigned long)(( gfp_t)(1UL << ___GFP_UNKNOWN_BIT)), "__GFP_UNKNOWN"}, {(unsigned long)0x20u, "__GFP_HIGH"}, \
        {(unsigned long)0x40u, "__GFP_IO"}, {(unsigned long)0x80u, "__GFP_FS"}, \
        {(unsigned long)0x400u, "__GFP_DIRECT_RECLAIM"}, {(unsigned long)0x800u, "__GFP_KSWAPD_RECLAIM"}, \
        {(unsigned long)0x2000u, "__GFP_NOWARN"}, {(unsigned long)0x10000u, "__GFP_NORETRY"}, \
        {(unsigned long)0x80000u, "__GFP_NOMEMALLOC"}, {(unsigned long)((0x400u|0x800u) & ~(0x400u)), "MASKED"}) : "none"
        """

    @Test func fieldsAreWhereTheFormatSays() throws {
        let format = try TraceFormat(Self.kmalloc)
        #expect(format.id == 658)
        let site = try #require(format["call_site"])
        #expect(site.offset == 8 && site.size == 8 && !site.isDataLoc)
        #expect(format["name"]?.isDataLoc == true)
        #expect(format["new"]?.offset == 28)
        #expect(format["gfp_flags"] == nil)
    }

    @Test func namesComeWithTheirBits() throws {
        let flags = try TraceFormat(Self.kmalloc).flags
        #expect(flags.first == FlagName(mask: 0xcc0, name: "GFP_KERNEL"))
        #expect(flags.contains(FlagName(mask: 0xc40, name: "GFP_NOFS")))
        #expect(!flags.contains { $0.name == "__GFP_UNKNOWN" })
        #expect(flags.last == FlagName(mask: 0x800, name: "MASKED"))
    }

    @Test(arguments: [
        "", "ID: x", "ID: -1", "ID: 99999999999999999999", "ID: 0",
        "ID: 5\n\tfield:int a;\toffset:x;\tsize:4;", "ID: 5\n\tfield:int a;\toffset:4294967295;\tsize:4;",
    ]) func whatIsNoFormatIsAnError(text: String) {
        #expect(throws: TraceFormat.Problem.self) { try TraceFormat(text) }
    }

    /// Shapes that no kernel writes; each must come back, with or without an error.
    @Test func noTextIsTooStrange() {
        var generator = SeededGenerator(seed: 7)
        let bytes = Array(Self.kmalloc.utf8)
        for _ in 0..<3000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: mutated.indices, using: &generator)
                mutated[index] = UInt8.random(in: 0...127, using: &generator)
            }
            mutated.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            _ = try? TraceFormat(String(decoding: mutated, as: UTF8.self))
        }
        let deep = "ID: 5\nprint fmt: __print_flags(x, {" + String(repeating: "(", count: 100_000) + ", \"A\"})"
        #expect((try? TraceFormat(deep))?.flags == [])
    }

    @Test(arguments: [
        (0xcc0, KernelAllocation.Risk.mayWaitForWriteback, "GFP_KERNEL"),
        (0xc40, .mayWait, "GFP_NOFS"), (0xc00, .mayWait, "GFP_NOIO"),
        (0x820, .nonBlocking, "__GFP_HIGH|__GFP_KSWAPD_RECLAIM"), (0, .nonBlocking, "none"),
        (0x8000_0000, .nonBlocking, "0x80000000"),
    ]) func flagsTellTheRisk(flags: UInt64, risk: KernelAllocation.Risk, text: String) throws {
        let gfp = try #require(Gfp(TraceFormat(Self.kmalloc).flags))
        #expect(gfp.risk(flags) == risk)
        #expect(gfp.text(flags) == text)
        #expect(gfp.risk(flags, flusher: true) == min(risk, .mayWait))
    }

    /// mm/mempool.c: the first try is without direct reclaim and I/O, whatever was asked.
    @Test func aMempoolsCallerAskedForMore() throws {
        let gfp = try #require(Gfp(TraceFormat(Self.kmalloc).flags))
        let added: UInt64 = 0x92000
        #expect(gfp.text(gfp.askedOfMempool(0x880 | added)) == "GFP_KERNEL")
        #expect(gfp.riskOfMempool(0x880 | added) == .mayWaitForWriteback)
        #expect(gfp.riskOfMempool(0x800 | added) == .mayWait)
        #expect(gfp.riskOfMempool(0x820 | added) == .nonBlocking)
        #expect(gfp.riskOfMempool(0xcc0 | added, flusher: true) == .mayWait)
    }

    @Test func withoutTheFlagsThatDecideNothingIsSaid() {
        #expect(Gfp([FlagName(mask: 1, name: "__GFP_IO"), FlagName(mask: 2, name: "__GFP_FS")]) == nil)
    }

    // MARK: limits

    private func process(_ calls: UInt64) -> ProcessLedger {
        var process = cleanProcess()
        process.strictKernel[process.threads[0].tid] = [
            KernelAllocation(
                kind: .kmalloc, site: "__iomap_dio_rw", gfp: "GFP_KERNEL", risk: .mayWaitForWriteback, calls: calls,
                bytes: 96)
        ]
        return process
    }

    @Test(arguments: [
        ("all=0", true), ("all=1000000", false), ("kmalloc=0", true), ("pageAlloc=0", false), ("mayWait=0", true),
        ("nonBlocking=0", true), ("__iomap_*=0", true), ("iomap_*=0", false),
    ]) func limitsHoldWhatTheyName(text: String, fails: Bool) throws {
        var request = AuditRequest()
        request.kernelLimits = [try #require(KernelLimit(text))]
        var seen = observation(process(10))
        seen.kernel = .active
        let audit = AuditCore.judge("test", seen, by: request)
        #expect(audit.verdict == (fails ? .fail : .pass), "\(audit.reasons)")
        #expect(audit.violations.map(\.kind) == (fails ? [.kmalloc] : []))
    }

    /// A call site that is named and never met may be misspelt; a kind that is to be 0 may be 0.
    @Test(arguments: [
        ("iomap_*=0", true), ("iomap_*=2", true), ("pageAlloc=2", true), ("pageAlloc=0", false), ("all=0", false),
        ("__iomap_*=1000", false), ("all=1000", false),
    ]) func aLimitThatNothingMeetsIsStale(text: String, isStale: Bool) throws {
        var request = AuditRequest()
        request.kernelLimits = [try #require(KernelLimit(text))]
        for strict in [false, true] {
            request.strict = strict
            var seen = observation(process(text == "all=0" ? 0 : 10))
            seen.kernel = .active
            let audit = AuditCore.judge("test", seen, by: request)
            #expect(audit.verdict == (strict && isStale ? .fail : .pass), "\(audit.reasons)")
            #expect(audit.kernelLimits.map(\.isStale) == [isStale] && audit.notes.count == (isStale ? 1 : 0))
            #expect(audit.reasons == (strict && isStale ? ["--strict: --kernel-limit \(text) is stale"] : []))
            seen.kernel = .partial("lost")
            let blind = AuditCore.judge("test", seen, by: request)
            #expect(blind.verdict == .inconclusive && blind.kernelLimits.map(\.calls) == [nil])
        }
    }

    @Test func aLimitForNoFunctionOfTheKernelIsNoPass() throws {
        let limit = try #require(KernelLimit("iomap_doi_rw=0"))
        var request = AuditRequest()
        request.kernelLimits = [limit]
        var seen = observation(process(10))
        seen.kernel = .active
        seen.unknownSites = [limit]
        let audit = AuditCore.judge("test", seen, by: request)
        #expect(audit.verdict == .inconclusive)
        #expect(
            audit.reasons == ["--kernel-limit iomap_doi_rw=0: the running kernel has no function of this name"])
    }

    @Test(arguments: [Witness.unavailable("no"), .partial("lost")]) func aLimitNeedsTheWhole(witness: Witness) throws {
        var request = AuditRequest()
        request.kernelLimits = [try #require(KernelLimit("all=5"))]
        var seen = observation(cleanProcess())
        seen.kernel = witness
        #expect(AuditCore.judge("test", seen, by: request).verdict == .inconclusive)
        #expect(AuditCore.judge("test", seen, by: AuditRequest()).verdict == .pass)
    }

    @Test(
        arguments: [
            ("kmaloc=0", "kmalloc"), ("mayWaitForWriteBack=0", "mayWaitForWriteback"), ("pagealloc=1", "pageAlloc"),
            ("kmalloc=0", nil), ("kmallo*=0", nil), ("__iomap_dio_rw=0", nil), ("all=0", nil),
        ] as [(String, String?)])
    func aWordThatIsNearlyOneIsNoCallSite(text: String, meant: String?) throws {
        #expect(try #require(KernelLimit(text)).meant == meant)
    }

    @Test(arguments: ["", "all", "all=", "=1", "all=-1", "all=x", "all=inf", "all=nan"])
    func otherTextIsNoLimit(text: String) {
        #expect(KernelLimit(text) == nil)
    }
}
