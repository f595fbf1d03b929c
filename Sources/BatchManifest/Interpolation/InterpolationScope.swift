internal import BatchCore

/// Where the values of `${…}` come from.
struct InterpolationScope {
  let environment: [String: String]
  /// The names in it whose values are no text.
  let unreadable: [String]
  let run: RunMoment

  /// The value of one of `vars`; nil: there is none, and that is known already.
  typealias Variables =
    (String, ReferencePlace) throws(Interpolation.Problem) -> String?

  /// nil: a variable has no value, and that is known already.
  func text(
    of interpolation: Interpolation, _ file: SourceName?, _ variable: Variables
  ) throws(Interpolation.Problem) -> String? {
    var result = ""
    var last: ReferencePlace?
    for segment in interpolation.segments {
      switch segment {
      case .literal(let text): result += text
      case .reference(let reference):
        guard let value = try value(of: reference, file, variable) else { return nil }
        result += value
        last = reference.place
      }
      if let last, result.utf8.count > Interpolation.maximumLength {
        throw Interpolation.Problem(
          message: "with this the text has more than \(grouped(Interpolation.maximumLength)) bytes",
          place: last)
      }
    }
    return result
  }

  private func value(
    of reference: Interpolation.Reference, _ file: SourceName?, _ variable: Variables
  ) throws(Interpolation.Problem) -> String? {
    var value: String?
    switch reference.name {
    case .environment(let name):
      guard !unreadable.contains(name) else {
        throw Interpolation.Problem(
          message: "\(Self.describe(reference.name)) is not UTF-8", place: reference.place)
      }
      value = environment[name]
    case .variable(let name):
      value = try variable(name, reference.place)
      if value == nil { return nil }
    case .run(let field): value = runValue(field, reference.modifier)
    case .file(let field): value = file?[field]
    }
    switch reference.modifier {
    case .none, .format:
      if let value { return value }
      throw unset(reference)
    case .otherwise(let operand, let emptyToo):
      if let value, !(emptyToo && value.isEmpty) { return value }
      return try text(of: operand, file, variable)
    case .required(let operand, let emptyToo):
      if let value, !(emptyToo && value.isEmpty) { return value }
      guard let message = try text(of: operand, file, variable) else { return nil }
      throw Interpolation.Problem(
        message: message.isEmpty
          ? "\(Self.describe(reference.name)) needs a value"
          : "\(Self.describe(reference.name)): \(quoted(message))",
        place: reference.place)
    case .instead(let operand, let emptyToo):
      guard let value, !(emptyToo && value.isEmpty) else { return "" }
      return try text(of: operand, file, variable)
    }
  }

  private func runValue(
    _ field: ReferenceName.RunField, _ modifier: Interpolation.Modifier
  ) -> String {
    let start = run.start
    if case .format(let format) = modifier {
      return RunTimeFormat.text(format, seconds: start.time)
    }
    return switch field {
    case .date: RunTimeFormat.text(RunTimeFormat.date, seconds: start.time)
    case .time: RunTimeFormat.text(RunTimeFormat.time, seconds: start.time)
    case .id: start.id
    }
  }

  private func unset(_ reference: Interpolation.Reference) -> Interpolation.Problem {
    let name = Self.describe(reference.name)
    return Interpolation.Problem(
      message: "\(name) is not set", place: reference.place,
      notes: [Diagnostic.Note("\"${NAME:-text}\" gives a value for when it is not")])
  }

  private static func describe(_ name: ReferenceName) -> String {
    switch name {
    case .environment(let name): "the environment's \(name)"
    case .variable(let name): "vars.\(name)"
    case .run(let field): "run.\(field.rawValue)"
    case .file(let field): "file.\(field.rawValue)"
    }
  }
}
