import AuditCore
import CUnwind

/// Walks call stacks by the call frame information of the files that are mapped. Each file is opened once, and kept.
final class StackWalker {
    private var images: [String: OpaquePointer?] = [:]
    /// Walks that read too much. Each takes milliseconds: beyond some, frames are no more looked for.
    private var exhausted = 0
    private static let mostExhausted = 16

    /// The mapping at an address, and the path of its file.
    typealias Find = (UInt64) -> (place: AddressSpaces.Place, path: String)?

    deinit {
        for image in images.values { if let image { cu_image_close(image) } }
    }

    /// - Parameter code: of the thread's process.
    func walk(_ thread: inout cu_thread, in code: WalkedCode, _ find: @escaping Find) -> WalkedStack {
        let walked = WalkedStack()
        guard exhausted < Self.mostExhausted else {
            walked.takeOnly(thread)
            return walked
        }
        let lookup = Lookup(walker: self, find: find)
        withExtendedLifetime(lookup) {
            cu_walk(
                code.remembered, &thread,
                { context, address, mapping in
                    let lookup = Unmanaged<Lookup>.fromOpaque(context!).takeUnretainedValue()
                    guard let found = lookup.mapping(address) else { return false }
                    mapping!.pointee = found
                    return true
                }, Unmanaged.passUnretained(lookup).toOpaque(), walked.stack)
        }
        if walked.isExhausted { exhausted += 1 }
        return walked
    }

    fileprivate func image(_ path: String) -> OpaquePointer? {
        if let known = images[path] { return known }
        let image = path.hasPrefix("/") || path == "[vdso]" ? cu_image_open(path) : nil
        images[path] = .some(image)
        return image
    }
}

/// The cache of a process's code. After exec, or when other code is mapped, a new one is needed.
final class WalkedCode {
    fileprivate let remembered = cu_code_create()

    deinit { cu_code_destroy(remembered) }
}

/// A walk's result.
final class WalkedStack {
    fileprivate let stack: UnsafeMutablePointer<cu_stack> = .allocate(capacity: 1)

    fileprivate init() { stack.initialize(to: cu_stack()) }

    deinit { stack.deallocate() }

    /// The innermost instruction, and where each caller's call is.
    var addresses: [UInt64] {
        Array(UnsafeBufferPointer(start: cu_stack_addresses(stack), count: Int(stack.pointee.frames)))
    }

    /// The last is the outermost function. It is not where the stack that was taken ends.
    var isWhole: Bool { stack.pointee.whole }

    fileprivate var isExhausted: Bool { stack.pointee.exhausted }

    /// The instruction itself.
    fileprivate func takeOnly(_ thread: cu_thread) {
        withUnsafeBytes(of: thread.registers) {
            stack.pointee.address.0 = $0.loadUnaligned(fromByteOffset: 8 * CU_IP, as: UInt64.self)
        }
        stack.pointee.frames = 1
    }

    /// Another walk from the same registers, over the same mappings, would have the same result.
    func holds(for thread: inout cu_thread) -> Bool { cu_stack_holds(stack, &thread) }
}

/// The context of libunwind's callbacks.
private final class Lookup {
    let walker: StackWalker
    let find: StackWalker.Find

    init(walker: StackWalker, find: @escaping StackWalker.Find) {
        self.walker = walker
        self.find = find
    }

    func mapping(_ address: UInt64) -> cu_mapping? {
        find(address).map { place, path in
            cu_mapping(start: place.start, end: place.end, offset: place.offset, image: walker.image(path))
        }
    }
}

extension cu_thread {
    /// - Parameter register: by DWARF's number.
    mutating func set(_ value: UInt64, of register: Int) {
        withUnsafeMutableBytes(of: &registers) { $0.storeBytes(of: value, toByteOffset: 8 * register, as: UInt64.self) }
        known |= 1 << UInt32(register)
    }
}
