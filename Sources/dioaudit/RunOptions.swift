import ArgumentParser
import AuditCore
import FoundationEssentials
import Plans

extension OptionTable {
    /// Those of `dioaudit run`, as its own parser describes them.
    static let ofRun: OptionTable = {
        let all = Description.arguments(of: RunCommand._dumpHelp())
        let names = Set(all.compactMap(\.name))
        return OptionTable(
            all.compactMap { argument in
                guard let name = argument.name, OptionTable.ofSubjects.contains(name) else { return nil }
                return Option(
                    name, isFlag: argument.isFlag, hasOpposite: names.contains("no-\(name)"),
                    repeats: argument.isRepeating, isPair: argument.valueName?.contains("=") ?? false)
            })
    }()
}

/// What `--experimental-dump-help` prints, as far as it is of use here.
private struct Description: Decodable {
    struct Command: Decodable {
        let arguments: [Argument]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
        }

        let kind: String
        let names: [Name]?
        let valueName: String?
        let isRepeating: Bool

        /// Null for what is no option of the command's own.
        var name: String? {
            guard kind != "positional", let name = names?.first?.name, !["help", "version"].contains(name) else {
                return nil
            }
            return name
        }

        var isFlag: Bool { kind == "flag" }
    }

    let command: Command

    static func arguments(of json: String) -> [Argument] {
        guard let description = try? JSONDecoder().decode(Description.self, from: Data(json.utf8)) else {
            fatalError("ArgumentParser describes commands in another way")
        }
        return description.command.arguments ?? []
    }
}
