import DioauditTesting
import Testing

/// Tests run at the same time as the others, and disturb no count.
@Test(arguments: 0..<1000) func countsExactly(_ times: Int) throws {
    let counts = try countAllocations { allocate(times) }
    #expect(counts == (times == 0 ? [:] : [.malloc: times, .free: times]))
}
