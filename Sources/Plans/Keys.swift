/// The keys of a plan: docs/plan.schema.json describes each, and a test holds the two together.
public enum Keys {
    public static let ofPlan: Set<String> = [
        "version", "defaults", "workloads", "subjects", "policies", "suppressions", "matrix",
    ]
    /// Of every entry, beside what its kind has.
    static let ofEntry: Set<String> = ["policy", "matrix", "repeat", "set-up", "tear-down", "command-timeout"]
    /// fio's names, and what they mean there.
    static let fio: Set<String> = [
        "rw", "bs", "ioengine", "iodepth", "numjobs", "size", "direct", "fsync", "number_ios", "directory",
    ]
    static let ofProgram: Set<String> = ["command", "environment", "working-directory"]
    /// What no default can say for all, and no matrix can cross.
    static let ofOneEntry: Set<String> = ["command", "matrix"]
    static let notCrossed: Set<String> = ["command", "matrix", "environment", "set-up", "tear-down", "repeat"]

    public static func ofWorkload(_ table: OptionTable) -> Set<String> {
        ofEntry.union(fio).union(["warmup-ios"]).union(OptionTable.ofWorkloads.intersection(table.names))
    }

    public static func ofSubject(_ table: OptionTable) -> Set<String> {
        ofEntry.union(ofProgram).union(table.names)
    }

    public static func ofDefaults(_ table: OptionTable) -> Set<String> {
        ofWorkload(table).union(ofSubject(table)).subtracting(ofOneEntry)
    }
}
