import Glibc

/// A value of a document, in one word.
struct JSONValue: Equatable {
    enum Kind: UInt32 {
        case null, no, yes
        /// A whole number below `JSONDocument.mostIndices`, which is the index.
        case small
        /// Another number, by the index of its text.
        case number
        case string
        case array, object
    }

    let word: UInt32

    init(word: UInt32) { self.word = word }
    init(_ kind: Kind, _ index: Int = 0) { word = UInt32(index) << 3 | kind.rawValue }

    var kind: Kind { Kind(rawValue: word & 7)! }
    var index: Int { Int(word >> 3) }
}

/// A JSON text that was read: each string and number once, and each small array or object once, above all the frames of call stacks. So
/// a report of 100,000 stacks takes a sixth of its text's memory.
///
/// It is not copied, not even by the way for a look at one of its words, of which a large report takes millions.
struct JSONDocument: ~Copyable {
    static let mostIndices = 1 << 29
    private static let mostKnown = 1 << 22

    private(set) var root = JSONValue(.null)
    /// Of each array or object, from its index on: how many words follow, and these. A member is two: its key, a string, and its value.
    private var words: [UInt32] = []
    /// All strings and numbers, one behind the other.
    private var bytes: [UInt8] = []
    /// Where each of them ends.
    private var ends: [UInt32] = []
    private var knownTexts = IndexTable()
    private var knownContainers = IndexTable()

    /// - Parameter size: of its text, if that is known. Memory that is not touched costs nothing, and an array that grows is copied.
    init(ofTextOf size: Int) {
        words.reserveCapacity(size / 8)
    }

    // MARK: what it holds

    /// Strings and numbers.
    var textCount: Int { ends.count }
    var wordCount: Int { words.count }

    /// The words of an array or object.
    func content(of container: JSONValue) -> Range<Int> {
        let start = container.index + 1
        return start..<(start + Int(words[container.index]))
    }

    subscript(word index: Int) -> JSONValue { JSONValue(word: words[index]) }

    func string(_ index: Int) -> String { String(decoding: bytes[text(index)], as: UTF8.self) }

    private func text(_ index: Int) -> Range<Int> { (index > 0 ? Int(ends[index - 1]) : 0)..<Int(ends[index]) }

    // MARK: making it

    /// Done: what found again what stands twice is not needed any more.
    mutating func end(with root: JSONValue) {
        self.root = root
        knownTexts = IndexTable()
        knownContainers = IndexTable()
    }

    mutating func add(text: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = knownTexts.hash(UnsafeRawBufferPointer(text))
        if let known = knownTexts.first(hash, where: { isText($0, text) }) { return known }
        bytes += text
        ends.append(UInt32(bytes.count))
        knownTexts.insert(ends.count - 1, hash)
        return ends.count - 1
    }

    func isText(_ index: Int, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let range = text(index)
        return range.count == other.count
            && bytes.withUnsafeBufferPointer { bytes in
                other.isEmpty || memcmp(bytes.baseAddress! + range.lowerBound, other.baseAddress!, other.count) == 0
            }
    }

    mutating func add(container content: UnsafeBufferPointer<UInt32>) -> Int {
        // What is larger is hardly ever the same; and what finds them again is bounded, too.
        guard content.count <= 16, knownContainers.count < Self.mostKnown else { return append(content) }
        let hash = knownContainers.hash(UnsafeRawBufferPointer(content))
        if let known = knownContainers.first(hash, where: { isContainer($0, content) }) { return known }
        let index = append(content)
        knownContainers.insert(index, hash)
        return index
    }

    private mutating func append(_ content: UnsafeBufferPointer<UInt32>) -> Int {
        words.append(UInt32(content.count))
        words += content
        return words.count - content.count - 1
    }

    private func isContainer(_ index: Int, _ other: UnsafeBufferPointer<UInt32>) -> Bool {
        words[index] == UInt32(other.count) && words[(index + 1)...].prefix(other.count).elementsEqual(other)
    }
}

/// Finds indices again by a hash of what they stand for.
private struct IndexTable {
    /// The hash's upper half, and the index from 1 on; 0 where there is none.
    private var slots = [UInt64](repeating: 0, count: 1 << 8)
    private(set) var count = 0
    private let hasher = JSONHash()

    func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hasher.hash(bytes) }

    func first(_ hash: UInt64, where isMeant: (Int) -> Bool) -> Int? {
        var slot = Int(hash >> 32) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot] & 0xffff_ffff) - 1
            if slots[slot] >> 32 == hash >> 32, isMeant(index) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    mutating func insert(_ index: Int, _ hash: UInt64) {
        if 3 * count >= 2 * slots.count { grow() }
        count += 1
        put(hash & ~0xffff_ffff | UInt64(index + 1))
    }

    private mutating func put(_ entry: UInt64) {
        var slot = Int(entry >> 32) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: 2 * old.count)
        for entry in old where entry != 0 { put(entry) }
    }
}

/// A hash of this process alone: nobody writes a text whose hashes are all the same.
struct JSONHash {
    private let factor = UInt64.random(in: 0 ... .max) | 1

    func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = factor ^ UInt64(bytes.count)
        func add(_ word: UInt64) {
            hash = (hash ^ word) &* factor
            hash ^= hash >> 32
        }
        var at = 0
        while at + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var rest: UInt64 = 0
        while at < bytes.count {
            rest = rest << 8 | UInt64(bytes[at])
            at += 1
        }
        add(rest)
        return hash &* factor
    }
}
