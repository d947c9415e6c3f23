import AuditCore
import Testing

@Suite struct ExitStatusTests {
    /// The contract's order, written out once more.
    private static let precedence: [Int32] = [70, 65, 64, 1, 3, 2, 0]

    @Test func theFirstInTheContractsOrderWins() {
        for (rank, stronger) in Self.precedence.enumerated() {
            for weaker in Self.precedence[rank...] {
                let statuses = [weaker, stronger].compactMap(ExitStatus.init(rawValue:))
                #expect(ExitStatus.first(of: statuses).rawValue == stronger)
                #expect(ExitStatus.first(of: statuses.reversed()).rawValue == stronger)
            }
        }
    }

    @Test func theContractHasNoOtherCodes() {
        #expect(Set(ExitStatus.allCases.map(\.rawValue)) == Set(Self.precedence))
    }
}
