/// Tells the program's own code from that of libc, allocators and languages, which only passes on what the program asks for.
struct OwnCode {
    private var modules: [String: Bool] = [:]
    private var functions: [String: Bool] = [:]

    /// The index of the first frame of the program's own; else the nearest to it; nil if there are none.
    mutating func index(in stack: [Frame]) -> Int? {
        guard !stack.isEmpty else { return nil }
        var passing: Int?
        for (index, frame) in stack.enumerated() where !isRuntime(frame) && !frame.isBelowMain {
            if !passesOn(frame) { return index }
            if passing == nil { passing = index }
        }
        if let passing { return passing }
        // The kernel's own frames stand before the program's.
        if stack[0].module?.hasPrefix("[") ?? false { return 0 }
        // A script is its interpreter's data: what that does for it says more than where the interpreter began.
        let interpreted = stack.firstIndex { $0.isInterpreters && !passesOn($0) }
        return interpreted ?? stack.lastIndex { !$0.isBelowMain } ?? stack.count - 1
    }

    private mutating func isRuntime(_ frame: Frame) -> Bool {
        guard let module = frame.module else { return frame.function == nil }
        if let known = modules[module] { return known }
        let answer = isRuntimeModule(module)
        modules[module] = answer
        return answer
    }

    private mutating func passesOn(_ frame: Frame) -> Bool {
        guard let function = frame.function else { return false }
        if let known = functions[function] { return known }
        let answer = frame.isBelowMain || isOfLanguage(function) || isAllocator(function)
        functions[function] = answer
        return answer
    }
}

/// Names of files, as far as their version.
private let runtimeModules: Set<Substring> = [
    // libc and the dynamic linker
    "libc", "libm", "libpthread", "libdl", "librt", "libresolv", "libanl", "libutil", "ld", "linux-vdso", "linux-gate",
    // languages
    "libstdc++", "libc++", "libc++abi", "libgcc_s", "libunwind", "libatomic", "libgomp", "libgfortran", "libobjc",
    "libglib", "libdispatch", "libBlocksRuntime", "libjvm", "libjava", "libnode", "libmono", "libruby",
    // allocators
    "libjemalloc", "libtcmalloc", "libtcmalloc_minimal", "libtcmalloc_debug", "libtcmalloc_and_profiler",
    "libtcmalloc_minimal_debug", "libmimalloc", "libdmalloc", "libdmallocth", "libgc", "libtbbmalloc", "libasan",
    "libdioaudit_preload",
]

private let runtimePrefixes = ["libswift", "lib_Foundation", "libFoundation", "libpython", "libperl", "["]

extension String {
    /// The path is of glibc's own file, `libc.so.6`; before glibc 2.34 it is `libc-2.31.so`. It may have been deleted since.
    package var isOfLibc: Bool {
        let file = split(separator: "/").last ?? ""
        return file.hasPrefix("libc.so.6") || file.hasPrefix("libc-2.")
    }
}

/// `/usr/lib/x86_64-linux-gnu/libc.so.6` and `libc-2.31.so` are libc.
private func isRuntimeModule(_ path: String) -> Bool {
    let file = path.split(separator: "/").last ?? path[...]
    if file.first == "[" || path.first == "[" { return true }
    let isLibrary = file.hasPrefix("lib") || file.hasPrefix("ld") || file.hasPrefix("linux-")
    guard isLibrary, file.contains(".so") || file.hasPrefix("linux-") else { return false }
    let name = file.prefix { $0 != "." }
    if runtimeModules.contains(name) || runtimePrefixes.contains(where: file.hasPrefix) { return true }
    // A version follows a hyphen, as an architecture does in ld-linux-x86-64.
    return name.firstIndex(of: "-").map { runtimeModules.contains(name[..<$0]) } ?? false
}

/// Code of a language's library that compilers put into programs.
private func isOfLanguage(_ function: String) -> Bool {
    let name = shortFunction(function)
    let prefixes = [
        "std::", "__gnu_cxx::", "__cxxabiv1::", "operator new", "alloc::", "core::", "__rust", "__rdl", "hashbrown::",
        "Swift.", "static Swift.", "swift_", "specialized Swift.",
    ]
    if prefixes.contains(where: name.hasPrefix) { return true }
    return ["<alloc::", "<core::", "<std::", "generic specialization <"].contains(where: function.hasPrefix)
}

