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
        var isSaid = false
        do throws(AuditError) {
            try dioaudit.write(views) { (format, output) throws(AuditError) in
                try write(report, as: format, to: output)
                isSaid = isSaid || format == .text
            }
        } catch {
            if !isSaid { sayVerdict(of: report) }
            if !options.formats.isEmpty { throw error }
        }
    }

    private func write(_ report: Report, as format: ReportFormat, to output: Output) throws(AuditError) {
        // Of what others keep and show.
        let plain = Style(coloured: false, directories: Output.repository, stacks: Int(clamping: options.top))
        switch format {
        case .text: try output.write(text(report, style(of: output), quiet: options.quiet, verbose: options.verbose))
        case .json: try output.write(json: report)
        case .html: try output.write(html([report]))
        case .junit: try output.write(junit(report, plain))
        case .sarif: try output.write(json: sarif(report, plain))
        case .github: try output.write(github(report, plain))
        case .codequality: try output.write(json: codeQuality(report, plain))
        case .markdown: try output.write(markdown(report, plain))
        case .tap: try output.write(tap(report, plain))
        case .openmetrics: try output.write(openMetrics(report))
        case .folded: try output.write(folded(report))
        case .speedscope: try output.write(json: speedscope(report))
        case .csv: try output.write(csv(report))
        case .suppressions: try output.write(suppressionText(report))
        }
    }

    private func sayVerdict(of report: Report) {
        let line = text(report, Style(coloured: false), quiet: true, verbose: false)
        for output in [Output.stderr, .stdout] where (try? output.write(line)) != nil { return }
    }

    /// A page of several, in the formats that have one (`ReportFormat.showsSeveral`).
    func write(_ reports: [NamedReport]) throws(AuditError) {
        try dioaudit.write(views) { (format, output) throws(AuditError) in
            switch format {
            case .html: try output.write(html(reports.map(\.report)))
            default: try output.write(fleetText(reports, style(of: output), quiet: options.quiet))
            }
        }
    }
}
