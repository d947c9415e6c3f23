/// The options of `dioaudit run` that are keys of a plan.
public struct OptionTable: Sendable {
    public struct Option: Sendable {
        public let name: String
        public let isFlag: Bool
        public let repeats: Bool
        /// Its value is `WHAT=N`, so that several are a mapping.
        public let isPair: Bool

        public init(
            _ name: String, isFlag: Bool = false, repeats: Bool = false, isPair: Bool = false
        ) {
            self.name = name
            self.isFlag = isFlag
            self.repeats = repeats
            self.isPair = isPair
        }
    }

    /// By name.
    let options: [String: Option]

    public init(_ options: [Option]) {
        self.options = Dictionary(options.map { ($0.name, $0) }) { first, _ in first }
    }

    public var names: [String] { options.keys.sorted() }

    /// Those whose values are files.
    static let paths = ["suppressions"]

    /// Those that are keys. A new one is none before somebody has seen that a plan heeds it: EndToEndTests compare these with all.
    public static let ofSubjects: Set<String> = [
        "allow", "budget", "enforce", "expect-exit", "forbid", "kernel", "kernel-limit", "kernel-stacks", "lock",
        "min-ios", "phases", "process", "require-lock", "scope", "squeeze", "squeeze-slack", "steady-after",
        "steady-from", "steady-to", "strict", "suppressions", "syscalls", "timeout", "wait", "warmup-ios",
        "warmup-time",
    ]

    /// Those that mean something for a workload: its phases, its lock and its exit are the driver's.
    static let ofWorkloads: Set<String> = [
        "allow", "budget", "enforce", "forbid", "kernel", "kernel-limit", "kernel-stacks", "scope", "squeeze",
        "squeeze-slack", "strict", "suppressions", "syscalls", "timeout",
    ]
}
