/// What `dioaudit audit` is to do: the built-in plan, a `dioaudit.yml` or a job file of fio's.
public struct Plan: Sendable {
    /// Null for the built-in one.
    public let file: String?
    public let entries: [Entry]
    /// Said once, before anything runs.
    public let notes: [String]

    init(file: String?, entries: [Entry], notes: [String] = []) {
        self.file = file
        self.entries = entries
        self.notes = notes
    }

    /// More than anybody waits for.
    public static let mostEntries = 10_000
}

/// One audit of a plan.
public struct Entry: Sendable {
    /// Unique in its plan: `journal[bs=4k,ioengine=psync]`.
    public let name: String
    /// In its file, for messages.
    public let place: String
    public let work: Work
    /// As a command line of `dioaudit run` has them.
    public var options: [Setting] = []
    public var repeats = 1
    public var setUp: [[String]] = []
    public var tearDown: [[String]] = []
    /// How long each of these may take.
    public var commandTimeout: Setting?
    /// Said in its audit.
    public var notes: [String] = []

    init(_ name: String, place: String, _ work: Work) {
        self.name = name
        self.place = place
        self.work = work
    }
}

public enum Work: Sendable {
    /// By dioaudit's own driver, in a file that it makes in the directory: null for the usual one.
    case workload(Workload, directory: Setting?)
    case program(Program)
    /// It cannot be done, and is no pass for that.
    case nothing(because: String)
}

public struct Program: Sendable {
    public var command: [String]
    public var environment: [(name: String, value: String)] = []
    public var directory: String?
}

/// The value of a key, and where it stands.
public struct Setting: Sendable {
    public let key: String
    /// Of `dioaudit run`: several for a list.
    public let values: [String]
    public let place: String

    public init(_ key: String, _ values: [String], at place: String) {
        self.key = key
        self.values = values
        self.place = place
    }
}
