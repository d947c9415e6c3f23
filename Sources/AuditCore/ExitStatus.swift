/// The exit codes, on which users' scripts rely.
public enum ExitStatus: Int32, CaseIterable, Sendable {
    case pass = 0
    case fail = 1
    case inconclusive = 2
    /// The subject could not start, crashed, or exited with a status other than 0.
    case subjectFailed = 3
    case usage = 64
    case badInput = 65
    case internalError = 70

    /// The first of 70, 65, 64, 1, 3, 2, 0 that is among `statuses`; `pass` if there are none.
    public static func first(of statuses: some Sequence<ExitStatus>) -> ExitStatus {
        let present = Set(statuses)
        let precedence: [ExitStatus] = [
            .internalError, .badInput, .usage, .fail, .subjectFailed, .inconclusive, .pass,
        ]
        return precedence.first(where: present.contains) ?? .pass
    }
}
