import AuditCore
import AuditReport

extension Audit {
    /// The places that violate, first that of the most calls, with their stacks.
    func placesTable(_ id: String, _ limits: Limits) -> Markup? {
        guard !places.isEmpty else { return nil }
        let shown = places.prefix(limits.places)
        var markup = table(shown.prefix(mostAtOnce), limits)
        let folded = shown.dropFirst(mostAtOnce)
        if !folded.isEmpty {
            markup += """
                <details class="folded"><summary>\(Figures.count(folded.count, "more place"))</summary>
                \(table(folded, limits))</details>

                """
        }
        let rest = places.dropFirst(limits.places)
        guard !rest.isEmpty else { return markup }
        let calls = rest.reduce(0) { $0 &+ $1.calls }
        let left =
            "And \(Figures.count(rest.count, "more place")), \(Figures.count(calls, "call")), in the JSON report."
        return markup + "<p class=\"note\">\(left)</p>\n"
    }

    private func table(_ shown: ArraySlice<Place>, _ limits: Limits) -> Markup {
        var table = MarkupTable(
            "Places that violate", style: "places",
            [.text("place"), .number("calls"), .number("per transfer"), .number("bytes"), .text("kinds")]
                + [.text("thread")])
        for (index, place) in zip(shown.indices, shown) {
            table.add(
                [
                    placeName(place), "\(place.calls)", "\(rate(place, processes))",
                    "\(place.bytes > 0 ? Figures.bytes(place.bytes) : "–")", "\(place.kindsInWords)",
                    "\(threadsText(place))",
                ], below: stacks(place, limits, open: index == 0))
        }
        return table.markup
    }

    /// The program's first frame; or what is known where no frame is.
    func placeName(_ place: Place) -> Markup {
        guard let frame = place.frame else { return "\(violations[place.violations[0]].unknownPlace)" }
        return frame.nameAndSource(isShort: true)
    }

    private func stacks(_ place: Place, _ limits: Limits, open: Bool) -> Markup {
        let shown = place.violations.prefix(limits.stacks).map { index -> Markup in
            let violation = violations[index]
            let stack = violation.stack.isEmpty ? "" : stackList(violation.stack, truncated: violation.truncated)
            return "<p>\(violation.kind.text(violation.calls)), \(plain.circumstances(of: violation))</p>\(stack)"
        }
        let rest = place.violations.count - shown.count
        let more = when(
            rest > 0, "<p>and \(Figures.count(rest, "more stack")) from the same place, in the JSON report</p>")
        let count = violations[place.violations[0]].stack.isEmpty ? "circumstances" : stackCount(place.violations.count)
        return "<details\(when(open, " open"))><summary>\(count)</summary>\(shown)\(more)</details>"
    }

    private func stackCount(_ count: Int) -> String { count == 1 ? "stack" : "\(count) stacks" }
}

private let mostAtOnce = 25
private let mostFrames = 200

private func threadsText(_ place: Place) -> String {
    guard let first = place.threads.first else { return "–" }
    return first + (place.threads.count > 1 ? " and \(place.threads.count - 1) more" : "")
}

func stackDetails(_ stack: [Frame], truncated: Bool) -> Markup {
    "<details><summary>stack</summary>\(stackList(stack, truncated: truncated))</details>"
}

/// Innermost first.
private func stackList(_ stack: [Frame], truncated: Bool) -> Markup {
    let frames = stack.prefix(mostFrames).map { frame -> Markup in
        let place = frame.inlined ? "inlined" : frame.function == nil ? "" : frame.moduleAndOffset
        return "<li\(when(frame.isBelowMain, " class=\"below\""))>\(frame.nameAndSource()) <small>\(place)</small></li>"
    }
    let left = stack.count - frames.count
    let end: Markup =
        left > 0
        ? "<p>… \(Figures.count(left, "frame")) more</p>" : truncated ? "<p>… the stack continues</p>" : ""
    return "<ol start=\"0\">\(frames)</ol>\(end)"
}

extension Frame {
    /// `allocate /home/user/project/main.c:14`, or `allocate main.c:14`; without debug info `allocate project`.
    func nameAndSource(isShort: Bool = false) -> Markup {
        let name: Markup = "<b>\(function.map(shortFunction) ?? moduleAndOffset)</b>"
        guard let path = file else {
            let module = when(isShort && function != nil, " <span class=\"source\">\(moduleName)</span>")
            return name + module
        }
        let file = isShort ? lastComponent(path) : path
        return "\(name) <span class=\"source\">\(file)\(line.map { ":\($0)" } ?? "")</span>"
    }

    var moduleAndOffset: String {
        // The kernel's addresses mean nothing elsewhere.
        moduleName.hasPrefix("[") ? moduleName : "\(moduleName)+0x\(String(offset, radix: 16))"
    }

    private var moduleName: String { module.map(lastComponent) ?? "??" }
}

private func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
