/// The machine that an audit ran on, as the report has it.
public struct Machine: Equatable, Sendable, Codable {
    /// The kernel's release, as in uname(2).
    public var kernel: String
    public var arch: String
    /// Processors online.
    public var cpus: Int

    public init(kernel: String, arch: String, cpus: Int) {
        self.kernel = kernel
        self.arch = arch
        self.cpus = cpus
    }
}
