extension ProcessLedger {
    /// Where the program's own markers leave open what belongs to which phase or region.
    var markerReasons: [Reason] {
        var reasons: [Reason] = []
        if threadPhasesOpen > 0 {
            reasons.append(
                Reason(
                    "\(plural(threadPhasesOpen, "thread")) of \(name(of: self)) ended in a phase of their own: their last page "
                        + "faults are not known", .endThreadPhase))
        }
        for region in regions where region.allowed && region.entered != region.left {
            reasons.append(
                Reason(
                    "\(name(of: self)) began the allowed region '\(region.name)' \(plural(region.entered, "time")) and ended it "
                        + "\(region.left): later events may count as allowed", .balanceRegions))
        }
        if unbalancedRegions > 0 {
            reasons.append(
                Reason(
                    "\(name(of: self)) ended \(plural(unbalancedRegions, "region")) that it was not in", .balanceRegions
                ))
        }
        if unknownMarkers > 0 {
            reasons.append(
                Reason(
                    "\(name(of: self)) called dioaudit_phase() \(plural(unknownMarkers, "time")) with a name that is no phase: "
                        + "'\(unknownMarker)'", .phaseNames))
        }
        return reasons
    }
}
