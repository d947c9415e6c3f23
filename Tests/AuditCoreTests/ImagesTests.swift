import AuditCore
import Testing

/// Which programs were announced, or executed, and never reported? Process 10 is the subject's first.
@Suite struct ImagesTests {
    private func images(
        announced: [(pid: Int32?, parent: Int32)] = [], attached: [(pid: Int32, parent: Int32, at: UInt64)] = []
    ) -> Images {
        var images = Images(of: 10)
        images.announced = announced.map { Images.Announced(pid: $0.pid, parent: $0.parent) }
        images.attached = attached.map { Images.Attached(pid: $0.pid, parent: $0.parent, at: $0.at) }
        return images
    }

    private func exec(_ pid: Int32, at nanoseconds: UInt64) -> ExecRecord {
        ExecRecord(nanoseconds: nanoseconds, pid: pid, path: "/bin/other")
    }

    @Test func whatWasAnnouncedAndReportedIsSeen() {
        #expect(images().unseen == 0)
        #expect(images(announced: [(11, 10)], attached: [(10, 1, 100), (11, 10, 200)]).unseen == 0)
    }

    @Test func whatNeverReportedIsUnseen() {
        #expect(images(announced: [(11, 10), (12, 10)], attached: [(10, 1, 100), (12, 10, 200)]).unseen == 1)
    }

    @Test func theFirstProcesssOwnImageMakesUpForNone() {
        #expect(images(announced: [(10, 10)], attached: [(10, 1, 100)]).unseen == 1)
        #expect(images(announced: [(10, 10)], attached: [(10, 1, 100), (10, 1, 200)]).unseen == 0)
    }

    /// Process 13 was announced by none of ours (a daemon's, say): it is not process 11.
    @Test func anotherThatReportedDoesNotMakeUpForIt() {
        #expect(images(announced: [(11, 10)], attached: [(10, 1, 100), (13, 2, 200)]).unseen == 1)
    }

    @Test func aChildWithoutAKnownNumberIsOneOfItsParents() {
        let attached: [(Int32, Int32, UInt64)] = [(10, 1, 100), (11, 10, 200), (12, 10, 300)]
        #expect(images(announced: [(nil, 10), (nil, 10)], attached: attached).unseen == 0)
        #expect(images(announced: [(nil, 10), (nil, 10), (nil, 10)], attached: attached).unseen == 1)
        #expect(images(announced: [(nil, 11)], attached: attached).unseen == 1)
        #expect(images(announced: [(nil, 10), (11, 10), (12, 10)], attached: attached).unseen == 1)
    }

    @Test func anExecWithoutAReportIsUnseen() {
        let images = images(attached: [(10, 1, 100), (10, 1, 310)])
        let execs = [exec(10, at: 90), exec(10, at: 200), exec(11, at: 250), exec(10, at: 300)]
        #expect(
            images.unseen(among: execs).map { [Int64($0.pid), Int64($0.nanoseconds)] } == [[10, 200], [11, 250]])
    }

    @Test func aReportBeforeTheExecOrAfterTheNextIsNotItsOwn() {
        let execs = [exec(10, at: 200), exec(10, at: 300)]
        for (attached, unseen) in [(199, [200, 300]), (200, [300]), (299, [300]), (300, [200])] as [(UInt64, [UInt64])]
        {
            #expect(images(attached: [(10, 1, attached)]).unseen(among: execs).map(\.nanoseconds) == unseen)
        }
    }
}
