import Glibc

/// Reads a just-in-time compiler's map, as perf(1) does: a function a line, its start and size in hexadecimal, and its name. If code
/// was compiled where other code had been, the later line holds.
func compiledNames(_ file: Int32, _ addresses: [UInt64]) -> [String?] {
    let sorted = Set(addresses).sorted()
    var found: [UInt64: String] = [:]
    for line in lines(of: file) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count == 3, let start = hexadecimal(words[0]), let size = hexadecimal(words[1]) else { continue }
        let (end, overflows) = start.addingReportingOverflow(size)
        for index in sorted.places(from: start, to: overflows ? .max : end) {
            found[sorted[index]] = demangle(String(decoding: words[2], as: UTF8.self))
        }
    }
    return addresses.map { found[$0] }
}

/// A compiler of a server may write for weeks: what is beyond 32 MiB is not read.
private func lines(of file: Int32) -> [ArraySlice<UInt8>] {
    var bytes = [UInt8](repeating: 0, count: 32 << 20)
    var length = 0
    while length < bytes.count {
        let read = bytes.withUnsafeMutableBytes {
            pread(file, $0.baseAddress! + length, $0.count - length, off_t(length))
        }
        if read <= 0 { break }
        length += read
    }
    return bytes[..<length].split(separator: UInt8(ascii: "\n"))
}

private func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
}
