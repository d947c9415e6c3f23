import Glibc

extension FileDescriptor {
    /// Opens a regular file for reading, by a path that another program may have changed meanwhile.
    ///
    /// TRAP: open(2) of a FIFO waits for a writer, which never comes. Fixture: becomes-a-fifo.c
    package init(openingRegular path: String) throws(FileRefusal) {
        self.init(rawValue: try openedRegular(path))
    }
}

/// Why a file is not opened.
package enum FileRefusal: Error, CustomStringConvertible {
    case system(Errno)
    /// A FIFO, a device, a directory.
    case notRegular

    package var description: String {
        switch self {
        case .system(let error): error.description
        case .notRegular: "it is no regular file"
        }
    }
}

private func openedRegular(_ path: String) throws(FileRefusal) -> Int32 {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else { throw .system(.last) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        close(file)
        throw .notRegular
    }
    return file
}
