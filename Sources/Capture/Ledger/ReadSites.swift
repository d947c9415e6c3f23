import AuditCore
import LedgerABI
import LinuxSystem

extension Site {
    init?(
        _ record: UnsafePointer<dioaudit_site>, _ interludes: Interludes, _ modules: [UnsafePointer<dioaudit_module>]
    ) {
        let site = record.pointee
        guard let kind = EventKind(event: UInt32(site.event)) else { return nil }
        var count = EventCount(calls: site.steady.calls, bytes: site.steady.bytes)
        let interrupted = site.interlude_from == DIOAUDIT_PHASE_STEADY.rawValue && !interludes.isTheEnd(site.interlude)
        if interrupted { count += EventCount(calls: site.closed.calls, bytes: site.closed.bytes) }
        self.init(
            kind: kind,
            count: count,
            firstTransfer: site.first_transfer,
            tid: site.tid,
            thread: text(site.thread),
            stack: (0..<UInt32(site.depth)).map { index in
                let module = Int(dioaudit_site_module(record, index))
                return Frame(dioaudit_site_address(record, index), in: module < modules.count ? modules[module] : nil)
            },
            truncated: site.truncated != 0)
        lastTransfer = site.last_transfer
        others = EventCount(calls: site.others.calls, bytes: site.others.bytes)
        firstCall = site.first_began...max(site.first_began, site.first_ended)
        lastCall = site.last_began...max(site.last_began, site.last_ended)
        firstFaults = Faults(minor: site.first_faults.minor, major: site.first_faults.major)
    }
}

extension Frame {
    init(_ address: UInt64, in module: UnsafePointer<dioaudit_module>?) {
        guard let module else {
            self.init(offset: address)
            return
        }
        self.init(module: text(module.pointee.path), offset: address &- module.pointee.bias)
    }
}
