import AuditCore

@testable import AuditReport

/// A process that passes, with figures of a common size or of the largest that anybody may see.
struct Example {
    var calls: UInt64 = 0
    var transfers: UInt64 = 1024
    var name = "psync-read-4k"
    var path = "/usr/bin/subject"
    var kernel: [KernelAllocation] = [Example.allocation(.kmalloc, "__iomap_dio_rw", calls: 1024)]
    var witness = Example.watched
    var reached = true

    static let machine = Machine(kernel: "6.18.5", arch: "x86_64", cpus: 2)
    static let files = Storage(directory: "/var/tmp", device: "/dev/vda", fileSystem: "ext4")
    static let watched = {
        var witness = Witness.active
        witness.tracing = .programs
        return witness
    }()

    static let largest = {
        var example = Example()
        example.calls = 1_234_567_890_123_456
        example.transfers = 9_876_543_210
        example.name = String(repeating: "a-name-that-goes-on-", count: 7)
        example.path = "/" + String(repeating: "a directory with spaces/", count: 9) + "subject\u{1B}[31m\u{7}"
        example.kernel = [
            allocation(
                .pageAlloc, "a_function_of_the_kernels_that_has_quite_a_name_noprof", calls: 5_000_000_000_000,
                module: "a_module_of_the_kernels", cache: "a_cache_of_the_kernels_with_quite_a_name",
                gfp: "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP|__GFP_NOMEMALLOC|__GFP_RECLAIMABLE|0x8000000"),
            allocation(
                .kmemCacheAlloc, String(repeating: "x", count: 120), calls: 9_876_543_210,
                cache: String(repeating: "y", count: 120), mempool: true),
        ]
        return example
    }()

    static func allocation(
        _ kind: KernelAllocation.Kind, _ site: String, calls: UInt64, module: String? = nil, cache: String? = nil,
        gfp: String = "GFP_KERNEL", risk: KernelAllocation.Risk = .mayWaitForWriteback, mempool: Bool = false
    ) -> KernelAllocation {
        KernelAllocation(
            kind: kind, site: site, module: module, cache: cache, gfp: gfp, risk: risk, mempool: mempool,
            stack: [Frame(function: site, module: "[kernel]", offset: 0)], calls: calls, bytes: calls * 64)
    }

    var process: ProcessLedger {
        var process = ProcessLedger(pid: 4_194_304, parentPid: 1, executable: path)
        process.steadyReached = reached
        process.lock.calls = 1
        process.lock.observed = true
        process.lock.flags = [.current, .future]
        process.lock.flagsAtSteady = reached ? [.current, .future] : []
        process.lock.lockedBytes = 3_774_874 + calls
        process.phases[.setup].events[.malloc] = EventCount(calls: 5 + calls, bytes: 500)
        process.phases[.setup].durationNanoseconds = 1_000_000
        process.threads = [ThreadLedger(tid: 4_194_304, name: String(name.prefix(15)), doesTransfers: true)]
        process.threads[0].phases[.setup].events[.malloc] = EventCount(calls: 5, bytes: 500)
        guard reached else { return process }
        process.phases[.warmup].transfers = 1
        process.phases[.warmup].durationNanoseconds = 1_000_000
        var steady = process.phases[.steady]
        steady.transfers = transfers
        steady.transferredBytes = transfers * 4096
        steady.durationNanoseconds = 10_000_000 + calls
        if calls > 0 {
            for kind in EventKind.counted {
                steady.events[kind] = EventCount(calls: calls, bytes: kind.family == .pageFault ? 0 : calls * 64)
            }
            var region = RegionLedger(name: name + "\n", allowed: true, entered: calls, left: calls)
            region.events = steady.events
            process.regions = [region]
            process.sites = [
                Site(
                    kind: .malloc, count: EventCount(calls: calls, bytes: calls * 64), firstTransfer: transfers,
                    tid: 4_194_304, thread: "a thread\u{1B}[0m",
                    stack: [
                        Frame(
                            function: "Some.Module.function(with: Swift.Array<Swift.Int>) async throws -> Swift.Int",
                            file: path + ".swift", line: 123456, module: path, offset: .max)
                    ], truncated: true)
            ]
            process.faultSites = [FaultSite(tid: 1, calls: calls, address: .max, memory: path, stack: [])]
            process.threads[0].phases[.steady] = steady
        }
        steady.kernel = kernel
        process.phases[.steady] = steady
        process.phases[.steady].countPerTransfer()
        return process
    }

    func audit(attached: Bool = false, _ request: AuditRequest = AuditRequest()) -> Audit {
        var ledger = Ledger()
        ledger.processes = [process]
        var observation = Observation(
            subject: Subject(command: [path], exit: SubjectExit(code: 0), processes: 1, threads: 1), ledger: ledger,
            pid: 4_194_304)
        observation.syscalls = Example.watched
        observation.syscalls.method = .perf
        observation.kernel = witness
        observation.transfers = Example.watched
        if attached {
            observation.attached = Attached(
                heapProblem: "uprobes are not to be had", hasEnded: true, isWhole: false, nameless: 3,
                becameProgram: true)
        }
        if calls > 0 {
            observation.squeeze = Squeeze(slackBytes: calls)
            observation.squeeze?.usageBytes = calls
            observation.squeeze?.limitBytes = 2 * calls
            observation.squeeze?.limitHits = calls
            observation.hang = Hang(limitNanoseconds: calls, processes: .known([hungProcess, hungProcess]))
        }
        return judge(name, observation, by: request)
    }
}

extension Example {
    private var hungProcess: HungProcess {
        let frame = Frame(function: name + "\u{7}", file: path + ".c", line: 123456, module: path, offset: .max)
        let thread = HungThread(
            tid: 4_194_304, name: .known("a thread\u{1B}[0m"), state: .known("D"), waitChannel: .known(name),
            kernelStack: .known(Array(repeating: "a_function_of_the_kernels+0x12/0x345 [a_module]", count: 12)),
            userStack: .known(HungThread.UserStack(frames: [frame, frame], truncated: true)))
        let why = Reading<String>.unknown("Permission denied")
        let unknown = HungThread(
            tid: 1, name: why, state: why, waitChannel: why, kernelStack: .unknown("Permission denied"),
            userStack: .unknown("ptrace is refused: Operation not permitted (kernel.yama.ptrace_scope 1)"))
        return HungProcess(
            pid: 4_194_304, parentPid: 1, executable: .known(path),
            threads: Array(repeating: thread, count: 70) + [unknown])
    }
}

extension Witness {
    static let forbidden = {
        var witness = Witness.unavailable("the number of kmem:kmalloc is not to be read: Permission denied")
        witness.remedies = [Example.longRemedy, "run dioaudit as root"]
        return witness
    }()
}

extension Example {
    static let mount = "mount -t tracefs -o gid=65534,mode=750 nodev /sys/kernel/tracing &&"
    static let sysctl = "sysctl -w kernel.perf_event_paranoid=-1"
    static let longRemedy = "as root: \(mount) \(sysctl)"
}
