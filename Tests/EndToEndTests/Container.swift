import Foundation
import Testing

/// A runtime of containers (https://opencontainers.org), by its command.
struct Container: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What starts the bundle in the current directory under a name.
    private let start: @Sendable (_ name: String) -> String

    /// crun knows no cgroups v1 beside v2, and needs none of either.
    static let all = [
        Container(testDescription: "runc") { "exec runc run \($0)" },
        Container(testDescription: "crun") {
            "exec unshare --mount sh -c 'mount -t cgroup2 none /sys/fs/cgroup; exec crun --cgroup-manager=disabled run \($0)'"
        },
    ]

    /// It can start a container here, without dioaudit.
    var isUsable: Bool {
        guard isRoot, let scratch = try? Scratch(), let command = try? command(["/bin/true"], in: scratch) else {
            return false
        }
        return (try? run(command).status) == 0
    }

    /// A script that makes a bundle of the program, with all directories as they are and the variables by which dioaudit is found, and
    /// starts it.
    func command(_ program: [String], in scratch: Scratch) throws -> [String] {
        let bundle = scratch.file("bundle")
        try FileManager.default.createDirectory(atPath: bundle + "/rootfs", withIntermediateDirectories: true)
        let configuration = try JSONSerialization.data(withJSONObject: configuration(program))
        try configuration.write(to: URL(fileURLWithPath: bundle + "/base.json"))
        let variables =
            "[$ENV | to_entries[] | select(.key | IN(\"LD_PRELOAD\", \"DIOAUDIT_LEDGER\")) | \"\\(.key)=\\(.value)\"]"
        let script = """
            cd \(bundle)
            jq '.process.env += \(variables)' base.json > config.json
            \(start("dioaudit-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))"))
            """
        return ["sh", "-ec", script]
    }

    private func configuration(_ program: [String]) -> [String: Any] {
        let directories = ["bin", "dev", "home", "lib", "lib64", "root", "tmp", "usr", "var", "work"].map { "/" + $0 }
        let capabilities = ["CAP_IPC_LOCK", "CAP_DAC_OVERRIDE"]
        let mounts: [[String: Any]] = directories.filter(FileManager.default.fileExists).map {
            ["destination": $0, "type": "bind", "source": $0, "options": ["rbind"]]
        }
        return [
            "ociVersion": "1.0.2",
            "root": ["path": "rootfs"],
            "mounts": [["destination": "/proc", "type": "proc", "source": "proc"]] + mounts,
            "process": [
                "args": program, "cwd": "/", "env": ["PATH=/usr/bin:/bin"], "user": ["uid": 0, "gid": 0],
                "capabilities": ["bounding": capabilities, "effective": capabilities, "permitted": capabilities],
            ],
            "linux": ["namespaces": ["pid", "mount", "ipc", "uts"].map { ["type": $0] }],
        ]
    }
}
