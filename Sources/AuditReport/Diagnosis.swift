import AuditCore

/// A whole run of `dioaudit doctor`, as its JSON has it.
public struct Diagnosis: Sendable, Encodable {
    /// Changes as `Report.schema` does.
    public let schema = "dioaudit/doctor/1"
    public let tool = Report.Tool.current
    public let machine: Machine
    public let findings: [Finding]

    public init(machine: Machine, findings: [Finding]) {
        self.machine = machine
        self.findings = findings
    }
}
