internal import BatchCore
internal import BatchRunner
internal import Platform

/// The report that a run leaves: what `osbatch report` would say then.
struct RunReport {
  private let file: ReportFile
  private let format: ReportFormat
  private var options: RunOptions

  init(_ name: ReportName, _ options: RunOptions) {
    format = name.format
    file = ReportFile(name.path)
    self.options = options
    // It is of all entries, whichever the run was about.
    self.options.select = RunOptions.everything
  }

  /// Before hours of work, not behind them.
  func check(sparing manifest: String) throws(StartError) {
    try file.spare(manifest, options.stateDirectory)
    do throws(SystemError) { try file.check() } catch {
      throw StartError("\(error): --report needs a file that can be made")
    }
  }

  /// Why it could not be written; nil when it was. `code` is how the run ended; nil: none began, and what is on record of
  /// the one before says nothing of this one, unless it is under way.
  func write(_ manifest: Manifest, _ code: ExitCode?) -> String? {
    do throws(StartError) {
      var report = try Report(manifest, options)
      if let code {
        report.run?.exitCode = code.rawValue
      } else if report.run?.owner == nil {
        report.run = nil
      }
      do throws(SystemError) {
        try file.write { report.write(as: format, to: $0) }
        return nil
      } catch {
        return error.description
      }
    } catch {
      return "cannot write the report \(file.path): \(error.message)"
    }
  }
}
