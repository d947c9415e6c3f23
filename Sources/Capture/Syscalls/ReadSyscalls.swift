import AuditCore
import CLinuxHost

extension WatchedCall {
    /// That of an `enum cl_act`; null for others, such as exec.
    init?(_ act: UInt32) {
        switch cl_act(act) {
        case CL_MMAP: self = .mmap
        case CL_MUNMAP: self = .munmap
        case CL_MREMAP: self = .mremap
        case CL_BRK: self = .brk
        case CL_MLOCKALL: self = .mlockall
        case CL_MUNLOCK: self = .munlock
        case CL_MUNLOCKALL: self = .munlockall
        case CL_SHMAT: self = .shmat
        case CL_REMAP_FILE_PAGES: self = .remapFilePages
        case CL_IO_SETUP: self = .ioSetup
        case CL_MAP_VDSO: self = .mapVDSO
        case CL_COLLAPSE: self = .collapse
        case CL_LOWER_BRK: self = .lowerBrk
        default: return nil
        }
    }
}
