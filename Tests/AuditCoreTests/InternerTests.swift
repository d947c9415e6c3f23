import AuditCore
import Testing

@Suite struct InternerTests {
    @Test func eachValueIsKeptOnce() {
        var interner = Interner<String>(most: 8)
        #expect(["a", "b", "a"].map { interner.index(of: $0) } == [0, 1, 0])
        #expect(interner.values == ["a", "b"])
        #expect(interner.refusals == 0)
    }

    @Test func whatIsNotKeptIsCounted() {
        var interner = Interner<String>(most: 1)
        #expect(["a", "b", "a", "b"].map { interner.index(of: $0) } == [0, -1, 0, -1])
        #expect(interner.refusals == 2)
        #expect([-1, 0, 1].map { interner[$0] } == [nil, "a", nil])
    }

    private struct Record: Timed, Equatable {
        let nanoseconds: UInt64
    }

    @Test(arguments: [(0, 0), (5, 0), (6, 1), (9, 3), (.max, 4)] as [(UInt64, Int)])
    func recordsAreTakenInTheOrderOfTime(limit: UInt64, count: Int) {
        var records = [8, 5, 9, 6].map(Record.init)
        let taken = records.take(before: limit)
        #expect(taken.map(\.nanoseconds) == Array([5, 6, 8, 9].prefix(count)))
        #expect(records.map(\.nanoseconds) == Array([5, 6, 8, 9].dropFirst(count)))
    }
}
