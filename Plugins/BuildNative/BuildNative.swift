import Foundation
import PackagePlugin

/// Links with clang what SwiftPM cannot: the interposer, which may need nothing but libc, and the fixtures, which are
/// programs like anybody's. (A `.dynamic` product would link the Swift runtime into a pure C library.)
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
        "core/cfi.c", "core/context.c", "core/door.c", "core/edges.c", "core/enforce.c", "core/files.c",
        "core/following.c",
        "core/ledger.c", "core/lockstate.c", "core/next.c", "core/phases.c", "core/procfile.c", "core/regions.c",
        "core/rings.c", "core/rows.c", "core/scope.c", "core/sites.c", "core/squeeze.c", "core/stack.c",
        "core/threads.c", "core/transfers.c",
        "interpose/asynchronous.c", "interpose/direct.c", "interpose/files.c", "interpose/heap.c",
        "interpose/images.c", "interpose/life.c", "interpose/loading.c", "interpose/locking.c", "interpose/mappings.c",
        "interpose/markers.c", "interpose/operators.c", "interpose/transfers.c",
    ]

    private static let interposerHeaders = [
        "interposed.h", "rules.h", "core/cfi.h", "core/context.h", "core/door.h", "core/edges.h", "core/enforce.h",
        "core/files.h",
        "core/following.h", "core/ledger.h", "core/lockstate.h", "core/next.h", "core/phases.h", "core/procfile.h",
        "core/regions.h", "core/rings.h", "core/rows.h", "core/scope.h", "core/sites.h", "core/squeeze.h",
        "core/stack.h", "core/system.h", "core/threads.h", "core/transfers.h",
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
            // Binding at load: a lazy binding would be work, and perhaps a page fault, in the subject's steady phase.
            "-fuse-ld=lld", "-Wl,-z,now,-z,relro,-z,defs",
            "-I", abi.path(),
        ]
        return .buildCommand(
            displayName: "Linking libdioaudit_preload.so", executable: clang,
            arguments: flags + files.map { $0.path() } + ["-o", library.path()],
            inputFiles: files + headers, outputFiles: [library])
    }
}
