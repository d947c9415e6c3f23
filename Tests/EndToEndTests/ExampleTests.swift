import Foundation
import Testing

/// The programs of Examples/, of which docs/examples.md tells. In each some tests fail, and say what was found.
@Suite struct ExampleTests {
    private static let directory = Place.repository + "Examples"
    private let page = BookTests.Page(path: "docs/examples.md").text
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// What a test says, and who allocated: the page has both.
    private func expect(_ said: [String], in outcome: Outcome) {
        for words in said {
            #expect((outcome.output + outcome.errors).contains(words), "\(outcome)")
            #expect(page.contains(words), "docs/examples.md: \(words)")
        }
    }

    /// swift-collections' Deque, and swift-system's reads.
    @Test func inSwift() throws {
        let outcome = try run(
            [
                "swift", "test", "--package-path", Self.directory, "--scratch-path",
                "\(Place.repository).build/examples",
            ],
            environment: ["SWIFT_TESTING_ENABLED": "", "NO_COLOR": "1"])
        #expect(outcome.status == 1)
        let issues = AssertionTests.issues(outcome)
        #expect(
            issues == [
                "isEmptiedAllocates": ["1 malloc in 1 run"],
                "changeBesideASnapshotAllocates": ["1 malloc in 1 run"],
                "readThatFailsAllocates": ["2 mallocs in 1 run"],
                "readIntoAnArrayAllocates": ["1 malloc in 1 run"],
                "openByALiteralAllocates": ["1 malloc in 1 run"],
            ], "\(outcome)")
        expect(Array(issues.keys), in: outcome)
    }

    @Test(arguments: ["g++", "clang++"]) func aCoroutinesFrame(compiler: String) throws {
        let program = scratch.file("frame")
        try succeed([
            compiler, "-std=c++20", "-g", "-O2", "-Wall", "-Wextra", "-I\(Place.repository)Sources/CDioaudit/include",
            "\(Self.directory)/coroutine/frame.cpp", "\(Place.products)testlib/libdioaudit_test.a", "-ldw", "-o",
            program,
        ])
        #expect(try run([program, "room"]).status == 0)
        let heap = try run([program, "heap"])
        // clang's optimiser gives the frame to its caller's.
        guard compiler == "g++" else { return #expect(heap.status == 0, "\(heap)") }
        #expect(heap.signal == SIGABRT)
        expect(["in the judged run: 1 of malloc", "count<Heap>"], in: heap)
    }

    @Test(.enabled(if: cargoHasBlackBox, "needs cargo of Rust 1.66")) func aParserInRust() throws {
        let outcome = try run(
            ["cargo", "test", "--offline", "--no-fail-fast"],
            environment: [
                "CARGO_TARGET_DIR": "\(Place.repository).build/rust", "RUST_BACKTRACE": "0",
                "CARGO_TERM_COLOR": "never",
            ], directory: "\(Self.directory)/parser")
        #expect(outcome.status == 101, "\(outcome)")
        let results = outcome.output.matches(of: /(?m)^test (\w+) \.\.\. (\w+)$/).map { "\($0.1) \($0.2)" }
        #expect(
            results.sorted() == [
                "by_list FAILED", "by_list_of_a_bad_line FAILED", "one_by_one ok", "one_by_one_of_a_bad_line ok",
            ])
        expect(["in the judged run: 3 of malloc, 3 of realloc", "parse_by_list"], in: outcome)
    }
}
