import Testing

@testable import AuditCore

/// What an audit judged, a later one must judge too: what is not looked at has no places that could be new.
@Suite struct CoverageTests {
    private func losses(_ before: (inout AuditRequest) -> Void, _ now: (inout AuditRequest) -> Void) -> [String] {
        var (earlier, later) = (AuditRequest(), AuditRequest())
        before(&earlier)
        now(&later)
        return Coverage(later).losses(since: Coverage(earlier))
    }

    private func losses(_ now: (inout AuditRequest) -> Void) -> [String] { losses({ _ in }, now) }

    @Test func theSameLosesNothing() { #expect(losses { _ in } == []) }

    @Test func kindsThatAreNotJudgedAnyMoreAreNamed() throws {
        func allowing(_ list: String) throws -> [String] {
            let kinds = try Policy.kinds(in: list)
            return losses { $0.policy = Policy(allow: kinds) }
        }
        #expect(try allowing("heap") == ["not judged any more: heap"])
        #expect(try allowing("malloc,brk") == ["not judged any more: malloc, brk"])
        #expect(try allowing("heap,munlock") == ["not judged any more: heap, munlock"])
        #expect(try allowing("faults") == ["not judged any more: faults"])
        #expect(try allowing("all") == ["not judged any more: all"])
        #expect(try allowing("free") == [], "it was none of those that were judged")
        let forbidding = { (request: inout AuditRequest) in request.policy = Policy(forbid: [.free]) }
        #expect(losses(forbidding) == [])
        #expect(losses(forbidding, { _ in }) == ["not judged any more: free"])
    }

    @Test func processesThatAreNotJudgedAnyMoreAreNamed() {
        let daemon = { (request: inout AuditRequest) in request.process = ProcessPattern("mdmon") }
        #expect(losses(daemon) == ["--process mdmon, and before all"])
        #expect(losses(daemon, { $0.process = ProcessPattern("m*") }) == ["--process m*, and before mdmon"])
        #expect(losses(daemon, daemon) == [] && losses(daemon, { _ in }) == [])
    }

    @Test func aLimitOfTheKernelsIsKeptByALowerOne() {
        func limits(_ texts: String...) -> (inout AuditRequest) -> Void {
            { $0.kernelLimits = texts.map { KernelLimit($0)! } }
        }
        #expect(losses(limits("kmalloc=1"), limits("kmalloc=0.5")) == [])
        #expect(losses(limits("kmalloc=1"), limits("kmalloc=1.5")) == ["no --kernel-limit kmalloc=1"])
        #expect(losses(limits("kmalloc=1"), limits("pageAlloc=1")) == ["no --kernel-limit kmalloc=1"])
        #expect(losses(limits(), limits("kmalloc=1")) == [])
    }

    @Test func whatAPassNeedsIsNotLess() {
        #expect(losses { $0.lock = .never } == ["the memory lock is required never, and before if the program locks"])
        #expect(
            losses({ $0.lock = .always }, { _ in })
                == ["the memory lock is required if the program locks, and before always"])
        #expect(losses { $0.lock = .always } == [])
        #expect(
            losses({ $0.minimumTransfers = 100 }, { _ in }) == ["steady transfers at the least: 1, and before 100"])
        #expect(losses({ $0.squeezeSlack = 0 }, { _ in }) == ["no --squeeze"])
        #expect(
            losses({ $0.squeezeSlack = 0 }, { $0.squeezeSlack = 1 }) == ["--squeeze-slack in bytes 1, and before 0"])
        #expect(losses({ $0.squeezeSlack = 1 }, { $0.squeezeSlack = 0 }) == [])
        #expect(losses { $0.expectedStatus = 1 } == ["--expect-exit 1, and before 0"])
        #expect(losses({ $0.expectedStatus = 1 }, { _ in }) == ["--expect-exit 0, and before 1"])
        #expect(losses({ $0.expectedStatus = 1 }, { $0.expectedStatus = 1 }) == [])
        #expect(losses({ $0.runs = 5 }, { $0.runs = 4 }) == ["repeat 4, and before 5"])
        #expect(losses({ $0.runs = 5 }, { $0.runs = 6 }) == [])
    }

    @Test func aLongerWarmUpIsALoss() {
        #expect(losses { $0.warmup.reads = 8 } == ["--warmup-ios of reads 8, and before 1"])
        #expect(losses { $0.warmup.writes = 8 } == ["--warmup-ios of writes 8, and before 1"])
        #expect(
            losses { $0.warmup = Warmup(reads: 0, writes: 0, transfers: 9) } == ["--steady-after 9, and before 0"])
        #expect(losses { $0.warmup.nanoseconds = 5 } == ["--warmup-time in ns 5, and before 0"])
        #expect(losses({ $0.warmup.reads = 8 }, { _ in }) == [])
        #expect(losses { $0.phasesByMarker = true } == ["--phases markers, and before not given"])
        #expect(losses { $0.steadyTo = .file("/x") } == ["--steady-to file:/x, and before not given"])
    }
}
