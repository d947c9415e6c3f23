/// Names of the kernel's functions.
package struct KernelSymbols {
    package struct Name: Hashable {
        package let function: String
        /// Null for the kernel itself.
        package let module: String?

        package init(function: String, module: String?) {
            self.function = function
            self.module = module
        }
    }

    private let names: [UInt64: Name]

    /// - Parameter names: by addresses in the functions.
    package init(_ names: [UInt64: Name]) {
        self.names = names
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
