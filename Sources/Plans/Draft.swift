/// An entry as it is written, and one of the ways in which a matrix crosses it.
struct Draft {
    enum Kind {
        case workload, subject

        /// In an error's words.
        var text: String { self == .workload ? "a workload" : "a subject" }
    }

    let kind: Kind
    let name: String
    /// Of its name.
    let place: Place
    let own: [String: Node.Pair]
    /// What a matrix gives to it, by key.
    var crossed: [String: Node.Pair] = [:]

    /// `journal[bs=4k,ioengine=psync]`: in alphabetical order, so that the order in the file changes no name.
    func name(_ values: Values) -> String {
        guard !crossed.isEmpty else { return name }
        let parts = crossed.values.sorted { $0.key < $1.key }.map { pair -> String in
            guard case .text(let text, _) = pair.value.content else { return pair.key }
            return "\(pair.key)=\(text)"
        }
        return "\(name)[\(parts.joined(separator: ","))]"
    }
}

/// Where a draft's values come from: the first that has a key.
struct Layers {
    let own: [String: Node.Pair]
    let policies: [[String: Node.Pair]]
    let defaults: [String: Node.Pair]

    subscript(key: String) -> Node? {
        if let pair = own[key] { return pair.value }
        for policy in policies { if let pair = policy[key] { return pair.value } }
        return defaults[key]?.value
    }

    func isDefault(_ key: String) -> Bool { own[key] == nil && !policies.contains { $0[key] != nil } }
}
