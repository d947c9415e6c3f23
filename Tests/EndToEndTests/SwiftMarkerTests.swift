import Foundation
import Testing

/// The Swift module's calls, in Fixtures/Swift/Markers.
@Suite struct SwiftMarkerTests {
    private let program = Place.products + "fixture-swift-markers"

    @Test func aSwiftProgramNamesItsPhasesAndRegions() throws {
        let scratch = try Scratch()
        let (outcome, report) = try audit(
            [program, scratch.file("data")], options: ["--allow", "pageFaultMinor,pageFaultMajor"])
        #expect(outcome.status == 1, "\(outcome.errors)")
        let run = try #require(report.audits.first)
        #expect(run["phasesFoundBy"] as? String == "markers")
        #expect(try transfers(run) == ["setup": 2, "warmup": 3, "steady": 5, "teardown": 0])
        #expect(try mallocs(phase("steady", of: run)) == 11)
        #expect(try mallocs(phase("warmup", of: run)) == 1)
        #expect(try mallocs(phase("teardown", of: run)) >= 1)
        let processes = try #require(run["processes"] as? [[String: Any]])
        let regions = try #require(processes.first?["regions"] as? [[String: Any]])
        #expect(try regions.map { try mallocs($0) } == [1, 4, 7])
        #expect(regions.map { $0["allowed"] as? Bool } == [true, true, false])
        #expect(regions.map { $0["name"] as? String } == ["warm-up", "rotating the log", "sending"])
        let violations = try #require(run["violations"] as? [[String: Any]])
        #expect(violations.map { $0["calls"] as? UInt64 } == [7])
    }

    @Test func withoutDioauditItRunsAsItIs() throws {
        let scratch = try Scratch()
        #expect(try run([program, scratch.file("data")]).status == 0)
    }

    private func transfers(_ audit: [String: Any]) throws -> [String: UInt64] {
        let phases = try #require(audit["phases"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: phases.map { ($0["name"] as? String ?? "", $0["transfers"] as? UInt64 ?? 0) })
    }

    private func mallocs(_ holder: [String: Any]) throws -> UInt64 {
        let events = try #require(holder["events"] as? [String: [String: UInt64]])
        return events["malloc"]?["calls"] ?? 0
    }
}
