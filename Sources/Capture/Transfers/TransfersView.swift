import AuditCore

/// The transfers witness's results, after the subject has ended.
package struct TransfersView {
    package let book: TransfersBook
    package let phases: KernelPhases
    package let witness: Witness

    package init(_ book: TransfersBook, _ phases: KernelPhases, _ watch: borrowing TransfersWatch) {
        self.book = book
        self.phases = phases
        witness = watch.witness
    }
}
