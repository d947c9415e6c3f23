import AuditCore

/// The plan that `dioaudit init` writes: what is asked for, and in comments what else there is.
public struct StartingPlan: Sendable {
    /// Null if no program is to be audited.
    public var command: [String]?
    public var name: String?
    /// It must have locked its memory.
    public var lock: Bool
    public var scope: String
    /// dioaudit's own engines, on the disk where they will run.
    public var engines: Bool
    /// From which the command's paths start; null for the plan's own.
    public var directory: String?

    public init(
        command: [String]?, name: String?, lock: Bool, scope: String, engines: Bool, directory: String? = nil
    ) {
        self.command = command
        self.name = name
        self.lock = lock
        self.scope = scope
        self.engines = engines
        self.directory = directory
    }

    public var text: String {
        """
        # What 'dioaudit audit' runs in this directory. Editors complete it by dioaudit's docs/plan.schema.json.
        version: 1

        # What holds for every entry below that says nothing else.
        defaults:
          timeout: 60s
          # kernel: require            # no pass where the kernel's allocations cannot be seen
          # suppressions: [known.txt]  # violations that are known and accepted

        """ + subjects + workloads
    }

    private var subjects: String {
        guard let command else { return "" }
        return """

            # Programs. The keys are the options of 'dioaudit run'.
            subjects:
              \(scalar(name ?? Self.name(of: command))):
                # A program and its arguments: no shell runs unless it is named, as in [sh, -c, 'a && b'].
                command: [\(command.map(scalar).joined(separator: ", "))]\(workingDirectory)
                # Whose events are judged: process, io-threads, or thread:PATTERN.
                scope: \(scalar(scope))
                # true: no pass without mlockall(MCL_FUTURE) through the steady phase.
                require-lock: \(lock)
                # min-ios: 100             # no pass with fewer transfers in the steady phase
                # warmup-ios: 10           # transfers of each file in each direction that are warm-up
                # repeat: 3                # the worst of three runs is judged
                # kernel-limit: {mayWaitForWriteback: 0}
                # set-up:
                #   - [truncate, -s, 8m, disk.img]
                # tear-down:
                #   - [rm, -f, disk.img]

            """
    }

    private var workingDirectory: String {
        directory.map { "\n    # Where it runs, seen from this file.\n    working-directory: \(scalar($0))" } ?? ""
    }

    private var workloads: String {
        guard engines else { return "" }
        return """

            # dioaudit's own engines: what the kernel and this disk do for a program that allocates nothing itself.
            workloads:
              engine:
                rw: write
                # An audit for each combination.
                matrix:
                  ioengine: [psync, libaio, io_uring]
                  bs: [4k, 128k]

            """
    }

    /// The last part of the program's path, as far as it is a name.
    public static func name(of command: [String]) -> String {
        let last = command.first?.split(separator: "/").last.map(String.init) ?? ""
        let name = String(last.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }.prefix(100))
        return name.isEmpty ? "program" : name
    }

    /// A text that YAML reads as one, in double quotes unless it is plain beyond doubt.
    private func scalar(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isASCII && ($0.isLetter || $0 == "/" || $0 == ".") } ?? false
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=+".contains($0)) }
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        if isPlain { return text }
        return "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    private func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": return "\\\(scalar)"
        case _
        where scalar.value < 0x20 || (0x7f...0xa0).contains(scalar.value)
            || [0x2028, 0x2029, 0xfeff].contains(scalar.value):
            return "\\u" + hexadecimal(scalar.value, digits: 4)
        default: return String(scalar)
        }
    }
}
