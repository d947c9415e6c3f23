import Glibc

/// What compilers drop unless something else sees it.
@_optimize(none) @inline(never)
func keep(_ block: UnsafeMutableRawPointer?) {}

@inline(never)
func allocate(_ times: Int) {
    for _ in 0..<times {
        let block = malloc(32)
        keep(block)
        free(block)
    }
}
