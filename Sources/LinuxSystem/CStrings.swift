import Glibc

/// A text as execve(2) passes it on: an argument or a variable. It may hold any byte but NUL; a `String` would replace what is
/// not UTF-8.
package struct ByteText: Sendable {
    private let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    package init(_ text: String) {
        self.init(text.utf8)
    }

    /// For a reader.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// What follows `prefix`; nil if it does not begin so.
    package func dropping(_ prefix: String) -> ByteText? {
        bytes.starts(with: prefix.utf8) ? ByteText(bytes.dropFirst(prefix.utf8.count)) : nil
    }

    package var isEmpty: Bool { bytes.isEmpty }

    package static func + (left: ByteText, right: ByteText) -> ByteText {
        ByteText(left.bytes + right.bytes)
    }

    /// The last arguments of this process.
    package static func lastArguments(_ count: Int) -> [ByteText] {
        read(CommandLine.unsafeArgv).suffix(count)
    }

    /// The environment of this process.
    package static func environment() -> [ByteText] {
        read(environ)
    }

    private static func read(_ strings: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> [ByteText] {
        var texts: [ByteText] = []
        while let string = strings[texts.count] {
            texts.append(
                ByteText(UnsafeBufferPointer(start: string, count: strlen(string)).map(UInt8.init(bitPattern:))))
        }
        return texts
    }

    fileprivate func copy() -> UnsafeMutablePointer<CChar>? {
        strdup((bytes + [0]).map(CChar.init(bitPattern:)))
    }
}

/// A null-terminated array of C strings, as exec(3) takes it.
package func withCStrings<Result>(
    _ texts: [ByteText], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = texts.map { $0.copy() } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { body($0.baseAddress!) }
}

package func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    withCStrings(texts.map(ByteText.init), body)
}
