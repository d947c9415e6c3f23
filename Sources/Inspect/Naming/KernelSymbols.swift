import AuditCore
import CLinuxHost
import LinuxSystem

extension KernelSymbols {
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
