import AuditCore
import Glibc
import LinuxSystem
import Plans

/// Where a plan comes from.
enum PlanFile {
    static let usual = "dioaudit.yml"

    /// - Parameter path: the file that is named; nil for ./dioaudit.yml, or the built-in plan where there is none.
    static func plan(_ path: String?) throws(AuditError) -> Plan {
        if let path { return try read(path) }
        guard WholeFile.exists(at: usual) else { return .builtIn }
        try checkOwner()
        return try read(usual)
    }

    private static func read(_ path: String) throws(AuditError) -> Plan {
        let bytes = try InputFile.plan.contents(path)
        guard isJobFile(path) else { return try Plan(yaml: bytes, file: path, options: .ofRun) }
        return try Plan(job: bytes, file: path) { (path) throws(AuditError) in try InputFile.plan.contents(path) }
    }

    private static func isJobFile(_ path: String) -> Bool { path.hasSuffix(".fio") || path.hasSuffix(".job") }

    /// A plan runs commands. One that lies where we happen to be may be somebody else's.
    private static func checkOwner() throws(AuditError) {
        var status = stat()
        let problem: String?
        if stat(usual, &status) == 0, status.st_uid != 0, status.st_uid != geteuid() {
            problem = "it is user \(status.st_uid)'s"
        } else if status.st_mode & S_IWOTH != 0 {
            problem = "every user may write to it"
        } else {
            problem = TrustedPath.planted(usual)
        }
        guard let problem else { return }
        throw AuditError(
            "this plan is not used unasked, since a plan runs commands: \(problem)", at: usual,
            remedy: "if you trust it, name it: dioaudit audit --plan \(usual)", exit: .usage)
    }
}
