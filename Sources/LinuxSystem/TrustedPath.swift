import Glibc

/// Whether a directory's path leads to the same directory as long as we use it: other programs open our files by their paths.
enum TrustedPath {
    /// Who else could put another directory or a link in its place, in words; nil if nobody could but root and us.
    static func problem(_ directory: String) -> String? {
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
}
