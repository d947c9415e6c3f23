import LedgerABI

// `struct dioaudit_arena` is too large for Swift to import, and DIOAUDIT_LEDGER_MAGIC is a macro that it cannot read.
// ledger_abi.h has accessors for the rows; what stands before them is read here by its offset.

/// DIOAUDIT_LEDGER_MAGIC: "dioldger" in little-endian order.
let ledgerMagic = "dioldger".utf8.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }

/// `sizeof(struct dioaudit_arena)`.
let arenaBytes = Int(dioaudit_arena_offset(1) - dioaudit_arena_offset(0))

/// The first members of `struct dioaudit_arena`, in their order.
struct ArenaHeader {
    let magic: UInt64
    let version: UInt32
    let lostProcesses: UInt32
    let imagesStarted: UInt64
    let edgesUsed: UInt32
    let lostImages: UInt32

    init(at arena: UnsafeRawPointer) {
        magic = arena.load(fromByteOffset: 0, as: UInt64.self)
        version = arena.load(fromByteOffset: 8, as: UInt32.self)
        lostProcesses = arena.load(fromByteOffset: 12, as: UInt32.self)
        imagesStarted = arena.load(fromByteOffset: 24, as: UInt64.self)
        edgesUsed = arena.load(fromByteOffset: 32, as: UInt32.self)
        lostImages = arena.load(fromByteOffset: 36, as: UInt32.self)
    }

    /// The interposer has attached here, and it is of this version.
    var isValid: Bool { magic == ledgerMagic && version == DIOAUDIT_LEDGER_VERSION }
}
