import AuditCore

/// The transfers witness's results, after the subject has ended.
package struct TransfersView {
    package let book: TransfersBook
    package let phases: KernelPhases
    package let untracedFaults: UntracedFaults
    package let pages: PagesBook
    /// Why the resident pages of processes without an interposer were not watched; null if they were.
    package let pagesProblem: String?
    package let witness: Witness

    package init(
        _ book: TransfersBook, _ phases: KernelPhases, _ untracedFaults: UntracedFaults, _ pages: PagesBook,
        _ watch: borrowing TransfersWatch
    ) {
        self.book = book
        self.untracedFaults = untracedFaults
        self.pages = pages
        pagesProblem = watch.pagesProblem
        self.phases = phases
        witness = watch.witness
    }
}
