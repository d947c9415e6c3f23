import AuditCore
import AuditReport
import Disks
import Glibc
import LinuxSystem
import Observe
import Plans

/// Does what a plan says, disk by disk.
struct MatrixMeasurement: ~Copyable {
    let plan: MatrixPlan
    let driver: String
    let scratch: ScratchDirectory
    let progress: Progress

    /// The signal that came for dioaudit meanwhile: what is being measured then is not finished.
    private(set) var interruption: Int32?
    private var cellsDone = 0

    init(_ plan: MatrixPlan, driver: String, scratch: consuming ScratchDirectory, progress: Progress) {
        self.plan = plan
        self.driver = driver
        self.scratch = scratch
        self.progress = progress
    }

    mutating func targets() throws(AuditError) -> [MatrixTarget] {
        var targets: [MatrixTarget] = []
        for kind in plan.targets where interruption == nil {
            targets.append(try target(kind))
            interruption = interruption ?? Interruption.next()
        }
        progress.erase()
        return targets
    }

    private mutating func target(_ kind: DiskKind) throws(AuditError) -> MatrixTarget {
        if let reason = try kind.whyAbsent() {
            return MatrixTarget(kind.rawValue, notMeasured: .absent, because: reason)
        }
        progress.show("\(kind.rawValue): making the disk")
        do throws(AuditError) {
            let disk = try Disk(kind, in: scratch)
            return MatrixTarget(kind.rawValue, try cells(on: disk, kind))
        } catch {
            // What the machine refuses leaves this target open; the others may do.
            guard error.exit == .inconclusive else { throw error }
            let reason = "\(error.place): \(error.what); \(error.remedy)"
            return MatrixTarget(kind.rawValue, notMeasured: .failed, because: reason)
        }
    }

    private mutating func cells(on disk: borrowing Disk, _ kind: DiskKind) throws(AuditError) -> [MatrixCell] {
        var cells: [MatrixCell] = []
        for workload in plan.workloads where interruption == nil {
            cellsDone += 1
            progress.show(
                "[\(cellsDone)/\(plan.targets.count * plan.workloads.count)] \(kind.rawValue) \(workload.name)")
            var request = AuditRequest()
            request.kernel = .require
            let (observation, signal) = try observe(workload, driver: driver, file: disk.file, &request)
            let audit = judge(workload.name, observation, by: request)
            disk.clear()
            interruption = signal ?? Interruption.next()
            cells.append(
                MatrixCell(audit, engine: workload.engine, rw: workload.rw, blockBytes: workload.blockBytes))
        }
        return cells
    }
}
