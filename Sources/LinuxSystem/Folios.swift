import SystemPackage

/// The most pages of 4 KiB that a page fault of anonymous memory may bring, apart from a huge page. It is more than one where the
/// kernel may take folios of other sizes (Documentation/admin-guide/mm/transhuge.rst, Linux 6.8).
package func largestFolio() -> UInt32 {
    let folder = "/sys/kernel/mm/transparent_hugepage"
    let sizes = entries(of: folder).compactMap { name -> UInt32? in
        guard let pages = pagesOfSize(name), pages < 512 else { return nil }
        return mayBeUsed("\(folder)/\(name)/enabled", inherits: "\(folder)/enabled") ? pages : nil
    }
    return sizes.max() ?? 1
}

/// `hugepages-64kB`: 16.
private func pagesOfSize(_ name: String) -> UInt32? {
    guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { return nil }
    return UInt32(name.dropFirst("hugepages-".count).dropLast(2)).map { $0 / 4 }
}

/// A size of shared memory alone lacks the file. What cannot be read may be used.
private func mayBeUsed(_ setting: String, inherits all: String) -> Bool {
    do throws(Errno) {
        let setting = try textFile(setting)
        return try !(setting.contains("[inherit]") ? textFile(all) : setting).contains("[never]")
    } catch {
        return error != .noSuchFileOrDirectory
    }
}
