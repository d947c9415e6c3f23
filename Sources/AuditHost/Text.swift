import Glibc

/// A C array of char, which Swift imports as a tuple, up to its NUL.
func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The names in a directory, save its own and its parent's; none where it cannot be read.
func entries(of path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = text(entry.pointee.d_name)
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// The entries that are numbers, such as the processes of /proc or a process's threads, in ascending order.
func numberedEntries(of path: String) -> [Int32] { entries(of: path).compactMap { Int32($0) }.sorted() }
