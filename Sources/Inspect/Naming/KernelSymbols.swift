import AuditCore
import CLinuxHost
import LinuxSystem

extension KernelSymbols {
    /// Those of some limits whose call sites are no function of the running kernel, by /proc/kallsyms; none where it cannot be read.
    ///
    /// Modules may come with the subject: so it is asked when the subject has ended.
    package static func unknownSites(of limits: [KernelLimit]) -> [KernelLimit] {
        guard !limits.isEmpty, let file = try? FileDescriptor(opening: "/proc/kallsyms", .readOnly) else { return [] }
        defer { file.closeQuietly() }
        let lines = ((try? file.readAll()) ?? []).split(separator: UInt8(ascii: "\n"))
        var unknown = limits
        for line in lines where !unknown.isEmpty {
            // proc(5): the address, a letter that is t or w for code, the name, and after a tab the module in brackets.
            let words = line.split(maxSplits: 3) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard words.count > 2, let letter = words[1].first, "tTwW".utf8.contains(letter) else { continue }
            let name = String(decoding: words[2], as: UTF8.self)
            unknown.removeAll { $0.names(site: name) }
        }
        return lines.isEmpty ? [] : unknown
    }

    /// By /proc/kallsyms.
    ///
    /// - Parameter addresses: those that will be asked for; the file is read once.
    package init(of addresses: Set<UInt64>) {
        var symbols = addresses.sorted().map { address in
            var symbol = cl_symbol()
            symbol.address = address
            return symbol
        }
        guard !symbols.isEmpty, cl_name_symbols(&symbols, UInt32(symbols.count)) else {
            self.init([:])
            return
        }
        var names: [UInt64: Name] = [:]
        for symbol in symbols where symbol.start > 0 {
            let module = text(symbol.module)
            names[symbol.address] = Name(function: text(symbol.name), module: module.isEmpty ? nil : module)
        }
        self.init(names)
    }
}
