import AuditCore

/// What is asked of the parser about an open file, whose path comes first.
enum Question: Equatable {
    case program
    case heapFunctions
    /// - byFileOffset: the numbers are places in the file, as perf knows them, and not addresses.
    case names([UInt64], byFileOffset: Bool)
    /// The names that a just-in-time compiler wrote down for addresses of its process.
    case compiledNames([UInt64])
}

/// What a file shows as a program or library.
struct ProgramFacts: Equatable {
    /// PT_INTERP: the dynamic linker that it asks for.
    var linker: String?
    var isNative: Bool
    /// It needs AddressSanitizer's runtime as a shared library, which ends a program where another library was loaded before it.
    var needsSharedASan: Bool
    /// The heap of its own that it uses, in words that follow its name; and the same if it was loaded as a library.
    var heapOfProgram: String?
    var heapOfLibrary: String?
    /// A heap function that it defines, whoever calls it; null of the dynamic linker, which has libc's place until libc is there.
    var heapFunction: String?
}

/// A function that the dynamic symbol table defines.
struct HeapFunction: Equatable {
    var name: String
    var fileOffset: UInt64
    var size: UInt64
}

/// One of the frames at an address, which may have several where functions were inlined.
struct Name: Equatable {
    var function: String?
    var file: String?
    var line: UInt64?
    var inlined: Bool
}

/// The names at an address, innermost first.
struct NamedAddress: Equatable {
    var address: UInt64
    var names: [Name]
}

/// A separate debug file that the parser needs: what it finds out of the file, and the how manieth candidate.
struct DebugFileWanted: Equatable {
    var buildID: String
    /// By .gnu_debuglink a name, by .gnu_debugaltlink a path; null if it is known by its build id alone.
    var link: String?
    var attempt: UInt64
}

// MARK: as bytes

extension Question {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .program: writer.put(0)
        case .heapFunctions: writer.put(1)
        case .names(let places, let byFileOffset):
            writer.put(byFileOffset ? 3 : 2)
            writer.put(UInt64(places.count))
            for place in places { writer.put(place) }
        case .compiledNames(let addresses):
            writer.put(4)
            writer.put(UInt64(addresses.count))
            for address in addresses { writer.put(address) }
        }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Malformed) {
        let kind = try reader.number()
        switch kind {
        case 0: self = .program
        case 1: self = .heapFunctions
        case 2...4:
            var places: [UInt64] = []
            for _ in 0..<(try reader.count()) { places.append(try reader.number()) }
            self = kind == 4 ? .compiledNames(places) : .names(places, byFileOffset: kind == 3)
        default: throw ByteReader.Malformed()
        }
    }
}

extension ProgramFacts {
    func write(to writer: inout ByteWriter) {
        writer.put(linker)
        writer.put(isNative)
        writer.put(needsSharedASan)
        writer.put(heapOfProgram)
        writer.put(heapOfLibrary)
        writer.put(heapFunction)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Malformed) {
        linker = try reader.optionalText()
        isNative = try reader.flag()
        needsSharedASan = try reader.flag()
        heapOfProgram = try reader.optionalText()
        heapOfLibrary = try reader.optionalText()
        heapFunction = try reader.optionalText()
    }
}

extension HeapFunction {
    func write(to writer: inout ByteWriter) {
        writer.put(name)
        writer.put(fileOffset)
        writer.put(size)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Malformed) {
        name = try reader.text()
        fileOffset = try reader.number()
        size = try reader.number()
    }
}

extension NamedAddress {
    func write(to writer: inout ByteWriter) {
        writer.put(address)
        writer.put(UInt64(names.count))
        for name in names {
            writer.put(name.function)
            writer.put(name.file)
            writer.put(name.line != nil)
            if let line = name.line { writer.put(line) }
            writer.put(name.inlined)
        }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Malformed) {
        address = try reader.number()
        names = []
        for _ in 0..<(try reader.count()) {
            names.append(
                Name(
                    function: try reader.optionalText(),
                    file: try reader.optionalText(),
                    line: try reader.flag() ? reader.number() : nil,
                    inlined: try reader.flag()))
        }
        // The last is the function itself, which holds the others.
        guard let last = names.last, !last.inlined else { throw ByteReader.Malformed() }
    }
}

extension DebugFileWanted {
    func write(to writer: inout ByteWriter) {
        writer.put(buildID)
        writer.put(link)
        writer.put(attempt)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Malformed) {
        buildID = try reader.text()
        link = try reader.optionalText()
        attempt = try reader.number()
    }
}
