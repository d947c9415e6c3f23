import Workloads

do {
    try run(Options.fromCommandLine()).print()
} catch {
    error.exit()
}
