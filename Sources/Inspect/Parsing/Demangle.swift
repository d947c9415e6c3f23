import CLinuxHost
import Glibc

/// A linker symbol as its author would write it; the symbol itself if it is neither Swift's, Rust's nor C++'s.
func demangle(_ symbol: String) -> String {
    if let rust = demangleRust(symbol) { return rust }
    let demangled: UnsafeMutablePointer<CChar>? =
        if symbol.hasPrefix("$s") || symbol.hasPrefix("$e") || symbol.hasPrefix("_T") {
            swift_demangle(symbol, symbol.utf8.count, nil, nil, 0)
        } else if symbol.hasPrefix("_Z") {
            cl_demangle_cxx(symbol)
        } else {
            nil
        }
    guard let demangled else { return symbol }
    defer { free(demangled) }
    return String(cString: demangled)
}
