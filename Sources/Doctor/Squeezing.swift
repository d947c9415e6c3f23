import AuditCore
import Observe

extension Doctor {
    /// A cgroup is made and removed again.
    static func memoryCgroup() -> Finding {
        let name = "memory cgroup"
        let usedFor = "--squeeze: steady transfers with no memory to be had"
        do throws(AuditError) {
            let controller = try MemoryController.find()
            _ = try SubjectCgroup(controller)
            return .ok(
                name, "one with a limit was made in \(controller.parent) (cgroup \(controller.version.rawValue))",
                for: usedFor)
        } catch {
            return .missing(name, "\(error.place): \(error.what)", for: usedFor, remedies: [error.remedy])
        }
    }
}
