func lossReasons(_ processes: [ProcessLedger], violated: Bool) -> [Reason] {
    processes.flatMap { process -> [Reason] in
        var reasons: [Reason] = []
        if process.lost.files > 0 {
            reasons.append(
                Reason(
                    "\(name(of: process)) had more O_DIRECT files, or requests in one submission, than can be followed "
                        + "(\(plural(process.lost.files, "time"))): their transfers were not seen", .fewerFiles))
        }
        // Without a violation in the counts, the lost stacks were of no event that is judged.
        if process.lost.sites > 0 && violated {
            reasons.append(
                Reason(
                    "\(plural(process.lost.sites, "call")) of \(name(of: process)) are counted, but the ledger had no room "
                        + "for their stacks", .fewerPlaces))
        }
        if process.lost.regions > 0 {
            reasons.append(
                Reason(
                    "the ledger had no room for \(plural(process.lost.regions, "region")) of \(name(of: process)): their "
                        + "events are not listed", .fewerRegions))
        }
        return reasons
    }
}
