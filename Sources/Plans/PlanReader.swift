import AuditCore

extension Plan {
    /// Reads a `dioaudit.yml`: docs/plans.md says how one is written. Whatever is not understood is an error: a key that silently
    /// means nothing is an audit that does not take place.
    ///
    /// - Parameters:
    ///   - file: its path, for messages; what is relative in it is so to the file's directory.
    ///   - options: those of `dioaudit run`.
    public init(yaml bytes: [UInt8], file: String, options: OptionTable) throws(AuditError) {
        var reader = YAMLReader(bytes, file: file)
        let start = Place(line: 1, column: 1)
        guard let root = try reader.document() else {
            throw wrong("an empty plan", file, start, "'dioaudit init' writes one to begin with")
        }
        self = try PlanReader(file: file, table: options).plan(root)
    }
}

private struct PlanReader {
    let values: Values
    let table: OptionTable
    private let keys: [Draft.Kind: Set<String>]

    init(file: String, table: OptionTable) {
        values = Values(file: file)
        self.table = table
        keys = [.workload: Keys.ofWorkload(table), .subject: Keys.ofSubject(table)]
    }

    func plan(_ root: Node) throws(AuditError) -> Plan {
        let pairs = try values.mapping(root, of: "the plan")
        let parts = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
        // Before the keys: those of another version may be others.
        try checkVersion(parts["version"], root)
        try values.check(pairs, are: Keys.ofPlan, of: "a plan")

        let defaults = try parts["defaults"].map { (node) throws(AuditError) in try self.defaults(node) } ?? [:]
        let policies = try parts["policies"].map { (node) throws(AuditError) in try self.policies(node) } ?? [:]
        let shared =
            try parts["suppressions"].map { (node) throws(AuditError) in try texts(node, of: "suppressions") } ?? []
        var drafts: [Draft] = []
        if let node = parts["workloads"] { drafts += try self.drafts(.workload, node, of: "workloads") }
        if let node = parts["subjects"] { drafts += try self.drafts(.subject, node, of: "subjects") }
        guard !drafts.isEmpty else {
            throw values.wrong(
                "a plan without an audit", root, "name what is to be audited below 'workloads' or 'subjects'")
        }
        let crossed = try Crossing(values: values, keys: keys).crossed(drafts, by: parts["matrix"])

        var entries: [Entry] = []
        var places: [String: Place] = [:]
        for draft in crossed {
            let layers = try layers(draft, policies, defaults)
            let entry = try entry(draft, layers, shared)
            if let first = places.updateValue(draft.place, forKey: entry.name) {
                throw wrong(
                    "two audits have the name '\(entry.name)'", values.file, draft.place,
                    "the first is in line \(first.line): give one another name")
            }
            entries.append(entry)
        }
        return Plan(file: values.file, entries: entries)
    }

    private func checkVersion(_ node: Node?, _ root: Node) throws(AuditError) {
        let remedy = "write 'version: 1' first"
        guard let node else { throw values.wrong("no version", root, remedy) }
        let version = try values.text(node, of: "version")
        guard version == "1" else {
            throw values.wrong("this dioaudit reads plans of version 1, and not '\(version)'", node, remedy)
        }
    }

    // MARK: parts of the plan

    private func defaults(_ node: Node) throws(AuditError) -> [String: Node.Pair] {
        let pairs = try values.mapping(node, of: "defaults")
        try values.check(pairs, are: Keys.ofDefaults(table), of: "the defaults")
        return byKey(pairs)
    }

    private func policies(_ node: Node) throws(AuditError) -> [String: [String: Node.Pair]] {
        var policies: [String: [String: Node.Pair]] = [:]
        for pair in try values.mapping(node, of: "policies") {
            let options = try values.mapping(pair.value, of: pair.key)
            try values.check(options, are: table.names, of: "a policy")
            policies[pair.key] = byKey(options)
        }
        return policies
    }

    private func drafts(_ kind: Draft.Kind, _ node: Node, of key: String) throws(AuditError) -> [Draft] {
        var drafts: [Draft] = []
        for pair in try values.mapping(node, of: key) {
            let isName =
                (1...100).contains(pair.key.count) && !pair.key.contains { "[],".contains($0) }
                && printable(pair.key) == pair.key
            guard isName else {
                throw wrong(
                    "'\(pair.key)' is no name of an audit", values.file, pair.place,
                    "it has 1 to 100 characters, without brackets, commas and control characters")
            }
            let own = try values.mapping(pair.value, of: pair.key)
            try values.check(own, are: keys[kind]!, of: kind.text)
            drafts.append(Draft(kind: kind, name: pair.key, place: pair.place, own: byKey(own)))
        }
        return drafts
    }

    private func byKey(_ pairs: [Node.Pair]) -> [String: Node.Pair] {
        Dictionary(pairs.map { ($0.key, $0) }) { first, _ in first }
    }

    // MARK: an entry

    private func layers(
        _ draft: Draft, _ policies: [String: [String: Node.Pair]], _ defaults: [String: Node.Pair]
    ) throws(AuditError) -> Layers {
        let own = draft.own.merging(draft.crossed) { $1 }
        var chosen: [[String: Node.Pair]] = []
        if let node = (own["policy"] ?? defaults["policy"])?.value {
            let name = try values.text(node, of: "policy")
            guard let policy = policies[name] else {
                throw values.wrong(
                    "there is no policy '\(name)'", node,
                    didYouMean(name, Array(policies.keys)) + "'policies' has: "
                        + policies.keys.sorted().joined(separator: ", "))
            }
            if let other = policy.keys.sorted().first(where: { !keys[draft.kind]!.contains($0) }) {
                throw values.wrong(
                    "the policy '\(name)' has '\(other)', which \(draft.kind.text) has not", node,
                    "give \(draft.name) another policy")
            }
            chosen.append(policy)
        }
        return Layers(own: own, policies: chosen, defaults: defaults)
    }

