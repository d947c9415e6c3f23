/// The mappings of processes, from the kernel's records so far, in the order of time.
package struct AddressSpaces {
    package struct Place {
        package let start: UInt64
        package let end: UInt64
        /// In the file.
        package let offset: UInt64
        /// The file's path, `//anon`, `[heap]`.
        package let text: Int32
    }

    /// By process, in the order of addresses; none overlaps.
    private var places: [Int32: [Place]] = [:]
    /// The addresses of the interposer's own code.
    private var interposers: [Int32: Place] = [:]
    /// The addresses at which the kernel executes instructions that uprobes replaced.
    private var uprobes: [Int32: Place] = [:]
    /// A bound, so that a process that maps and unmaps for ever does not fill our memory.
    private static let most = 16384

    package init() {}

    package mutating func map(_ record: KernelRecord, isInterposer: Bool, isOfUprobes: Bool) {
        guard record.bytes > 0, record.bytes <= UInt64.max - record.address else { return }
        let place = Place(
            start: record.address, end: record.address + record.bytes, offset: record.site, text: record.text)
        if isOfUprobes { uprobes[record.pid] = place }
        if isInterposer {
            let known = interposers[record.pid]
            interposers[record.pid] = Place(
                start: min(known?.start ?? .max, place.start), end: max(known?.end ?? 0, place.end), offset: 0,
                text: place.text)
        }
        var all = places[record.pid] ?? []
        if all.count > Self.most { all.removeAll() }
        // Where it lies over others, what is left of them at its ends stays.
        let first = all.partition { $0.end > place.start }
        let last = all.partition { $0.start >= place.end }
        var between: [Place] = [place]
        if first < last {
            if all[first].start < place.start { between.insert(all[first].cut(to: place.start), at: 0) }
            if all[last - 1].end > place.end { between.append(all[last - 1].cut(from: place.end)) }
        }
        all.replaceSubrange(first..<last, with: between)
        places[record.pid] = all
    }

    package mutating func fork(_ pid: Int32, from parent: Int32) {
        places[pid] = places[parent]
        interposers[pid] = interposers[parent]
        uprobes[pid] = uprobes[parent]
    }

    package mutating func exec(_ pid: Int32) {
        places[pid] = nil
        interposers[pid] = nil
        uprobes[pid] = nil
    }

    /// The address is in the interposer's code.
    package func isInterposer(_ pid: Int32, _ instruction: UInt64) -> Bool {
        interposers[pid]?.holds(instruction) ?? false
    }

    package func isOfUprobes(_ pid: Int32, _ address: UInt64) -> Bool {
        uprobes[pid]?.holds(address) ?? false
    }

    /// By its place in the file.
    package func frame(_ pid: Int32, _ address: UInt64, _ texts: Interner<String>) -> Frame {
        let place = place(pid, address)
        return Frame(
            module: place.flatMap { texts[$0.text] },
            offset: place.map { address - $0.start + $0.offset } ?? address)
    }

    /// The mappings that overlap the range now.
    package func places(_ pid: Int32, from start: UInt64, bytes: UInt64) -> ArraySlice<Place> {
        guard let all = places[pid], bytes > 0, bytes <= UInt64.max - start else { return [] }
        return all[all.partition { $0.end > start }..<all.partition { $0.start >= start + bytes }]
    }

    package func place(_ pid: Int32, _ address: UInt64) -> Place? {
        guard let all = places[pid] else { return nil }
        let index = all.partition { $0.end > address }
        return index < all.count && all[index].start <= address ? all[index] : nil
    }

    /// The mapping at an address, and the path of its file.
    package func file(_ pid: Int32, _ address: UInt64, _ texts: Interner<String>) -> (place: Place, path: String)? {
        guard let place = place(pid, address), let path = texts[place.text] else { return nil }
        return (place, path)
    }
}

extension AddressSpaces.Place {
    fileprivate func holds(_ address: UInt64) -> Bool { start <= address && address < end }

    fileprivate func cut(to end: UInt64) -> Self { Self(start: start, end: end, offset: offset, text: text) }

    fileprivate func cut(from begin: UInt64) -> Self {
        Self(start: begin, end: end, offset: offset + (begin - start), text: text)
    }
}

extension [AddressSpaces.Place] {
    /// The index of the first for which it holds; it must hold for all that come after.
    fileprivate func partition(_ holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
