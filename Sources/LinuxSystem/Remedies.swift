/// A change that only root can make.
package func asRoot(_ command: String) -> String {
    isMachinesRoot() ? command : "as root: \(command)"
}

/// A change that only root can make, and that root does not need.
package func orAsRoot(_ command: String) -> [String] {
    [asRoot(command)] + (isMachinesRoot() ? [] : ["run dioaudit as root"])
}

/// For calls that only a sandbox refuses.
package func outsideSandbox(_ options: String = "") -> String {
    "run it where no seccomp policy forbids the call; under docker: --security-opt seccomp=unconfined"
        + (options.isEmpty ? "" : " \(options)")
}
