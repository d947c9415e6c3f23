import AuditCore
import Plans

/// An option of `dioaudit run` that is a key of plans, and how its values get into a command without the parser, which would take half
/// a millisecond for each entry. Which texts are its values is its type's to say, for both.
struct RunOption: Sendable {
    let key: OptionTable.Option
    let set: @Sendable (inout RunCommand, [String]) throws(WrongValue) -> Void

    static let all = [
        flag("kernel-stacks", \.kernelStacks), flag("lock", \.lock), flag("squeeze", \.squeeze),
        flag("strict", \.gate.strict), flagWithOpposite("require-lock", \.requireLock),
        value("enforce", \.enforce), value("expect-exit", \.expectExit), value("kernel", \.kernel),
        value("min-ios", \.minIos), value("phases", \.phases), value("process", \.process),
        value("scope", \.scope),
        value("squeeze-slack", \.squeezeSlack), value("steady-after", \.steadyAfter),
        value("steady-from", \.steadyFrom), value("steady-to", \.steadyTo), value("syscalls", \.syscalls),
        value("timeout", \.timeout), value("wait", \.wait), value("warmup-ios", \.warmupIos),
        value("warmup-time", \.warmupTime),
        list("allow", \.judging.allow), list("forbid", \.judging.forbid),
        list("suppressions", \.judging.suppressions),
        list("budget", \.gate.budget, ofPairs: true), list("kernel-limit", \.kernelLimit, ofPairs: true),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.key.name, $0) })
}

extension OptionTable {
    static let ofRun = OptionTable(RunOption.all.map(\.key))
}

private typealias Property<Value> = WritableKeyPath<RunCommand, Value> & Sendable

extension RunOption {
    static func value<Value: OptionValue>(_ text: String) throws(WrongValue) -> Value {
        do throws(WrongValue) { return try Value(option: text) } catch {
            throw WrongValue("'\(text)': \(error)")
        }
    }

    private static func value<Value: OptionValue>(_ name: String, _ property: Property<Value>) -> RunOption {
        RunOption(key: .init(name)) { (run, texts) throws(WrongValue) in
            for text in texts { run[keyPath: property] = try value(text) }
        }
    }

    private static func value<Value: OptionValue>(_ name: String, _ property: Property<Value?>) -> RunOption {
        RunOption(key: .init(name)) { (run, texts) throws(WrongValue) in
            for text in texts { run[keyPath: property] = try value(text) }
        }
    }

    private static func list<Value: OptionValue>(
        _ name: String, _ property: Property<[Value]>, ofPairs isPair: Bool = false
    ) -> RunOption {
        RunOption(key: .init(name, repeats: true, isPair: isPair)) { (run, texts) throws(WrongValue) in
            for text in texts { run[keyPath: property].append(try value(text)) }
        }
    }

    private static func flag(_ name: String, _ property: Property<Bool>) -> RunOption {
        RunOption(key: .init(name, isFlag: true)) { $0[keyPath: property] = $1 == ["true"] }
    }

    /// `--no-name` is an option too: neither of the two is the default.
    private static func flagWithOpposite(_ name: String, _ property: Property<Bool?>) -> RunOption {
        RunOption(key: .init(name, isFlag: true)) { $0[keyPath: property] = $1 == ["true"] }
    }
}
