import AuditCore
import CLinuxHost

/// Names of the kernel's functions, by /proc/kallsyms.
struct KernelSymbols {
    struct Name: Hashable {
        let function: String
        /// Null for the kernel itself.
        let module: String?
    }

    private var names: [UInt64: Name] = [:]

    /// - Parameter addresses: those that will be asked for; the file is read once.
    init(of addresses: Set<UInt64>) {
        guard !addresses.isEmpty else { return }
        var symbols = addresses.sorted().map { address in
            var symbol = cl_symbol()
            symbol.address = address
            return symbol
        }
        guard cl_name_symbols(&symbols, UInt32(symbols.count)) else { return }
        for symbol in symbols where symbol.start > 0 {
            let module = text(symbol.module)
            names[symbol.address] = Name(function: text(symbol.name), module: module.isEmpty ? nil : module)
        }
    }

    /// The address itself if the name is hidden.
    subscript(address: UInt64) -> Name {
        names[address] ?? Name(function: "0x" + String(address, radix: 16), module: nil)
    }

    func frame(_ address: UInt64) -> Frame {
        let name = self[address]
        return Frame(function: name.function, module: name.module ?? "[kernel]", offset: address)
    }
}
