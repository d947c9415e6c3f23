import CElfutils
import CLinuxHost
import Glibc

/// Walks user stacks by their files' CFI (.eh_frame), from the registers and the top of the stack that perf took; where there
/// is none, by the frame pointer.
struct UserStacks {
    private var spaces = AddressSpaces()
    private var files: [String: CallFrames?] = [:]
    private static let most = 64

    /// In the order in which records come, which is nearly that of time: what is mapped is long there when it is walked.
    mutating func note(_ record: KernelRecord) {
        switch record.kind {
        case .mapped: spaces.map(record, isInterposer: false, isOfUprobes: false)
        case .forked: spaces.fork(record.pid, from: Int32(truncatingIfNeeded: record.site))
        case .becameProgram: spaces.exec(record.pid)
        default: break
        }
    }

    /// The innermost instruction, and where each caller's call is; whether the last is the outermost. It is not where the
    /// stack that was taken ends.
    mutating func walk(
        _ record: UnsafeMutablePointer<cl_trace_record>, _ texts: Interner<String>
    ) -> (addresses: [UInt64], isWhole: Bool) {
        guard record.pointee.user_ip != 0, let stack = record.pointee.stack else { return ([], true) }
        let memory = StackMemory(
            start: record.pointee.user_sp,
            bytes: UnsafeRawBufferPointer(start: stack, count: Int(record.pointee.stack_bytes)))
        var registers = Registers(
            ip: record.pointee.user_ip, sp: record.pointee.user_sp, bp: record.pointee.user_bp)
        var addresses = [registers.ip]
        while addresses.count < Self.most {
            guard let rule = rule(record.pointee.pid, addresses[addresses.count - 1], texts) else { break }
            guard case .caller(let place) = rule else { return (addresses, true) }
            guard let caller = registers.caller(at: place, memory) else { break }
            if caller.ip == 0 { return (addresses, true) }
            registers = caller
            addresses.append(caller.ip - 1)  // inside the calling instruction
        }
        return (addresses, false)
    }

    private mutating func rule(_ pid: Int32, _ address: UInt64, _ texts: Interner<String>) -> FrameRule? {
        guard let place = spaces.place(pid, address), let path = texts[place.text] else { return nil }
        if files[path] == nil { files[path] = .some(CallFrames(path)) }
        guard let file = files[path]! else { return path.hasPrefix("/") ? .byFramePointer : nil }
        return file.rule(atFileOffset: address - place.start + place.offset)
    }
}

/// How a function's caller is found.
private enum FrameRule {
    case caller(CallerPlace)
    /// It has none.
    case outermost

    static let byFramePointer = FrameRule.caller(CallerPlace(isByBP: true, cfa: 16, returnAddress: -8, savedBP: -16))
}

/// Where it stands from the registers. CFA: the stack pointer before the call (DWARF 5, 6.4).
private struct CallerPlace {
    /// From the frame pointer, and not from the stack pointer.
    let isByBP: Bool
    let cfa: Int64
    /// From the CFA.
    let returnAddress: Int64
    /// From the CFA; null: still in its register.
    let savedBP: Int64?
}

private struct StackMemory {
    let start: UInt64
    let bytes: UnsafeRawBufferPointer

    func word(_ address: UInt64) -> UInt64? {
        guard address >= start, address - start <= UInt64(bytes.count), bytes.count - Int(address - start) >= 8 else {
            return nil
        }
        return bytes.loadUnaligned(fromByteOffset: Int(address - start), as: UInt64.self)
    }
}

private struct Registers {
    let ip: UInt64
    let sp: UInt64
    let bp: UInt64

    func caller(at place: CallerPlace, _ memory: StackMemory) -> Registers? {
        let cfa = (place.isByBP ? bp : sp) &+ UInt64(bitPattern: place.cfa)
        guard cfa > sp, let ip = memory.word(cfa &+ UInt64(bitPattern: place.returnAddress)) else { return nil }
        guard let saved = place.savedBP else { return Registers(ip: ip, sp: cfa, bp: bp) }
        guard let bp = memory.word(cfa &+ UInt64(bitPattern: saved)) else { return nil }
        return Registers(ip: ip, sp: cfa, bp: bp)
    }
}

