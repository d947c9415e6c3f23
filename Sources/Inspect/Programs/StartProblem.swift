import Glibc
import LinuxSystem

/// Why execvp(3) could not start a program, and what to do: its error alone may be another file's than the one named.
package func whyNotStarted(_ command: String, _ error: Errno) -> String {
    if command.isEmpty { return "'': the name of the program is empty" }
    return "\(command): \(error)" + (explanation(command, error).map { ": \($0)" } ?? "")
}

private func explanation(_ command: String, _ error: Errno) -> String? {
    guard let path = command.contains("/") ? command : Executable.path(of: command) else {
        // EACCES: one of the directories may not be searched, or has a file of that name that may not be executed.
        guard error == .noSuchFileOrDirectory || error == .permissionDenied else { return nil }
        return
            (error == .noSuchFileOrDirectory
            ? "no directory of PATH has it" : "no directory of PATH has one that may be executed")
            + (access(command, F_OK) == 0 ? "; one here is named as ./\(command)" : "; name it by its path")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch error {
    case .noSuchFileOrDirectory: return Executable.loader(of: path).map { "it is there, but not what runs it: \($0)" }
    case .permissionDenied where status.st_mode & S_IFMT == S_IFDIR: return "it is a directory; name a program"
    case .permissionDenied where access(path, X_OK) != 0: return "it may not be executed; chmod +x \(path) allows it"
    default: return nil
    }
}
