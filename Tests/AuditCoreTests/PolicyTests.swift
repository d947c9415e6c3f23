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

    @Test func namesOfGroupsStandForTheirKinds() throws {
        let heap = try Policy.kinds(in: "heap")
        #expect(heap.contains(.malloc) && heap.contains(.free) && !heap.contains(.mmap))
        let rest = Policy(allow: try Policy.kinds(in: "heap,mappings,faults")).forbidden
        #expect(rest == [.munlock, .munlockall])
    }

    @Test func whatNothingExplainsIsJudgedWhereItsKindIs() {
        #expect(Policy(allow: [.pageFaultMajor]).forbids(.pagesUnexplained))
        #expect(!Policy(allow: [.pageFaultMinor]).forbids(.pagesUnexplained))
        #expect(Policy(allow: [.mmap]).forbids(.mappingsUnexplained))
        #expect(!Policy(allow: [.mmap, .syscallMmap]).forbids(.mappingsUnexplained))
        #expect(Policy(allow: [.mmap, .syscallMmap], forbid: [.mappingsUnexplained]).forbids(.mappingsUnexplained))
    }

    @Test(arguments: ["", "fre", "free,", "free munmap", "FREE"]) func otherNamesAreUsageErrors(list: String) {
        #expect { try Policy.kinds(in: list) } throws: { error in
            (error as? AuditError)?.exit == .usage
        }
    }
}
