import AuditCore
import Testing

@Suite struct PolicyTests {
    @Test func theDefaultForbidsAllButWhatReturnsOrLocksMemory() {
        let allowed = Set(EventKind.counted).subtracting(Policy().forbidden)
        #expect(
            allowed == [.free, .freeSized, .freeAlignedSized, .munmap, .syscallMunmap, .madvise, .mlock, .mlockall])
        #expect(Policy().forbids(.munlock) && Policy().forbids(.munlockall))
        #expect(Policy().forbids(.pageFaultMinor) && Policy().forbids(.pageFaultMajor))
    }

    @Test func forbidAddsAndAllowTakesAway() {
        #expect(Policy(forbid: [.free]).forbids(.free))
        #expect(!Policy(allow: [.malloc]).forbids(.malloc))
        #expect(Policy(allow: [.malloc], forbid: [.malloc]).forbids(.malloc))
    }

    @Test func listsNameKinds() throws {
        #expect(try Policy.kinds(in: "free,munmap") == [.free, .munmap])
        #expect(try Policy.kinds(in: "all") == Set(EventKind.counted))
        let onlyMalloc = Policy(allow: try Policy.kinds(in: "all"), forbid: try Policy.kinds(in: "malloc"))
        #expect(onlyMalloc.forbidden == [.malloc])
    }

    @Test(arguments: ["", "fre", "free,", "free munmap", "FREE"]) func otherNamesAreUsageErrors(list: String) {
        #expect { try Policy.kinds(in: list) } throws: { error in
            (error as? AuditError)?.exit == .usage
        }
    }
}
