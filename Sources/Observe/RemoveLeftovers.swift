import Capture

/// Removes what a killed dioaudit has left behind in the kernel. What it left in a directory, the next `ScratchDirectory` there
/// removes.
package func removeLeftovers() {
    if let controller = try? MemoryController.find() { SubjectCgroup.removeAbandoned(controller) }
    Uprobes.removeAbandoned()
}
