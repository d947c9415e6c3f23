import AuditCore
import AuditReport
import Glibc
import HTMLReport
import LinuxSystem

/// The views that were asked for, with their outputs open.
struct Reporter {
    private let options: ReportOptions
    private let views: [(format: ReportFormat, output: Output)]

    /// - Parameter textOutput: where text goes if no path is named.
    init(_ options: ReportOptions, textOutput: Output) throws(AuditError) {
        self.options = options
        var views: [(ReportFormat, Output)] = options.formats.isEmpty ? [(.text, textOutput)] : []
        for option in options.formats {
            if let path = option.path {
                views.append((option.format, try Output(path: path)))
            } else {
                views.append((option.format, option.format == .text ? textOutput : .stdout))
            }
        }
        self.views = views
    }

    private func style(of output: Output) -> Style { output.style(noColor: options.noColor, stacks: options.top) }

    /// Where no text could be written, the verdict is said in one line for each audit, on standard error or else on standard
    /// output.
    ///
    /// - Throws: a view that was asked for could not be written. For the text that nobody asked for, the exit code is enough.
    func write(_ report: Report) throws(AuditError) {
        try write([NamedReport(name: "", report: report)])
    }

    /// Of several reports one page, in the formats that have one (`ReportFormat.showsSeveral`).
    func write(_ reports: [NamedReport]) throws(AuditError) {
        var isSaid = false
        do throws(AuditError) {
            try dioaudit.write(views) { (format, output) throws(AuditError) in
                try write(reports, as: format, to: output)
                isSaid = isSaid || format == .text
            }
        } catch {
            if !isSaid { sayVerdict(of: reports) }
            if !options.formats.isEmpty { throw error }
        }
    }

    private func write(_ reports: [NamedReport], as format: ReportFormat, to output: Output) throws(AuditError) {
        // Of what others keep and show.
        let plain = Style(coloured: false, directories: Output.repository, stacks: Int(clamping: options.top))
        switch format {
        case .text: try output.write(text(of: reports, style(of: output)))
        case .json: for named in reports { try output.write(json: named.report) }
        case .html: try output.write(html(reports.map(\.report)))
        case .junit: try output.write(junit(reports, plain))
        case .sarif: try output.write(json: sarif(reports, plain))
        case .github: try output.write(github(reports, plain))
        case .codequality: try output.write(json: codeQuality(reports, plain))
        case .markdown: try output.write(markdown(reports, plain))
        case .tap: try output.write(tap(reports, plain))
        case .openmetrics: try output.write(openMetrics(reports))
        case .folded: try output.write(pieces: { try writeFolded(reports, to: $0) })
        case .speedscope: try output.write(json: speedscope(reports))
        case .csv: try output.write(csv(reports))
        case .suppressions: for named in reports { try output.write(suppressionText(named.report)) }
        }
    }

    private func text(of reports: [NamedReport], _ style: Style, quiet: Bool? = nil) -> String {
        let quiet = quiet ?? options.quiet
        guard reports.count == 1 else { return fleetText(reports, style, quiet: quiet) }
        return AuditReport.text(reports[0].report, style, quiet: quiet, verbose: options.verbose && !quiet)
    }

    private func sayVerdict(of reports: [NamedReport]) {
        let line = text(of: reports, Style(coloured: false), quiet: true)
        for output in [Output.stderr, .stdout] where (try? output.write(line)) != nil { return }
    }
}
