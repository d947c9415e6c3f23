import AuditCore
import Testing

@testable import Plans

/// fio's job files as plans: what is mapped, and that nothing else is dropped in silence.
@Suite struct JobFileTests {
    private func plan(_ text: String, files: [String: String] = [:]) throws -> Plan {
        try Plan(job: Array(text.utf8), file: "j.fio") { (path) throws(AuditError) in
            guard let text = files[path] else {
                throw AuditError("no such file", at: path, remedy: "", exit: .badInput)
            }
            return Array(text.utf8)
        }
    }

    @Test func theOptionsThatHaveCounterpartsAreMapped() throws {
        let plan = try plan(
            """
            ; a comment
            # another
            [global]
            direct=1
            size=8MiB ; of each
            ioengine = libaio

            [writer one]
            readwrite=randwrite
            blocksize=64kb # inline
            iodepth=16
            numjobs=3
            thread
            fsync=7
            number_ios=33
            loops=2
            [reader]
            stonewall
            io_size=1m
            ioengine=io_uring
            fixedbufs=1
            directory=/data
            """)
        #expect(plan.entries.map(\.name) == ["writer one", "reader"])
        #expect(
            plan.entries[0].workload
                == Workload(
                    engine: "libaio", rw: "randwrite", blockBytes: 65536, jobs: 3, iodepth: 16, fileBytes: 8 << 20,
                    steadyTransfers: 33, syncInterval: 7))
        #expect(
            plan.entries[1].workload
                == Workload(
                    engine: "io_uring-fixed", rw: "read", blockBytes: 4096, fileBytes: 8 << 20, steadyTransfers: 256))
        #expect(plan.entries[1].directory == "/data")
        #expect(plan.notes.isEmpty && plan.entries.allSatisfy(\.notes.isEmpty), "\(plan.notes)")
    }

    @Test(arguments: [
        ("4k", 4096), ("4KB", 4096), ("4KiB", 4096), ("4ki", 4096), ("1m", 1 << 20), ("512", 512), ("1M", 1 << 20),
    ])
    func unitsAreFios(text: String, bytes: Int) throws {
        let plan = try plan("[a]\nbs=\(text)\nsize=1g\n")
        #expect(plan.entries[0].workload?.blockBytes == bytes)
    }

    /// It is what fio moves: no more than its size, by so many loops.
    @Test(arguments: [
        ("", 256), ("loops=3", 768), ("number_ios=10", 10), ("number_ios=1000", 256), ("io_size=3m", 768),
    ])
    func transfersAreAsManyAsFios(line: String, count: Int) throws {
        #expect(try plan("[a]\nsize=1m\n\(line)\n").entries[0].workload?.steadyTransfers == count)
    }

    @Test func whatIsLeftOutIsNamed() throws {
        let plan = try plan(
            "[global]\ndirect=1\nsize=1m\nrate=1m\n[a]\nverify=crc32c\ntime_based\n[b]\nstonewall\nrunime=3\n")
        let (rate, verify) = ("not supported, and left out: rate (j.fio:4)", "verify (j.fio:6), time_based (j.fio:7)")
        #expect(plan.entries[0].notes == [rate, "not supported, and left out: \(verify)"])
        #expect(plan.entries[1].notes == [rate, "not supported, and left out: runime (j.fio:10)"])
        #expect(
            plan.notes == [
                rate, "[a]: not supported, and left out: \(verify)",
                "[b]: not supported, and left out: runime (j.fio:10)",
            ])
    }

    @Test(arguments: [
        ("", "'direct=1' is missing"), ("direct=0", "direct (j.fio:3)=0"),
        ("direct=1\niodepth=4", "iodepth (j.fio:4) means nothing with psync"),
        ("direct=1\nnumjobs=2", "fio would run its 2 jobs as processes"),
    ]) func whatIsAnotherThanFiosIsSaid(lines: String, words: String) throws {
        let plan = try plan("[a]\nsize=1m\n\(lines)\n")
        #expect(plan.entries[0].workload != nil && plan.entries[0].notes.count == 1)
        #expect(plan.entries[0].notes[0].hasPrefix(words), "\(plan.entries[0].notes)")
    }

    @Test func jobsThatFioRunsAtOneTimeAreSaid() throws {
        let words = "fio runs these jobs at one time"
        #expect(try plan("[a]\nsize=1m\n[b]\nsize=1m\n").notes.contains { $0.hasPrefix(words) })
        #expect(try !plan("[a]\nsize=1m\n[b]\nsize=1m\nstonewall\n").notes.contains { $0.hasPrefix(words) })
    }

    /// A workload that is another than the job is no audit of it.
    @Test(arguments: [
        ("rw=rw", "rw (j.fio:3)=rw has no counterpart"), ("rw=randread:8", "no counterpart"),
        ("rw=metadata", "no counterpart"), ("rw=trim", "no counterpart"),
        ("ioengine=mmap", "ioengine (j.fio:3)=mmap has no counterpart"),
        ("ioengine=psync\nfixedbufs=1", "psync-fixed has no counterpart"), ("bs=4k,8k", "4k,8k is not supported"),
        ("bs=1000", "multiple of 512"), ("size=50%", "50% is not supported"),
        ("size=${SIZE}", "variables are not supported"),
        ("kb_base=1000", "sizes are read by 1024"), ("bs=0", "is no size"), ("numjobs=65", "1 to 64 jobs"),
        ("number_ios=1k", "a whole number is"), ("bs", "has no value"), ("size=1k", "whole blocks"),
    ]) func whatCannotBeMappedIsNoAudit(lines: String, words: String) throws {
        let why = try #require(try plan("[a]\nsize=1m\n\(lines)\n").entries[0].whyNothing)
        #expect(why.contains(words), "\(why)")
    }

    @Test func aJobWithoutASizeIsNoAudit() throws {
        #expect(try plan("[a]\nfilename=/dev/sdz\n").entries[0].whyNothing?.hasPrefix("it has no size") == true)
        // Whose file is somebody's is none that we write to.
        let plan = try plan("[a]\nfilename=/dev/sdz\nsize=1m\n")
        #expect(
            plan.entries[0].notes.contains { $0.contains("filename (j.fio:2)") } && plan.entries[0].directory == nil)
    }

    @Test func namesAreUnique() throws {
        #expect(try plan("[a]\nsize=1m\n[a]\nsize=1m\n[a]\nsize=1m\n").entries.map(\.name) == ["a", "a#2", "a#3"])
    }

    @Test func whatIsIncludedIsRead() throws {
        let files = [
            "more.inc": "[global]\nsize=2m\ninclude deep/x.inc\n", "deep/x.inc": "bs=8k\ninclude y.inc\n",
            "deep/y.inc": "[a]\n",
        ]
        let workload = try plan("include more.inc\ndirect=1\n", files: files).entries[0].workload
        #expect(workload?.fileBytes == 2 << 20 && workload?.blockBytes == 8192)
    }

    @Test(arguments: [
        ("rw=read\n", "j.fio:1", "before any section"), ("\n[a\n", "j.fio:2", "begins no section"),
        ("[]\n", "j.fio:1", "begins no section"), ("", "j.fio", "no job"), ("[global]\nbs=4k\n", "j.fio", "no job"),
        ("[a]\ninclude nothing\n", "nothing", "no such file"), ("include j.fio\n", "j.fio:1", "include each other"),
        ("[a]\nb\u{0}\n", "j.fio:2:2", "a NUL character"),
    ]) func whatIsWrongIsNamed(text: String, place: String, words: String) throws {
        let error = #expect(throws: AuditError.self) { try self.plan(text, files: ["j.fio": text]) }
        #expect(error?.place == place && error?.what.contains(words) == true, "\(String(describing: error))")
        #expect(error?.exit == .badInput)
    }

    @Test func tenThousandJobsAreRead() throws {
        var text = "[global]\nsize=1m\n" + (0..<200).map { "option\($0)=1\n" }.joined()
        for number in 0..<10_000 { text += "[j\(number)]\nrate=1\n" }
        #expect(try plan(text).entries.count == 10_000)
        #expect(throws: AuditError.self) { try self.plan(text + "[more]\n") }
    }
}
