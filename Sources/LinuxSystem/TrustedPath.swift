import Glibc

/// Whether a directory's path leads to the same directory as long as we use it: other programs open our files by their paths.
package enum TrustedPath {
    /// Who else could put another directory or a link in its place, in words; nil if nobody could but root and us.
    static func problem(_ directory: String) -> String? {
        if let problem = planted(directory) { return problem }
        guard let resolved = realpath(directory, nil) else { return Errno.last.description }
        defer { free(resolved) }
        var path = String(cString: resolved)
        while true {
            if let problem = weakness(of: path) { return problem }
            guard path != "/", let slash = path.lastIndex(of: "/") else { return nil }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    private static func weakness(of path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return Errno.last.description }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            return "user \(status.st_uid), whose directory \(path) is, could replace the files in it while we use them"
        }
        // Where the sticky bit is set, entries are renamed by their owner only.
        let others = status.st_mode & S_IWOTH != 0 || status.st_mode & S_IWGRP != 0 && status.st_gid != getegid()
        guard others && status.st_mode & S_ISVTX == 0 else { return nil }
        return
            "other users may write to \(path), and could replace the files in it while we use them: it has no sticky bit"
    }

    /// The first link or file on the way to a path that another user has put into a directory where all may write, in words; nil if
    /// there is none. It would lead us elsewhere, or what we write would be his to change. Where fs.protected_symlinks and
    /// fs.protected_regular are set, the kernel refuses the same (Documentation/admin-guide/sysctl/fs.rst), but not to readlink(2).
    package static func planted(_ path: String) -> String? {
        var rest = path.split(separator: "/").map(String.init)[...]
        var directory = path.hasPrefix("/") ? "/" : "."
        var links = 0
        while let name = rest.popFirst() {
            let entry = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
            var status = stat()
            // One that is not there yet will be ours.
            guard lstat(entry, &status) == 0 else { return nil }
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            if isLink || status.st_mode & S_IFMT != S_IFDIR, isPlanted(status, in: directory) {
                return "user \(status.st_uid) has put \(entry) into a directory where all may write"
            }
            guard isLink else {
                directory = entry
                continue
            }
            links += 1
            guard links <= 40, let target = try? link(entry) else { return nil }  // what opens it says why
            if target.hasPrefix("/") { directory = "/" }
            rest = (target.split(separator: "/").map(String.init) + rest)[...]
        }
        return nil
    }

    private static func isPlanted(_ entry: stat, in directory: String) -> Bool {
        var holder = stat()
        guard stat(directory, &holder) == 0, holder.st_mode & S_IWOTH != 0 else { return false }
        return ![0, geteuid(), holder.st_uid].contains(entry.st_uid)
    }
}
