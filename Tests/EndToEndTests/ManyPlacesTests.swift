import Foundation
import Testing

/// Reports of many places: what each of them takes in memory is bounded, in every format (docs/benchmarks.md has the times).
@Suite(.serialized) struct ManyPlacesTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func stored(_ places: Int) throws -> String {
        let path = scratch.file("\(places).json")
        let outcome = try run([
            Place.dioaudit, "run", "--quiet", "--kernel", "off", "--format", "json=\(path)", "--",
            Place.fixture("many-places"), scratch.file("data"), "\(places)",
        ])
        #expect(outcome.status == 1, "\(outcome)")
        return path
    }

    /// The most memory that a command had resident, in bytes.
    private func peak(_ command: [String]) throws -> Int {
        let program = """
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
            """
        let outcome = try run(["/usr/bin/python3", "-c", program] + command)
        return try #require(Int(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(outcome)")
    }

    private static let formats = [
        "text", "json", "junit", "sarif", "github", "codequality", "markdown", "tap", "openmetrics", "folded",
        "speedscope",
        "csv", "html", "suppressions",
    ]

    /// 100,000 of them are to fit 200 MiB, of which the program without any takes 20.
    @Test func aPlaceTakesLittleMemoryInEachFormat() throws {
        let (few, many) = (500, 3500)
        let reports = (try stored(few), try stored(many))
        for format in Self.formats {
            let peaks = try [reports.0, reports.1].map { path in
                try peak([Place.dioaudit, "report", path, "--format", "\(format)=\(scratch.file("view"))"])
            }
            let each = (peaks[1] - peaks[0]) / (many - few)
            print("\(format): \(each) bytes for each place")
            #expect(each < (180 << 20) / 100_000, "\(format)")
        }
    }
}
