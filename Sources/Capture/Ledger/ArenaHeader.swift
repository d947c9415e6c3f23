import LedgerABI

extension dioaudit_arena_header {
    /// The header of a mapped arena, also while the subject writes it.
    init(at arena: UnsafeRawPointer) {
        self = dioaudit_arena_header_at(OpaquePointer(arena))
    }

    /// The interposer has attached here, and it is of this version.
    var isValid: Bool { magic == DIOAUDIT_LEDGER_MAGIC && version == DIOAUDIT_LEDGER_VERSION }
}
