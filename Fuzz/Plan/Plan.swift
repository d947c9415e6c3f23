// libFuzzer on the readers of plans: dioaudit.yml and fio's job files. The first byte chooses which; a job file includes itself.
import AuditCore

@testable import Plans

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let bytes, size >= 1 else { return -1 }
    let text = Array(UnsafeBufferPointer(start: bytes + 1, count: size - 1))
    do throws(AuditError) {
        let plan =
            bytes[0] % 2 == 0
            ? try Plan(yaml: text, file: "p.yml", options: table)
            : try Plan(job: text, file: "p.fio") { (_) throws(AuditError) in text }
        check(plan)
    } catch {
        precondition(error.exit == .badInput && !error.place.isEmpty && !error.remedy.isEmpty, "\(error)")
        precondition(error.description.utf8.count <= 8 * size + 4096, "an error is not longer than what is wrong")
    }
    return 0
}

private func check(_ plan: Plan) {
    precondition((1...Plan.mostEntries).contains(plan.entries.count), "a plan has audits, and not too many")
    precondition(Set(plan.entries.map(\.name)).count == plan.entries.count, "names tell audits apart")
    for entry in plan.entries {
        for option in entry.options { precondition(table.names.contains(option.key), "an option is one of the table") }
        switch entry.work {
        case .workload(let workload, _): precondition(workload.problem == nil, "the driver takes it")
        case .program(let program): precondition(!program.command.isEmpty, "a program is named")
        case .nothing(let why): precondition(!why.isEmpty, "it is said why there is nothing to audit")
        }
    }
}

private let table = OptionTable(
    OptionTable.ofSubjects.sorted().map { name in
        OptionTable.Option(
            name, isFlag: ["kernel-stacks", "lock", "require-lock", "squeeze", "strict"].contains(name),
            repeats: ["allow", "forbid", "suppressions", "budget", "kernel-limit"].contains(name),
            isPair: ["budget", "kernel-limit"].contains(name))
    })
