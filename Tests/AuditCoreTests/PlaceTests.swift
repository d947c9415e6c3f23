import Testing

@testable import AuditCore

/// A place is where the program asked, by whichever way the memory came.
@Suite struct PlaceTests {
    private func frame(_ function: String?, _ module: String = "/usr/bin/server", line: Int? = nil, offset: UInt64 = 1)
        -> Frame
    {
        Frame(function: function, file: line == nil ? nil : "s.c", line: line, module: module, offset: offset)
    }

    private func violation(
        _ stack: [Frame], _ kind: EventKind = .malloc, calls: UInt64 = 1, bytes: UInt64 = 8, pid: Int32 = 7,
        thread: String? = "t", transfers: ClosedRange<UInt64>? = 1...1
    ) -> Violation {
        var violation = Violation(of: kind, count: EventCount(calls: calls, bytes: bytes), pid: pid)
        violation.stack = stack
        violation.thread = thread
        violation.firstTransfer = transfers?.lowerBound
        violation.lastTransfer = transfers?.upperBound
        return violation
    }

    private func processes(_ transfers: [Int32: UInt64]) -> [ProcessLedger] {
        transfers.map { pid, count in
            var process = ProcessLedger(pid: pid, parentPid: 1, executable: "/usr/bin/server")
            process.phases[.steady].transfers = count
            return process
        }
    }

    private static let libc = "/lib/x86_64-linux-gnu/libc.so.6"
    private static let main = Frame(function: "main", module: "/usr/bin/server", offset: 9)

    /// The innermost frames come first; the last is the one expected.
    private static let stacks: [[(String?, String)]] = [
        [("malloc", libc), ("read_lease", "/usr/bin/server")],
        [("operator new(unsigned long)", "/lib/libstdc++.so.6"), ("Log::append(Record const&)", "/usr/bin/server")],
        [("CRYPTO_zalloc", "/lib/libcrypto.so.3"), ("HMAC_CTX_new", "/lib/libcrypto.so.3")],
        // Templates of a language's library are compiled into the program.
        [
            ("operator new(unsigned long)", "/usr/bin/server"),
            ("void std::vector<int, std::allocator<int> >::_M_realloc_insert<int>(int&&)", "/usr/bin/server"),
            ("Log::append(Record const&)", "/usr/bin/server"),
        ],
        [("<alloc::vec::Vec<T>>::push", "/usr/bin/server"), ("server::log::append", "/usr/bin/server")],
        [("swift_allocObject", "/usr/lib/swift/linux/libswiftCore.so"), ("Server.append() -> ()", "/usr/bin/server")],
        // A program's own name for malloc.
        [("xmalloc", "/usr/bin/server"), ("read_lease", "/usr/bin/server")],
        [
            ("my_malloc", "/usr/bin/server"), ("ut_allocator<int>::allocate(unsigned long)", "/usr/bin/server"),
            ("buf_pool_t::create()", "/usr/bin/server"),
        ],
        [("g_malloc", "/lib/libglib-2.0.so.0"), ("qemu_coroutine_new", "/usr/bin/qemu-io")],
        [("__libc_start_main", "/lib/libc-2.31.so"), ("read_lease", "/usr/bin/server")],
        [("malloc", "/usr/lib/libjemalloc.so.2"), ("read_lease", "/usr/bin/server")],
        // A library that is no runtime is the program's.
        [("qb_log_dcs_get", "/usr/lib/libqb.so.100")],
        [("allocate", "/usr/bin/server")],
        [(nil, "/usr/bin/server")],
    ]

    @Test(arguments: stacks) func theFirstFrameIsTheProgramsOwn(stack: [(String?, String)]) {
        let frames = stack.map { frame($0.0, $0.1) }
        #expect(Place.ownFrame(of: frames + [Self.main]) == frames.count - 1)
    }

    @Test func whatIsWhollyALibrarysIsTheFrameNearestToTheProgram() {
        let stack = [frame("malloc", Self.libc), frame("update", Self.libc), frame("start_thread", Self.libc)]
        #expect(Place.ownFrame(of: stack) == 1)
        #expect(Place.ownFrame(of: [frame("kmalloc_site", "[kernel]"), frame("entry", "[kernel]")]) == 0)
        #expect(Place.ownFrame(of: []) == nil)
        let python = ["_PyObject_Malloc", "list_resize", "Py_BytesMain"].map {
            frame($0, "/usr/lib/libpython3.11.so.1.0")
        }
        let below = [frame("__libc_start_main", Self.libc), frame("_start", "/usr/bin/python3.11")]
        #expect(Place.ownFrame(of: python + below) == 1)
        // A program that is nothing but wrappers is its own still.
        #expect(Place.ownFrame(of: [frame("malloc", Self.libc), frame("xmalloc")]) == 1)
    }

