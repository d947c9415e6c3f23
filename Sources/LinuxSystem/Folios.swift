import SystemPackage

/// The most pages of 4 KiB that a page fault may bring, apart from a huge page and from what the kernel maps around it in a file. It is
/// more than one where the kernel may take folios of other sizes for anonymous memory, or any for shared memory
/// (Documentation/admin-guide/mm/transhuge.rst, Linux 6.8).
package func largestFolio() -> UInt32 {
    let folder = "/sys/kernel/mm/transparent_hugepage"
    let sizes = entries(of: folder).compactMap { name -> UInt32? in
        guard let pages = pagesOfSize(name) else { return nil }
        let isUsed =
            pages < 512 && mayBeUsed("\(folder)/\(name)/enabled", inherits: "\(folder)/enabled")
            || mayBeUsed("\(folder)/\(name)/shmem_enabled", inherits: "\(folder)/shmem_enabled")
        return isUsed ? pages : nil
    }
    return sizes.max() ?? 1
}

/// `hugepages-64kB`: 16.
private func pagesOfSize(_ name: String) -> UInt32? {
    guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { return nil }
    return UInt32(name.dropFirst("hugepages-".count).dropLast(2)).map { $0 / 4 }
}

/// A size that one kind of memory never has lacks the file. What cannot be read may be used.
private func mayBeUsed(_ setting: String, inherits all: String) -> Bool {
    do throws(Errno) {
        let setting = try textFile(setting)
        let chosen = try setting.contains("[inherit]") ? textFile(all) : setting
        return !chosen.contains("[never]") && !chosen.contains("[deny]")
    } catch {
        return error != .noSuchFileOrDirectory
    }
}
