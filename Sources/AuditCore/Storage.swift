/// The storage of the files that transfers go to.
public struct Storage: Equatable, Sendable, Codable {
    public var directory: String
    /// The block device, such as `/dev/vda1`. Null where there is none (overlay, tmpfs, NFS), or none that is known.
    @Nullable public var device: String?
    /// Its type, such as `ext4`.
    @Nullable public var fileSystem: String?

    public init(directory: String, device: String?, fileSystem: String?) {
        self.directory = directory
        self.device = device
        self.fileSystem = fileSystem
    }
}
