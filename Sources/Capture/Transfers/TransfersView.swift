import AuditCore

/// The transfers witness's results, after the subject has ended.
package struct TransfersView {
    package let book: TransfersBook
    package let phases: KernelPhases
    package let untracedFaults: UntracedFaults
    package let witness: Witness

    package init(
        _ book: TransfersBook, _ phases: KernelPhases, _ untracedFaults: UntracedFaults,
        _ watch: borrowing TransfersWatch
    ) {
        self.book = book
        self.untracedFaults = untracedFaults
        self.phases = phases
        witness = watch.witness
    }
}
