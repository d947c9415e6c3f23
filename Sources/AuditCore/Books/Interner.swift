/// Values by number: each is kept once.
package struct Interner<Value: Hashable> {
    /// More are not kept, so that memory stays bounded.
    package let most: Int
    package private(set) var values: [Value] = []
    /// How often a value was not kept.
    package private(set) var refusals: UInt64 = 0
    private var numbers: [Value: Int32] = [:]

    package init(most: Int) {
        self.most = most
    }

    /// -1 where it is not kept.
    package mutating func index(of value: Value) -> Int32 {
        if let number = numbers[value] { return number }
        guard values.count < most else {
            refusals += 1
            return -1
        }
        let number = Int32(values.count)
        numbers[value] = number
        values.append(value)
        return number
    }

    package subscript(number: Int32) -> Value? {
        values.indices.contains(Int(number)) ? values[Int(number)] : nil
    }
}
