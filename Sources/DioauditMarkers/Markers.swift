import CDioaudit

/// dioaudit.h's markers, by which a program names its phases and regions for dioaudit. Without dioaudit each call tests
/// a null pointer.
///
/// Names are static strings: to make another into a C string could allocate.
public enum Dioaudit {
    /// A phase of a program, or of one of its threads.
    public enum Phase: Sendable {
        case setup, warmup, steady, teardown

        @usableFromInline var name: StaticString {
            switch self {
            case .setup: "setup"
            case .warmup: "warmup"
            case .steady: "steady"
            case .teardown: "teardown"
            }
        }
    }

    /// This process enters a phase. The first call ends automatic phases for it.
    @inlinable public static func enter(_ phase: Phase) {
        dioaudit_phase(pointer(phase.name))
    }

    /// The calling thread enters a phase of its own; with nil it follows its process again.
    @inlinable public static func enterThread(_ phase: Phase?) {
        // Not `map`: in a debug build a generic function may make the runtime allocate its types.
        if let phase {
            dioaudit_phase_thread(pointer(phase.name))
        } else {
            dioaudit_phase_thread(nil)
        }
    }

    /// Work under a name, whose events the report lists separately. They are judged as elsewhere.
    @inlinable public static func region<Result: ~Copyable, Failure: Error>(
        _ name: StaticString, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        dioaudit_region_begin(pointer(name))
        defer { dioaudit_region_end(pointer(name)) }
        return try work()
    }

    /// Work whose events in the steady phase are no violations. The report lists them with the reason.
    @inlinable public static func allow<Result: ~Copyable, Failure: Error>(
        _ reason: StaticString, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        dioaudit_allow_begin(pointer(reason))
        defer { dioaudit_allow_end(pointer(reason)) }
        return try work()
    }

    /// A static string ends with a NUL, as its literal does.
    @usableFromInline static func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