/// `my_malloc`, `g_strdup`, `CRYPTO_zalloc`, `PyMem_RawRealloc`: a program's name for what it asks libc for.
private func isAllocator(_ function: String) -> Bool {
    // Nearly no function has a part of these in its name; to search for each of the words below takes as long as all else.
    var seen: UInt32 = 0
    let mayBe = function.utf8.contains { byte in
        seen = seen << 8 | UInt32(byte | 0x20)
        return seen == 0x616c_6c6f || seen == 0x6d61_6c69 || seen & 0xff_ffff == 0x64_7570  // allo, mali, dup
    }
    guard mayBe else { return false }
    let name = shortFunction(function).lowercased()
    let last = name.split(separator: ":").last ?? name[...]
    if last == "allocate" && name.contains("::") { return true }
    return ["malloc", "calloc", "zalloc", "realloc", "strdup", "strndup", "memdup", "memalign"].contains {
        last.contains($0)
    }
}

extension Frame {
    fileprivate var isInterpreters: Bool {
        let file = module?.split(separator: "/").last ?? ""
        return ["libpython", "libperl", "libruby", "libnode", "libjvm", "libmono"].contains(where: file.hasPrefix)
    }

    /// Code that starts a program or a thread.
    public var isBelowMain: Bool {
        // Few names begin so; each frame of each stack is asked.
        guard let function, let first = function.utf8.first, "_sc".utf8.contains(first) else { return false }
        return starters.contains(function.prefix { $0 != "@" })
    }
}

private let starters: Set<Substring> = [
    "_start", "__libc_start_main", "__libc_start_main_impl", "__libc_start_call_main", "start_thread", "clone",
    "clone3", "__clone", "__clone3", "__GI___clone3", "__GI___clone",
]

/// A demangled name without parameters, template arguments and the type that it returns: `a::vector::push_back` of
/// `void a::vector<int>::push_back(int const&)`.
public func shortFunction(_ function: String) -> String {
    guard function.utf8.contains(where: { "<>( ".utf8.contains($0) }) else { return function }
    var name = ""
    var depth = 0
    var rest = function[...]
    while let character = rest.first {
        // Its signs are no brackets.
        if depth == 0, rest.hasPrefix("operator"), name.last.map({ !$0.isWord }) ?? true {
            let end = rest.dropFirst("operator".count)
            let sign = end.hasPrefix("()") ? end.prefix(2) : end.prefix { !$0.isWord && $0 != "(" && $0 != " " }
            name += "operator" + sign
            rest = end.dropFirst(sign.count)
            if rest.hasPrefix(" <") { rest = rest.dropFirst() }
            if sign == "()" { break }
            if rest.hasPrefix(" new") || rest.hasPrefix(" delete") { return name + rest.prefix { $0 != "(" } }
            continue
        }
        switch character {
        case "<" where name.isEmpty || name.last == " ": return function  // Rust's and Swift's own ways
        case "<": depth += 1
        case ">" where depth > 0: depth -= 1
        case "(" where depth == 0 && !(name.last.map { $0.isWord || "=+-*/%^&|~!<>]".contains($0) } ?? false):
            // (anonymous namespace)
            let end = rest.firstIndex(of: ")") ?? rest.index(before: rest.endIndex)
            name += rest[...end]
            rest = rest[rest.index(after: end)...]
            continue
        case "(" where depth == 0: rest = rest.suffix(1)
        case " " where depth == 0 && isReturned(name) && (rest.contains("::") || rest.isTemplate): name = ""
        default: if depth == 0 { name.append(character) }
        }
        rest = rest.dropFirst()
    }
    return name.isEmpty ? function : name
}

/// A type before a C++ function's name has no sign of Swift's descriptions, such as `closure #1 in`.
private func isReturned(_ type: String) -> Bool { type.allSatisfy { $0.isWord || "*&:".contains($0) } }

extension Substring {
    /// Only of templates is the type that they return a part of the name.
    fileprivate var isTemplate: Bool { prefix { $0 != "(" }.contains("<") }
}

extension Character {
    fileprivate var isWord: Bool { isLetter || isNumber || self == "_" || self == "$" }
}