/// One file's CFI, as libdw reads it.
private final class CallFrames {
    private let fd: Int32
    private let elf: OpaquePointer
    private let cfi: OpaquePointer?
    private let segments: [GElf_Phdr]
    private var rules: [UInt64: FrameRule?] = [:]

    init?(_ path: String) {
        guard path.hasPrefix("/") else { return nil }
        elf_version(UInt32(EV_CURRENT))
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        guard let elf = elf_begin(fd, ELF_C_READ_MMAP, nil) else {
            close(fd)
            return nil
        }
        (self.fd, self.elf) = (fd, elf)
        cfi = dwarf_getcfi_elf(elf)
        segments = loadedSegments(elf)
    }

    deinit {
        if let cfi { dwarf_cfi_end(cfi) }
        elf_end(elf)
        close(fd)
    }

    func rule(atFileOffset offset: UInt64) -> FrameRule? {
        guard let address = segments.address(ofFileOffset: offset) else { return nil }
        if let known = rules[address] { return known }
        let rule = read(address)
        rules[address] = .some(rule)
        return rule
    }

    private func read(_ address: UInt64) -> FrameRule? {
        var frame: OpaquePointer?
        guard let cfi, dwarf_cfi_addrframe(cfi, address, &frame) == 0, let frame else { return .byFramePointer }
        defer { free(UnsafeMutableRawPointer(frame)) }
        var operations: UnsafeMutablePointer<Dwarf_Op>?
        var count = 0
        // Only `register + offset`; PLT slots have an expression.
        guard dwarf_frame_cfa(frame, &operations, &count) == 0, count == 1, let cfa = operations?.pointee else {
            return nil
        }
        let (register, offset): (UInt64, Int64) =
            Int32(cfa.atom) == DW_OP_bregx
            ? (cfa.number, Int64(bitPattern: cfa.number2))
            : (UInt64(cfa.atom) &- UInt64(DW_OP_breg0), Int64(bitPattern: cfa.number))
        let returnPlace = place(of: returnColumn, frame)
        if case .undefined = returnPlace { return .outermost }
        guard register == bp || register == sp, case .saved(let returnAddress) = returnPlace else { return nil }
        var savedBP: Int64?
        switch place(of: Int32(bp), frame) {
        case .saved(let saved): savedBP = saved
        case .same, .undefined: break
        case .other: return nil
        }
        return .caller(
            CallerPlace(isByBP: register == bp, cfa: offset, returnAddress: returnAddress, savedBP: savedBP))
    }

    private enum RegisterPlace {
        /// From the CFA.
        case saved(Int64)
        case same, undefined, other
    }

    private func place(of register: Int32, _ frame: OpaquePointer) -> RegisterPlace {
        var room = (Dwarf_Op(), Dwarf_Op(), Dwarf_Op())
        return withUnsafeMutablePointer(to: &room) { room in
            room.withMemoryRebound(to: Dwarf_Op.self, capacity: 3) { room in
                var operations: UnsafeMutablePointer<Dwarf_Op>?
                var count = 0
                guard dwarf_frame_register(frame, register, room, &operations, &count) == 0 else { return .other }
                guard count > 0, let operations else { return operations == nil ? .same : .undefined }
                guard Int32(operations[0].atom) == DW_OP_call_frame_cfa else { return .other }
                if count == 1 { return .saved(0) }
                let isOffset = count == 2 && Int32(operations[1].atom) == DW_OP_plus_uconst
                return isOffset ? .saved(Int64(bitPattern: operations[1].number)) : .other
            }
        }
    }
}

/// x86-64 psABI, figure 3.36: DWARF register numbers.
private let bp: UInt64 = 6
private let sp: UInt64 = 7
private let returnColumn: Int32 = 16
