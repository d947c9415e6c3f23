import AuditCore
import Glibc
import LinuxSystem

extension Doctor {
    /// Where scratch files usually go, and each other disk file system that this user may write to.
    static func directIO() -> [Finding] {
        let mounts = Mount.all()
        var directories: [String] = []
        var devices = Set<dev_t>()
        for directory in DirectIO.usualDirectories {
            let path = Installation.absolute(directory)
            if !directories.contains(path) { directories.append(path) }
            if let device = device(of: path) { devices.insert(device) }
        }
        let diskTypes = Mount.diskTypes()
        for mount in mounts where diskTypes.contains(mount.type) && access(mount.path, R_OK | W_OK | X_OK) == 0 {
            if let device = device(of: mount.path), devices.insert(device).inserted { directories.append(mount.path) }
        }
        return directories.map { finding($0, type: mounts.holding($0)?.type) }
    }

    private static func finding(_ directory: String, type: String?) -> Finding {
        let name = "O_DIRECT in \(directory)"
        let usedFor = "the files of built-in workloads"
        let place = type ?? "a file system not in /proc/self/mounts"
        switch DirectIO.probe(directory) {
        case .success(let alignment):
            return .ok(name, "\(place), a block was written; \(text(alignment))", for: usedFor)
        case .failure(let problem):
            return .missing(
                name, "\(place): \(problem.what)", for: usedFor,
                remedies: [
                    "dioaudit audit --directory DIR, with DIR yours and on a disk file system (ext4, xfs, btrfs)"
                ])
        }
    }

    private static func text(_ alignment: DirectIO.Alignment?) -> String {
        guard let alignment else { return "alignment not reported by this file system or kernel" }
        return "aligned to \(alignment.memory) B in memory, \(alignment.offset) B in the file"
    }

    /// Of a directory; nil if it is none.
    private static func device(of path: String) -> dev_t? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return status.st_dev
    }
}
