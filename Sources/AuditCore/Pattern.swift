/// A sequence with gaps: what each place takes, and runs that take anything.
struct Pattern<Item: Equatable & Sendable>: Equatable, Sendable {
    enum Place: Equatable, Sendable {
        /// Any number of elements, also none.
        case run
        case one(Item)
    }

    var places: [Place]

    /// Whether all of the elements, from the first to the last, fit.
    ///
    /// Takes no more than time by places and elements: only the last run is ever tried at another length, since one
    /// before it has already found the earliest fit for what follows it.
    func matches<Element>(_ elements: [Element], by fits: (Item, Element) -> Bool) -> Bool {
        var place = 0
        var index = 0
        var lastRun: (place: Int, end: Int)?
        while index < elements.count {
            if place < places.count, places[place] == .run {
                place += 1
                lastRun = (place, index)
            } else if place < places.count, case .one(let item) = places[place], fits(item, elements[index]) {
                place += 1
                index += 1
            } else if let run = lastRun {
                lastRun = (run.place, run.end + 1)
                place = run.place
                index = run.end + 1
            } else {
                return false
            }
        }
        return places[place...].allSatisfy { $0 == .run }
    }
}
