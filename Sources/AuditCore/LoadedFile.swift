/// A program or library as a process loaded it.
public struct LoadedFile: Hashable, Sendable {
    /// Which file a path leads to, and since when it has not been changed (stat(2)).
    public struct Identity: Hashable, Sendable {
        public let device: UInt64
        public let inode: UInt64
        /// st_ctim, which no program can set.
        public let changedNanoseconds: Int64

        public init(device: UInt64, inode: UInt64, changedNanoseconds: Int64) {
            self.device = device
            self.inode = inode
            self.changedNanoseconds = changedNanoseconds
        }
    }

    public let path: String
    /// Null where it could not be looked at, as the kernel's own, which is no file.
    public let identity: Identity?

    public init(path: String, identity: Identity?) {
        self.path = path
        self.identity = identity
    }
}
