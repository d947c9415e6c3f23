import AuditCore
import CLinuxHost
import Capture
import Glibc
import LinuxSystem
import Observe

extension Doctor {
    /// Whether it is there and loads, and how much it adds to a program: all that it maps is locked with a subject that
    /// locks itself, and so is its share of RLIMIT_MEMLOCK.
    static func interposer() -> Finding {
        let name = "interposer"
        let usedFor = "counting what a subject allocates"
        do throws(AuditError) {
            let path = try Installation.interposer()
            let alone = try SelfPortrait()
            let interruptionAlone = try runUnobserved(alone.command).interruption
            let under = try SelfPortrait()
            let (observation, interruption) = try observe(under.command, AuditRequest())
            // Not to be lost, and nothing of ours is to be removed yet.
            if let signal = interruption ?? interruptionAlone { Interruption.die(of: signal) }

            let witness = judge("interposer", observation, by: AuditRequest()).witnesses.interposer
            guard witness.status == .active, let before = alone.kibibytes, let after = under.kibibytes else {
                return .missing(
                    name, "\(path) did not load into cat(1): \(witness.reason ?? "it did not say its size")",
                    for: usedFor, remedies: remedies)
            }
            return .ok(name, "\(path), adds \(max(0, after - before)) KiB to what a subject locks", for: usedFor)
        } catch {
            return .missing(name, "\(error.place): \(error.what)", for: usedFor, remedies: [error.remedy])
        }
    }
}

private let remedies = ["put a cat on PATH that is dynamically linked with glibc", "reinstall dioaudit"]

/// cat(1) prints its own size: every machine has it, and it does the same each time.
private struct SelfPortrait: ~Copyable {
    private let output: FileDescriptor

    init() throws(AuditError) {
        output = try memoryFile("dioaudit-doctor", for: "the output of cat(1)")
    }

    deinit {
        output.closeQuietly()
    }

    var command: Command {
        var command = Command(["cat", "/proc/self/status"].map(ByteText.init))
        command.output = output
        return command
    }

    /// All that it has mapped (VmSize); nil if it did not run.
    var kibibytes: Int? {
        let lines = ((try? textFile("/proc/self/fd/\(output.rawValue)")) ?? "").split(separator: "\n")
        let fields = lines.first { $0.hasPrefix("VmSize:") }?.split { $0 == "\t" || $0 == " " }
        return fields.flatMap { $0.count > 1 ? Int($0[1]) : nil }
    }
}