    private func entry(_ draft: Draft, _ layers: Layers, _ shared: [String]) throws(AuditError) -> Entry {
        let work =
            switch draft.kind {
            case .workload: try workload(draft, layers)
            case .subject: Work.program(try program(draft, layers))
            }
        var entry = Entry(draft.name(values), place: values.place(draft.place), work)
        entry.options = try options(draft, layers, shared)
        if let node = layers["repeat"] { entry.repeats = try values.whole(node, of: "repeat", in: 1...1000) }
        if let node = layers["set-up"] { entry.setUp = try values.commands(node, of: "set-up") }
        if let node = layers["tear-down"] { entry.tearDown = try values.commands(node, of: "tear-down") }
        entry.commandTimeout = try setting("command-timeout", layers)
        return entry
    }

    private func setting(_ key: String, _ layers: Layers) throws(AuditError) -> Setting? {
        guard let node = layers[key] else { return nil }
        return Setting(key, [try values.word(node, of: key)], at: values.place(node.place))
    }

    private func workload(_ draft: Draft, _ layers: Layers) throws(AuditError) -> Work {
        guard let rw = layers["rw"] else {
            throw wrong(
                "'\(draft.name)' has no 'rw'", values.file, draft.place, "say what it does, such as 'rw: randwrite'")
        }
        func number(_ key: String, _ otherwise: Int) throws(AuditError) -> Int {
            try layers[key].map { (node) throws(AuditError) in try values.whole(node, of: key, in: 0...1 << 40) }
                ?? otherwise
        }
        func size(_ key: String) throws(AuditError) -> Int? {
            try layers[key].map { (node) throws(AuditError) in try values.size(node, of: key) }
        }
        if let node = layers["direct"], try values.whole(node, of: "direct", in: 0...1) == 0 {
            throw values.wrong("'direct: 0'", node, "direct I/O is what is audited: leave it out, or write 1")
        }
        let block = try size("bs") ?? 4096
        var workload = Workload(
            engine: try layers["ioengine"].map { (node) throws(AuditError) in
                try values.choice(node, of: "ioengine", Workload.engines)
            } ?? "psync",
            rw: try values.choice(rw, of: "rw", Workload.patterns), blockBytes: block,
            jobs: try number("numjobs", 1), iodepth: try number("iodepth", 1), fileBytes: 0,
            warmupTransfers: try number("warmup-ios", 64), steadyTransfers: try number("number_ios", 1024),
            syncInterval: try number("fsync", 0))
        // As with fio, it means nothing to them; but who gives it to one alone is mistaken.
        if layers.isDefault("iodepth"), Workload.synchronousEngines.contains(workload.engine) { workload.iodepth = 1 }
        workload.fileBytes = try size("size") ?? max(8 << 20, block * workload.iodepth)
        if let (key, what) = workload.problem {
            let place = layers[key]?.place ?? draft.place
            throw wrong("'\(key)': \(what)", values.file, place, "correct it, or leave it out")
        }
        return .workload(workload, directory: try setting("directory", layers).map(relative))
    }

    private func program(_ draft: Draft, _ layers: Layers) throws(AuditError) -> Program {
        guard let command = layers["command"] else {
            throw wrong(
                "'\(draft.name)' has no 'command'", values.file, draft.place,
                "name the program and its arguments: 'command: [./daemon, --once]'")
        }
        var program = Program(command: try values.command(command, of: "command"))
        if let node = layers["environment"] {
            for pair in try values.mapping(node, of: "environment") {
                guard !pair.key.isEmpty, !pair.key.contains("=") else {
                    throw wrong("'\(pair.key)' names no variable", values.file, pair.place, "a name has no '='")
                }
                program.environment.append((pair.key, try values.text(pair.value, of: pair.key)))
            }
        }
        let directory = directory(of: values.file)
        program.directory = directory.isEmpty ? nil : directory
        if let node = layers["working-directory"] {
            program.directory = path(try values.text(node, of: "working-directory"), in: values.file)
        }
        return program
    }

    private func options(_ draft: Draft, _ layers: Layers, _ shared: [String]) throws(AuditError) -> [Setting] {
        var settings: [Setting] = []
        for name in table.names
        where keys[draft.kind]!.contains(name) && !(name == "warmup-ios" && draft.kind == .workload) {
            guard let node = layers[name], let option = table.options[name] else { continue }
            let texts =
                option.isFlag ? [try values.flag(node, of: name) ? "true" : "false"] : try texts(node, of: option)
            let setting = Setting(name, texts, at: values.place(node.place))
            settings.append(OptionTable.paths.contains(name) ? relative(setting) : setting)
        }
        if !shared.isEmpty {
            settings.append(relative(Setting("suppressions", shared, at: values.place(Place(line: 1, column: 1)))))
        }
        return settings
    }

    private func texts(_ node: Node, of option: OptionTable.Option) throws(AuditError) -> [String] {
        switch node.content {
        case .list where option.repeats: return try texts(node, of: option.name)
        case .mapping(let pairs) where option.isPair:
            var texts: [String] = []
            for pair in pairs { texts.append("\(pair.key)=\(try values.word(pair.value, of: pair.key))") }
            return texts
        default: return [try values.word(node, of: option.name)]
        }
    }

    private func texts(_ node: Node, of key: String) throws(AuditError) -> [String] {
        var texts: [String] = []
        for node in try values.list(node, of: key) { texts.append(try values.word(node, of: key)) }
        return texts
    }

    // MARK: paths

    private func relative(_ setting: Setting) -> Setting {
        Setting(setting.key, setting.values.map { path($0, in: values.file) }, at: setting.place)
    }
}
