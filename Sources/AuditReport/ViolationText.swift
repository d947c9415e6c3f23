import AuditCore

extension Style {
    /// What was called, how often, where in the subject's life, by whom, and from where in its code.
    ///
    /// - Parameters:
    ///   - attached: no interposer was there, so that nothing has a stack of its.
    ///   - folded: without the frames below main, and without those in the middle of a long stack.
    func lines(_ violation: Violation, attached: Bool = false, folded: Bool = false) -> [String] {
        let what =
            "violation: \(violation.kind.text(violation.calls)) in the \(violation.phase.rawValue) phase"
            + (violation.bytes > 0 ? ", \(Figures.count(violation.bytes, "byte"))" : "")
        return [strong(what), "    " + circumstances(of: violation, attached)]
            + stackLines(violation, attached: attached, folded: folded)
    }

    /// From where in its code, a frame a line.
    package func stackLines(_ violation: Violation, attached: Bool = false, folded: Bool = false) -> [String] {
        var lines: [String] = []
        let shown = folded ? foldedStack(violation.stack) : Array(violation.stack.indices)
        for (place, index) in shown.enumerated() {
            if place > 0, index > shown[place - 1] + 1 { lines.append("    …") }
            lines.append("    #\(index) \(text(violation.stack[index], short: folded))")
        }
        let left = mainEnd(of: violation.stack) - (shown.last ?? -1) - 1
        if left > 0 {
            lines.append("    … \(Figures.count(left, "frame")) more")
        } else if violation.truncated {
            lines.append(
                "    … the stack continues" + (takesOne(violation, attached) ? " (--kernel-stacks takes it)" : ""))
        }
        return lines
    }

    /// What the kernel reports comes with the innermost frame alone, unless the rest is asked for.
    private func takesOne(_ violation: Violation, _ attached: Bool) -> Bool {
        (attached || violation.kind.family == .pageFault) && violation.stack.lazy.filter { !$0.inlined }.count == 1
    }

    /// How many frames are above those that start a program or thread. Without symbols, `_start` below them has no name.
    private func mainEnd(of stack: [Frame]) -> Int {
        (stack.firstIndex { $0.isBelowMain }).map { $0 > 0 ? $0 : stack.count } ?? stack.count
    }

    /// The innermost frames, and the program's own first one with its callers.
    private func foldedStack(_ stack: [Frame]) -> [Int] {
        let end = mainEnd(of: stack)
        let own = Place.ownFrame(of: stack) ?? 0
        let head = own < Self.mostFrames - 2 ? 0..<0 : 0..<2
        let rest = max(head.count, own < Self.mostFrames - 2 ? 0 : own - 1)
        return Array(head) + Array(rest..<min(max(end, rest), rest + Self.mostFrames - head.count))
    }

    private static let mostFrames = 6
    private static let longestName = 80

    package func circumstances(of violation: Violation, _ attached: Bool = false) -> String {
        var parts: [String] = []
        if let transfer = violation.firstTransfer { parts.append("first at transfer \(transfer)") }
        if let thread = violation.thread {
            parts.append("thread '\(printable(thread))'" + (violation.tid.map { " (\($0))" } ?? ""))
        }
        if violation.thread == nil, !violation.stack.isEmpty, violation.within == nil, violation.allocation == nil {
            parts.append("other threads")
        }
        parts.append("pid \(violation.pid)")
        if let address = violation.address { parts.append(placeText(address, violation.memory)) }
        if let allocation = violation.allocation { parts.append(allocationText(allocation)) }
        if let faults = violation.pageFaults, faults > 0 {
            parts.append("the first of them faulted in \(Figures.count(faults, "page"))")
        }
        if let heapCall = violation.within { parts.append("made by libc within \(heapCall.noun), whose stack this is") }
        if violation.stack.isEmpty { parts.append(whyNoStack(violation.kind, attached)) }
        return parts.joined(separator: ", ")
    }

    private func placeText(_ address: UInt64, _ memory: String?) -> String {
        let place = memory.map { $0 == "stack" ? "the thread's stack" : $0 == "//anon" ? "anonymous memory" : $0 }
        return "first at 0x\(String(address, radix: 16)) in "
            + (place.map(printable) ?? "memory whose mapping was not seen")
    }

    private func allocationText(_ allocation: KernelAllocation) -> String {
        (allocation.perTransfer.map { "\(Figures.hundredths($0)) for each transfer, " } ?? "")
            + printable(allocation.gfp)
            + (allocation.cache.map { ", cache \(printable($0))" } ?? "") + ", risk \(allocation.riskText)"
    }

    private func whyNoStack(_ kind: EventKind, _ attached: Bool) -> String {
        switch kind.family {
        case .pageFault:
            "no address: the kernel touched the memory itself (a transfer, mlock or another call)"
        case .unexplained:
            "found at the end of the phase, without a \(kind == .pagesUnexplained ? "page fault" : "call") that explains it"
        case .systemCall where attached: "seen by the kernel, which took no stack"
        case .systemCall: "seen by the kernel only: made by libc for itself, or past it"
        default: "the stack was not kept"
        }
    }

    /// `function file:line (module+0xoffset)`
    ///
    /// - Parameter short: a function without its parameters, which templates make longer than a line.
    func text(_ frame: Frame, short: Bool = false) -> String {
        let name = frame.function.map { short ? shortened(shortFunction($0), to: Self.longestName) : $0 }
        var parts = [name.map(printable) ?? "??"]
        if let file = frame.file.map(path) { parts.append(frame.line.map { "\(file):\($0)" } ?? file) }
        if frame.inlined {
            parts.append("[inlined]")
        } else if let module = frame.module, module.hasPrefix("[") {
            parts.append(printable(module))  // the kernel's addresses mean nothing elsewhere
        } else {
            let module = frame.module?.split(separator: "/").last.map { printable(String($0)) } ?? "??"
            parts.append("(\(module)+0x\(String(frame.offset, radix: 16)))")
        }
        return parts.joined(separator: " ")
    }
}
