/// The forms in which a manifest's outcome is written.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case json, csv, junit, html

  /// The form that a file's name asks for; nil when it asks for none.
  init?(suffixOf path: String) {
    guard let format = Self.allCases.first(where: { path.lowercased().hasSuffix($0.suffix) }) else {
      return nil
    }
    self = format
  }

  private var suffix: String {
    switch self {
    case .json: ".json"
    case .csv: ".csv"
    case .junit: ".xml"
    case .html: ".html"
    }
  }

  /// Every suffix with its form, for messages.
  static let suffixes = ".json, .csv, .xml (JUnit) or .html"
}

/// A file whose suffix is the form of the report.
struct ReportName: ExpressibleByArgument {
  static var argumentDescription: String { "a file with the suffix \(ReportFormat.suffixes)" }

  var path: String
  var format: ReportFormat

  init?(argument: String) {
    guard let format = ReportFormat(suffixOf: argument) else { return nil }
    path = argument
    self.format = format
  }
}
