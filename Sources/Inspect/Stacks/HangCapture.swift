import AuditCore
import CUnwind
import Glibc
import LinuxSystem

extension Hang {
    /// How long the threads may take to stop, and all of it may last.
    private static let stopNanoseconds: UInt64 = 1_000_000_000
    private static let mostNanoseconds: UInt64 = 5_000_000_000

    /// Captures the stacks of all threads of the processes that descend from this one. Frames have no names yet.
    ///
    /// It takes six seconds at the most. No thread is left stopped or traced.
    package static func capture(limit: UInt64) -> Hang {
        final class Result {
            var processes: [HungProcess]?
        }
        let result = Result()
        let context = Unmanaged.passRetained(result)
        let isDone = cu_within(
            mostNanoseconds,
            { context in
                let result = Unmanaged<Result>.fromOpaque(context!).takeRetainedValue()
                result.processes = lookAtDescendants(within: Hang.stopNanoseconds)
            }, context.toOpaque())
        let processes = isDone ? result.processes : nil
        return Hang(
            limitNanoseconds: limit,
            processes: processes.map(Reading.known)
                ?? .unknown("/proc did not say within \(mostNanoseconds / 1_000_000_000) s where they stand"))
    }

    package mutating func nameFrames(_ parser: Parser) {
        guard case .known(var processes) = self.processes else { return }
        let symbolizer = Symbolizer(parser)
        let stacks = processes.flatMap(\.threads).compactMap { $0.userStack.value?.frames }
        var named = symbolizer.name(stacks, byFileOffset: true).makeIterator()
        for process in processes.indices {
            for thread in processes[process].threads.indices {
                guard case .known(var stack) = processes[process].threads[thread].userStack else { continue }
                stack.frames = named.next()!
                processes[process].threads[thread].userStack = .known(stack)
            }
        }
        self.processes = .known(processes)
    }
}

private func lookAtDescendants(within nanoseconds: UInt64) -> [HungProcess] {
    // First reads /proc, while the threads are undisturbed.
    var processes = descendants().map { pid, parent in
        HungProcess(
            pid: pid, parentPid: parent,
            executable: reading { () throws(Errno) in try link("/proc/\(pid)/exe") },
            threads: numberedEntries(of: "/proc/\(pid)/task").map { look(pid, $0) })
    }
    var takings = processes.flatMap(\.threads).map { thread in
        var taking = cu_taking()
        taking.tid = thread.tid
        return taking
    }
    let count = UInt32(takings.count)
    cu_take(&takings, count, nanoseconds)
    defer { cu_give_back(&takings, count) }
    let walker = StackWalker()
    var next = 0
    for process in processes.indices {
        let code = CodeOfProcess(processes[process].pid)
        for thread in processes[process].threads.indices {
            processes[process].threads[thread].userStack = userStack(of: &takings[next], code, walker)
            next += 1
        }
    }
    return processes
}

/// Each with its parent. Orphans are this process's children: it is their reaper.
private func descendants() -> [(pid: Int32, parent: Int32)] {
    let all = numberedEntries(of: "/proc").compactMap { pid in
        (try? StatFields("/proc/\(pid)/stat"))?[4].map { (pid: pid, parent: Int32(truncatingIfNeeded: $0)) }
    }
    var found = Set([getpid()])
    var before = 0
    while found.count > before {
        before = found.count
        found.formUnion(all.filter { found.contains($0.parent) }.map(\.pid))
    }
    return all.filter { found.contains($0.parent) }
}

private func reading<Value>(_ read: () throws(Errno) -> Value) -> Reading<Value> {
    do {
        return .known(try read())
    } catch {
        return .unknown(error.description)
    }
}

private func look(_ pid: Int32, _ tid: Int32) -> HungThread {
    let folder = "/proc/\(pid)/task/\(tid)"
    func read(_ file: String) -> Reading<String> {
        reading { () throws(Errno) in try textFile("\(folder)/\(file)") }
    }
    let state = reading { () throws(Errno) in
        guard let state = try StatFields("\(folder)/stat").state else { throw .badMessage }
        return state
    }
    var waitChannel = read("wchan")
    // Also where this user may not know.
    if waitChannel == .known("0") { waitChannel = .unknown("/proc names no function that it waits in") }
    let kernelStack: Reading<[String]> =
        switch read("stack") {
        case .unknown(let reason): .unknown(reason)
        case .known(""): .unknown("/proc shows none: it runs, or is no more")
        case .known(let text): .known(text.split(separator: "\n").map { String($0.drop { $0 != " " }.dropFirst()) })
        }
    return HungThread(
        tid: tid, name: read("comm"), state: state, waitChannel: waitChannel, kernelStack: kernelStack,
        userStack: .unknown("not examined"))
}

private func userStack(
    of taking: inout cu_taking, _ code: CodeOfProcess, _ walker: StackWalker
) -> Reading<HungThread.UserStack> {
    switch taking.taken {
    case CU_TAKEN, CU_TAKEN_WITHOUT_BP:
        guard let spaces = code.spaces else { return .unknown("its mappings cannot be read: \(code.problem)") }
        let walked = walker.walk(&taking.thread, in: code.walked) { spaces.file(code.pid, $0, code.texts) }
        return .known(
            HungThread.UserStack(
                frames: walked.addresses.map { spaces.frame(code.pid, $0, code.texts) }, truncated: !walked.isWhole))
    case CU_RUNS_ON: return .unknown("it did not stop to be looked at, and /proc does not say where its stack is")
    case CU_OTHER_MODE: return .unknown("its code is for another architecture than dioaudit's")
    case CU_REFUSED where taking.error == ESRCH: return .unknown("it has ended")
    case CU_REFUSED: return .unknown("ptrace is refused: \(refusal(of: taking.tid, Errno(rawValue: taking.error)))")
    default: return .unknown("not examined")
    }
}

/// EPERM has many causes, of which these can be distinguished.
private func refusal(of tid: Int32, _ error: Errno) -> String {
    let tracer = statusField("TracerPid:", in: "/proc/\(tid)/status").flatMap { Int32($0) } ?? 0
    if tracer != 0 { return "process \(tracer) traces it already" }
    let scope = (try? textFile("/proc/sys/kernel/yama/ptrace_scope")) ?? "0"
    return error.description + (error == .notPermitted && scope != "0" ? " (kernel.yama.ptrace_scope \(scope))" : "")
}

/// The mapped files of a process.
private struct CodeOfProcess {
    let pid: Int32
    let walked = WalkedCode()
    private(set) var texts = Interner<String>(most: 1 << 14)
    /// Null if they cannot be read; `problem` says why.
    private(set) var spaces: AddressSpaces?
    let problem: String

    init(_ pid: Int32) {
        self.pid = pid
        let maps: String
        do {
            maps = try textFile("/proc/\(pid)/maps")
        } catch {
            problem = error.description
            return
        }
        problem = ""
        var spaces = AddressSpaces()
        for mapping in maps.split(separator: "\n").compactMap({ MappedFile(line: $0) }) {
            spaces.map(
                KernelRecord(mapping, of: pid, text: texts.index(of: mapping.path)), isInterposer: false,
                isOfUprobes: false)
        }
        self.spaces = spaces
    }
}