    @Test func sitesOfOneLineAreOnePlaceAndTheWorstComesFirst() throws {
        let line = frame("append", line: 12)
        let violations = [
            violation([frame("other", line: 3), Self.main], calls: 20, transfers: 1...50),
            violation([frame("malloc", Self.libc), line, frame("a")], calls: 10, bytes: 100, transfers: 4...40),
            violation([line, frame("b")], .calloc, calls: 30, thread: "u", transfers: 2...90),
            violation([frame("append", line: 13)], calls: 5),
        ]
        let places = Place.all(of: violations, in: processes([7: 80]))
        #expect(places.map(\.calls) == [40, 20, 5])
        let first = try #require(places.first)
        #expect(first.frame == line && first.bytes == 108 && first.threads == ["t", "u"])
        #expect(first.kinds == [.malloc: 10, .calloc: 30] && first.perTransfer == 0.5)
        #expect(first.firstTransfer == 2 && first.lastTransfer == 90)
        #expect(first.violations == [2, 1])
        #expect(places.reduce(0) { $0 + $1.calls } == violations.reduce(0) { $0 + $1.calls })
    }

    @Test func withoutLinesAFunctionIsOnePlaceAndWithoutNamesAnAddressIs() {
        let violations = [
            violation([frame("f", offset: 1)]), violation([frame("f", offset: 2)]), violation([frame(nil, offset: 3)]),
            violation([frame(nil, offset: 4)]), violation([frame(nil, offset: 4)]),
            violation([frame("f", "/usr/lib/libother.so")]),
            violation([frame("void f<int>(int)", offset: 5)]),
        ]
        #expect(Place.all(of: violations, in: []).map(\.calls) == [3, 2, 1, 1])
    }

    @Test func whatHasNoStackIsAPlaceByItsFamily() {
        let violations = [
            violation([], .pageFaultMinor, calls: 3, transfers: nil), violation([], .pageFaultMajor, transfers: nil),
            violation([], .malloc, transfers: nil),
        ]
        let places = Place.all(of: violations, in: processes([7: 0]))
        #expect(places.map(\.calls) == [4, 1] && places.allSatisfy { $0.frame == nil && $0.perTransfer == nil })
    }

    @Test func aRateIsByTheTransfersOfThePlacesOwnProcesses() {
        let violations = [violation([frame("f")], calls: 50, pid: 1), violation([frame("f")], calls: 50, pid: 2)]
        let all = processes([1: 100, 2: 100, 3: 10_000])
        #expect(Place.all(of: violations, in: all).map(\.perTransfer) == [0.5])
    }

    @Test(arguments: [
        ("/usr/bin/python3.11", "CPython's pools"), ("/usr/bin/python3", "CPython's pools"),
        ("/usr/bin/node", "V8's heap"),
        ("/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so", "the JVM's heap"), ("/usr/bin/node-exporter", nil),
        ("/usr/bin/pythonic", nil), ("/usr/sbin/mariadbd", nil),
    ]) func poolsAboveTheHeapAreNamed(file: String, pool: String?) {
        var process = ProcessLedger(pid: 7, parentPid: 1, executable: "/usr/bin/server")
        process.modules = [LoadedFile(path: file, identity: nil)]
        #expect(poolNotes([process]).isEmpty, "it had no steady phase")
        process.steadyReached = true
        let notes = poolNotes([process])
        #expect(notes.count == (pool == nil ? 0 : 1))
        if let pool { #expect(notes[0].hasPrefix("server (pid 7) has \(pool) above the heap: ")) }
    }

    @Test(arguments: [
        ("void a::vector<int>::push_back(int const&)", "a::vector::push_back"),
        ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"), ("main", "main"),
        ("void allocate<400>()", "allocate"),
        ("std::ostream& std::operator<< <char>(std::ostream&, char)", "std::operator<<"),
        ("operator new(unsigned long)", "operator new"), ("a::operator()(int) const", "a::operator()"),
        ("closure #1 in Server.run(count: Swift.Int) -> ()", "closure #1 in Server.run"),
        ("rocksdb::Append(rocksdb::IOOptions const&, rocksdb::Slice const&)", "rocksdb::Append"), ("", ""),
        ("a<b", "a"), ("f(", "f"), ("(", "("), (">", ">"), ("operator", "operator"),
    ]) func namesAreShort(name: String, short: String) {
        #expect(shortFunction(name) == short)
    }
}
