import Foundation
import Testing

/// A program that reads what a format wrote, as people's own do: it gets the text as a file.
///
/// - Parameter command: `FILE` stands for the file's path.
/// - Returns: its status, and what it said.
func consume(_ text: String, _ command: [String]) throws -> (status: Int32, said: String) {
    let directory = FileManager.default.temporaryDirectory.appending(path: "dioaudit-formats-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    let (input, output) = (directory.appending(path: "input"), directory.appending(path: "output"))
    try Data(text.utf8).write(to: input)
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command.map { $0 == "FILE" ? input.path() : $0 }
    process.standardInput = FileHandle.nullDevice
    let file = try FileHandle(forWritingTo: output)
    process.standardOutput = file
    process.standardError = file
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self))
}

/// Debian's prove refuses a version that is newer than itself, and reads all that dioaudit writes.
func asTap13(_ text: String) -> String {
    text.replacing("TAP version 14\n", with: "TAP version 13\n", maxReplacements: 1)
}

/// Debian's own Python, which has the packages of TEST_NEEDS; the program prints JSON, and `path` is the file's.
func python(_ program: String, _ text: String) throws -> Any {
    let (status, said) = try consume(
        text, ["/usr/bin/python3", "-c", "import json, sys; path = sys.argv[1]\n" + program, "FILE"])
    try #require(status == 0, "\(said)")
    return try JSONSerialization.jsonObject(with: Data(said.utf8), options: .fragmentsAllowed)
}
