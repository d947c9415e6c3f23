import AuditCore
import LinuxSystem

extension Doctor {
    /// Whether the driver is there and starts: the dynamic linker may miss one of its libraries.
    static func driver() -> Finding {
        let name = "driver"
        let usedFor = "the built-in workloads"
        do throws(AuditError) {
            let path = try Installation.driver()
            // Without arguments it reports a missing file and ends as after wrong usage.
            guard let problem = try Tool(path: path).run([], success: 2) else {
                return .ok(name, "\(path) starts", for: usedFor)
            }
            return .missing(
                name, "\(path) does not start: \(problem)", for: usedFor,
                remedies: ["install what it names, or build again (make build), or reinstall dioaudit"])
        } catch {
            return .missing(name, "\(error.place): \(error.what)", for: usedFor, remedies: [error.remedy])
        }
    }
}
