import Foundation
import Testing

/// dioaudit.h belongs to other people's programs: it compiles wherever theirs do, and costs nothing without dioaudit.
@Suite struct MarkerHeaderTests {
    private static let body = """
        #include <dioaudit.h>
        int main(void) {
            dioaudit_phase("steady");
            dioaudit_phase_thread("warmup");
            dioaudit_region_begin("a");
            dioaudit_region_end("a");
            dioaudit_allow_begin("b");
            dioaudit_allow_end("b");
            return 0;
        }
        """

    @Test(arguments: [
        ["gcc", "-std=c99", "-x", "c"], ["gcc", "-std=c11", "-x", "c"], ["clang", "-std=c99", "-x", "c"],
        ["clang", "-std=c2x", "-x", "c", "-Wconversion", "-Wshadow"],
        ["g++", "-std=c++98", "-x", "c++"], ["g++", "-std=c++20", "-x", "c++"], ["clang++", "-std=c++17", "-x", "c++"],
    ])
    func compilesCleanlyAndRunsWithoutDioaudit(compiler: [String]) throws {
        let scratch = try Scratch()
        try Self.body.write(toFile: scratch.file("program.c"), atomically: true, encoding: .utf8)
        let build = try run(
            compiler + [
                "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I\(Place.repository)Sources/CDioaudit/include",
                scratch.file("program.c"), "-o", scratch.file("program"),
            ])
        #expect(build.status == 0, "\(build.errors)")
        #expect(try run([scratch.file("program")]).status == 0)
    }
}
