import Foundation
import PackagePlugin

/// Links with clang what SwiftPM cannot link: the interposer, which may need only libc, and the fixtures, which are ordinary
/// programs. (A `.dynamic` product would link the Swift runtime into a pure C library.)
@main
struct BuildNative: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let clang = try context.tool(named: "clang").url
        let sources = context.package.directoryURL.appending(path: "Sources")
        return switch target.name {
        case "LedgerABI": [interposer(clang, sources, context.pluginWorkDirectoryURL)]
        default: []
        }
    }

    /// Listed one by one: SwiftPM would not notice a new file in a folder.
    private static let interposerSources = [
        "base/cfi.c", "base/clock.c", "base/glob.c", "base/objects.c", "base/procfile.c", "base/text.c",
        "state/context.c", "state/faults.c", "state/following.c", "state/identity.c", "state/ledger.c",
        "state/ledger_socket.c", "state/phase_lock.c", "state/scope.c",
        "tables/direct_files.c", "tables/early.c", "tables/edges.c", "tables/interludes.c", "tables/modules.c",
        "tables/next.c", "tables/quiet.c", "tables/rows.c", "tables/site_memory.c", "tables/sites.c", "tables/stack.c",
        "phases/accounting.c", "phases/heap_books.c", "phases/lockstate.c", "phases/memory.c", "phases/pagemap.c",
        "phases/phases.c", "phases/regions.c", "phases/squeeze.c", "phases/threads.c",
        "life/attach.c", "life/bypasses.c",
        "events/counting.c", "events/enforce.c", "events/files.c", "events/rings.c", "events/transfers.c",
        "interpose/asynchronous.c", "interpose/direct.c", "interpose/files.c", "interpose/heap.c",
        "interpose/images.c", "interpose/life.c", "interpose/loading.c", "interpose/locking.c", "interpose/mappings.c",
        "interpose/markers.c", "interpose/operators.c", "interpose/transfers.c",
    ]

    private static let interposerHeaders = [
        "interposed.h", "rules.h",
        "base/architecture.h", "base/cfi.h", "base/clock.h", "base/glob.h", "base/objects.h",
        "base/procfile.h", "base/system.h",
        "base/unsupported/architecture.h", "base/x86_64/architecture.h",
        "state/context.h", "state/faults.h", "state/following.h", "state/identity.h", "state/ledger.h",
        "state/ledger_socket.h", "state/phase_lock.h", "state/scope.h",
        "tables/direct_files.h", "tables/early.h", "tables/edges.h", "tables/interludes.h", "tables/modules.h",
        "tables/next.h", "tables/quiet.h", "tables/rows.h", "tables/site_memory.h", "tables/sites.h", "tables/stack.h",
        "phases/accounting.h", "phases/heap_books.h", "phases/lockstate.h", "phases/memory.h", "phases/phases.h",
        "phases/regions.h", "phases/squeeze.h", "phases/threads.h",
        "life/attach.h", "life/bypasses.h",
        "events/counting.h", "events/enforce.h", "events/files.h", "events/rings.h", "events/transfers.h",
        "interpose/asynchronous.h",
    ]

    private func interposer(_ clang: URL, _ sources: URL, _ output: URL) -> Command {
        let room = sources.appending(path: "Interposer")
        let abi = sources.appending(path: "LedgerABI/include")
        let files = Self.interposerSources.map { room.appending(path: $0) }
        let headers =
            Self.interposerHeaders.map { room.appending(path: $0) }
            + [abi.appending(path: "ledger_abi.h")]
        let library = output.appending(path: "libdioaudit_preload.so")
        let flags = [
            // Debug info of an older version: Valgrind 3.19 ends at clang's own.
            "-gdwarf-4",
            "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
            "-fvisibility=hidden",
            // The subject's compiler may fortify; ours must not call back into what we define.
            "-U_FORTIFY_SOURCE", "-fno-stack-protector",
            "-fno-builtin-malloc", "-fno-builtin-calloc", "-fno-builtin-realloc", "-fno-builtin-free",
            // What locks all memory locks our code: stand-ins that are alike are kept once.
            "-ffunction-sections", "-Wl,--icf=all",
            // Binding at load: a lazy binding would be work, and perhaps a page fault, in the subject's steady phase.
            "-fuse-ld=lld", "-Wl,-z,now,-z,relro,-z,defs",
            // The same bytes wherever it is built: debug info names files from the package on.
            "-fdebug-compilation-dir=.",
            "-ffile-prefix-map=\(sources.deletingLastPathComponent().path())=",
            "-I", abi.path(),
        ]
        return .buildCommand(
            displayName: "Linking libdioaudit_preload.so", executable: clang,
            arguments: flags + files.map { $0.path() } + ["-o", library.path()],
            inputFiles: files + headers, outputFiles: [library])
    }
}
