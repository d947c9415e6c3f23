import AuditCore
import Inspect

extension KernelView {
    /// Reads the names of what the book and the watch have by address.
    package init(_ book: KernelBook, _ watch: borrowing KernelWatch, _ flushers: IOFlushers, _ parser: Parser) {
        var symbols = KernelSymbols([:])
        var userFrames: [[UInt64]: [Frame]] = [:]
        // To read the kernel's symbols takes 50 ms: too long for a program that never transferred.
        if book.hasPhases {
            symbols = KernelSymbols(of: watch.stacks.values.reduce(into: book.sites) { $0.formUnion($1.kernel) })
            let symbolizer = Symbolizer(parser)
            let stacks = Array(book.userFrames)
            let named = symbolizer.name(stacks.map(\.value), byFileOffset: true)
            userFrames = Dictionary(uniqueKeysWithValues: zip(stacks.map(\.key), named))
        }
        self.init(
            book, watch.witness, texts: watch.texts, stacks: watch.stacks, gfp: watch.gfp, symbols: symbols,
            userFrames: userFrames, flushers: flushers.known)
    }
}

extension KernelWatch {
    var witness: Witness {
        var witness = Witness.active
        if let problem {
            witness = .unavailable(problem)
        } else if lost > 0 {
            witness = .partial("the kernel witness lost \(plural(lost, "record"))", .spareCPU)
        } else if malformed > 0 {
            witness = .partial("the kernel witness could not read \(plural(malformed, "record"))", .bug)
        } else if stacks.refusals > 0 {
            witness = .partial(
                "the kernel witness kept no call chain of \(plural(stacks.refusals, "record")), beyond "
                    + "\(stacks.most) different ones", .withoutStacks)
        } else if texts.refusals > 0 {
            witness = .partial(
                "the kernel witness kept no name of \(plural(texts.refusals, "mapping or cache")), beyond "
                    + "\(texts.most) different ones", .withoutStacks)
        }
        witness.remedies = remedies ?? witness.remedies
        witness.tracing = tracing
        witness.programsRefused = refusal
        return witness
    }
}
