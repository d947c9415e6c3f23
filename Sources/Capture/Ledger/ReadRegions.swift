import AuditCore
import LedgerABI
import LinuxSystem

extension Arena {
    /// Regions of one name and kind are summed: the ledger may have two records of one.
    func regions(of process: UInt32) -> [RegionLedger] {
        var regions: [RegionLedger] = []
        for index in 0..<UInt32(DIOAUDIT_REGIONS) {
            let record = dioaudit_region_at(pointer, index)!
            guard record.pointee.state == 2, record.pointee.owner == process else { continue }
            let region = RegionLedger(record)
            if let same = regions.firstIndex(where: { $0.isSame(as: region) }) {
                regions[same] += region
            } else {
                regions.append(region)
            }
        }
        return regions
    }
}

extension RegionLedger {
    init(_ record: UnsafePointer<dioaudit_region>) {
        self.init(
            name: text(record.pointee.name), allowed: record.pointee.allows != 0, entered: record.pointee.entered,
            left: record.pointee.left)
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let all = dioaudit_region_cell(record, event, 0)
            let steady = dioaudit_region_cell(record, event, 1)
            events[kind] = EventCount(calls: all.calls, bytes: all.bytes)
            steadyEvents[kind] = EventCount(calls: steady.calls, bytes: steady.bytes)
        }
    }
}
