import Glibc
import Synchronization

private let kept = Atomic<UInt>(0)

/// Else an optimising compiler leaves out what is allocated and freed.
func keep(_ block: UnsafeMutableRawPointer?) {
    kept.store(UInt(bitPattern: block), ordering: .relaxed)
}

func drop(_ block: UnsafeMutableRawPointer?) {
    keep(block)
    free(block)
}

@inline(never)
func allocate(_ times: Int) {
    for _ in 0..<times { drop(malloc(32)) }
}
