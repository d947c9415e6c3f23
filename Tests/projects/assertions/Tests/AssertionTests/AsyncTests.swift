import DioauditTesting
import Glibc
import Testing

private func step(_ times: Int) async { allocate(times) }

@Test func asyncPasses() async throws {
    try await expectNoAllocations { await step(0) }
}

@Test func asyncFails() async throws {
    try await expectNoAllocations(runs: 2) { await step(2) }
}

/// Swift's runtime makes each yield by one posix_memalign.
@Test func asyncFollowsThreads() async throws {
    try await expectNoAllocations(allowing: [.posixMemalign]) {
        for _ in 0..<20 {
            await step(1)
            await Task.yield()
        }
    }
}

@Test func asyncFollowsChildren() async throws {
    try await expectNoAllocations(allowing: AllocationKind.allCases.filter { $0 != .valloc }) {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { drop(valloc(64)) } }
        }
    }
}

@Test func asyncPassesAcrossThreads() async throws {
    try await expectNoAllocations(allowing: [.posixMemalign]) {
        for _ in 0..<20 { await Task.yield() }
    }
}

@Test func leavesForMainActor() async throws {
    try await expectNoAllocations { await MainActor.run {} }
}

@MainActor private func onMain() { allocate(1) }

@Test func allocatesOnMainActor() async throws {
    try await expectNoAllocations { await onMain() }
}

actor Counter {
    var count = 0
    func add() { count += 1 }
    func fill() { allocate(7) }
}

/// To follow a task, Swift's runtime enters an actor by one posix_memalign.
@Test func actorPasses() async throws {
    let counter = Counter()
    try await expectNoAllocations(allowing: [.posixMemalign]) { await counter.add() }
}

@Test func actorFails() async throws {
    let counter = Counter()
    try await expectNoAllocations(allowing: [.posixMemalign]) { await counter.fill() }
}

@Test func asyncJudgesABodyThatThrows() async throws {
    await #expect(throws: Thrown.self) {
        try await expectNoAllocations(afterWarmup: 0, allowing: AllocationKind.allCases.filter { $0 != .valloc }) {
            await step(0)
            _ = valloc(64)
            throw Thrown()
        }
    }
}
