func lossReasons(_ processes: [ProcessLedger], violated: Bool) -> [String] {
    processes.flatMap { process -> [String] in
        var reasons: [String] = []
        if process.lost.files > 0 {
            reasons.append(
                "\(name(of: process)): O_DIRECT files, or requests of one submission, were more than can be followed "
                    + "(\(plural(process.lost.files, "time"))): their transfers were not seen")
        }
        // Counts lead: without a violation, what found no place was nothing that is judged.
        if process.lost.sites > 0 && violated {
            reasons.append(
                "\(plural(process.lost.sites, "call")) of \(name(of: process)) are counted, but their stacks found no "
                    + "place")
        }
        if process.lost.regions > 0 {
            reasons.append(
                "\(plural(process.lost.regions, "region")) of \(name(of: process)) found no place: what happened in them "
                    + "is not listed")
        }
        return reasons
    }
}
