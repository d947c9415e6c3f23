import ArgumentParser
import AuditCore
import AuditReport
import Disks
import Glibc
import LinuxSystem
import Observe

private func number(_ argument: String) throws(WrongValue) -> Int {
    guard let number = Int(argument), 1...1_000_000_000 ~= number else {
        throw WrongValue("it takes a whole number from 1 to 1000000000, such as 2000")
    }
    return number
}

struct MatrixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: "Measures what the kernel allocates per transfer, on a block device and on each file system.",
        discussion: """
            It needs root: it makes loop devices and file systems in them, which nobody else sees mounted and which are \
            gone when it ends. It judges no figure.
            Exit codes: 0 every cell was observed, 1 a workload itself allocated, 2 inconclusive, 3 a workload itself \
            failed, 64 usage, 70 internal error.
            """)

    @Option(
        help: ArgumentHelp(
            """
            Only this target (block, ext4, xfs, btrfs, f2fs, tmpfs), engine, direction (read, write) or block size \
            (4k, 128k). Repeat it for several.
            """, valueName: "name"))
    var only: [String] = []

    @Option(
        help: "Where the loop devices' image files go: by default the first of $TMPDIR, /var/tmp and . for O_DIRECT.")
    var directory: String?

    @Option(
        parsing: .unconditional,
        help: "Transfers of each cell's steady phase, instead of 2000 of 4 KiB and 500 of 128 KiB.", transform: number)
    var transfers: Int?

    @Option(
        name: .customLong("format"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Report as text, json or markdown, to PATH if given. Repeat it for several views.", valueName: "f[=path]"),
        transform: { try FormatOption<MatrixFormat>($0) })
    var formats: [FormatOption<MatrixFormat>] = []

    @Flag(help: "Say the summary only.")
    var quiet = false

    @Flag(name: .customLong("no-color"), help: "No colours, not even on a terminal. NO_COLOR does the same.")
    var noColor = false

    func run() throws {
        let plan = try MatrixPlan(only: only, transfers: transfers)
        try checkRoot()
        let views = try formats.map { (format: $0.format, output: try $0.path.map(Output.init(path:)) ?? .stdout) }
        removeLeftovers()
        Interruption.hold()
        let place = if let directory { directory } else { try DirectIO.defaultDirectory() }
        let files = Storage.holding(place)
        let (targets, interruption) = try measure(plan, in: place)
        if let interruption {
            writeError("dioaudit: interrupted: the matrix was not finished\n")
            Interruption.die(of: interruption)
        }
        Interruption.release()
        let matrix = Matrix(machine: .current(), files: files, targets: targets)
        try dioaudit.write(views.isEmpty ? [(.text, .stdout)] : views) { (format, output) throws(AuditError) in
            try write(matrix, as: format, to: output)
        }
        throw ExitCode(matrix.exitStatus.rawValue)
    }

    private func checkRoot() throws(AuditError) {
        guard geteuid() == 0 else {
            throw AuditError(
                "must be run as root: it makes loop devices, and mounts file systems in them", at: "matrix",
                remedy:
                    "run it as root, or audit the built-in workloads on a disk you have: dioaudit audit --directory DIR",
                exit: .usage)
        }
    }

    /// Everything that it made is gone when this returns or throws.
    private func measure(
        _ plan: MatrixPlan, in place: String
    ) throws(AuditError) -> ([MatrixTarget], interruption: Int32?) {
        let driver = try Installation.driver()
        try OwnMounts.begin()
        let scratch = try ScratchDirectory(in: place)
        var measurement = MatrixMeasurement(
            plan, driver: driver, scratch: scratch, progress: Progress(visible: !quiet))
        let targets = try measurement.targets()
        return (targets, measurement.interruption)
    }

    private func write(_ matrix: Matrix, as format: MatrixFormat, to output: Output) throws(AuditError) {
        switch format {
        case .text: try output.write(matrixText(matrix, output.style(noColor: noColor), quiet: quiet))
        case .json: try output.write(json: matrix)
        case .markdown: try output.write(matrixMarkdown(matrix))
        }
    }
}

enum MatrixFormat: String, CaseIterable {
    case text, json, markdown
}
