internal import BatchCore

/// `vars:`.
extension ManifestDecoder {
  /// More variables than this in one manifest is a mistake.
  static var maximumVariables: Int { 1000 }

  /// Reads the variables and gives them their values: what a variable takes from others may stand
  /// before or behind it.
  mutating func decodeVariables(_ start: YAMLEvent) throws(SyntaxError) {
    variables = [:]
    guard try isMapping(start, "vars") else { return }
    var cursor = MappingCursor(start)
    var seen = SeenNames()
    var resolver = VariableResolver(scope: scope)
    while let key = try nextKey(&cursor) {
      let place = key.place
      let name = key.string
      guard ReferenceName.isName(name) else {
        error(
          "\(quoted(name)) is not a name of a variable: letters, digits and _, no digit first",
          at: place)
        try skipValue()
        continue
      }
      switch seen.insert(name, level: cursor.level, place: place) {
      case .new:
        let value = try nextValue()
        resolver.define(name, try variable(value, name), place)
      case .overridden: try skipValue()
      case .repeated(let first):
        reportRepeatedKey(name, key, first)
        try skipValue()
      }
    }
    if resolver.count > Self.maximumVariables {
      error(
        "there are \(grouped(resolver.count)) variables; at most \(grouped(Self.maximumVariables))",
        at: cursor.place)
    }
    for assignment in assignments where resolver.defines(assignment.name) {
      resolver.assign(assignment.name, assignment.value)
    }
    variables = resolver.values()
    for problem in resolver.problems { report(problem) }
  }

  /// nil: reported.
  private mutating func variable(
    _ value: YAMLEvent, _ name: String
  ) throws(SyntaxError) -> Interpolation? {
    guard value.kind == .scalar, !value.isNull, value.text.contains(UInt8(ascii: "$")) else {
      return try text(value, name).map { Interpolation(segments: [.literal($0)]) }
    }
    guard let pattern = interpolation(value) else { return nil }
    if pattern.usesFile {
      reportFileless(pattern, "${file.…} has no value in vars")
      return nil
    }
    return pattern
  }

  /// `--set` for a variable that is not there would have no effect.
  mutating func reportUnusedAssignments() {
    let known = variables ?? [:]
    for assignment in assignments where known[assignment.name] == nil {
      report.report(
        Diagnostic("--set \(assignment.name)=…: there is no \(quoted(assignment.name)) in vars"),
        unknown: UnknownWord(assignment.name, among: known.keys.sorted()))
    }
  }
}

/// Gives variables their values, each once, in the order in which they need each other.
private struct VariableResolver {
  /// Variables that take from others that take from others.
  private static let maximumDepth = 64

  private let scope: InterpolationScope
  private var definitions: [String: (pattern: Interpolation?, place: SourcePlace)] = [:]
  private var known: [String: String?] = [:]
  /// The variables that are being evaluated, each with the place where another asks for it.
  private var open: [(name: String, place: ReferencePlace?)] = []
  private(set) var problems: [Interpolation.Problem] = []

  init(scope: InterpolationScope) { self.scope = scope }

  var count: Int { definitions.count }

  func defines(_ name: String) -> Bool { definitions[name] != nil }

  mutating func define(_ name: String, _ pattern: Interpolation?, _ place: SourcePlace) {
    definitions[name] = (pattern, place)
  }

  /// From outside: it is text as it is.
  mutating func assign(_ name: String, _ value: String) { known[name] = value }

  mutating func values() -> [String: String?] {
    for (name, definition) in definitions.sorted(by: { $0.value.place < $1.value.place })
    where known[name] == nil {
      _ = determine(name, as: definition.pattern, for: nil)
    }
    return known
  }

  /// nil: something is wrong with it, and is reported where that stands.
  private mutating func value(
    _ name: String, _ place: ReferencePlace
  ) throws(Interpolation.Problem) -> String? {
    if let value = known[name] { return value }
    guard let definition = definitions[name] else {
      let definitions = definitions
      throw Interpolation.Problem(
        unknown: name, place: place, among: definitions.keys.sorted())
    }
    if let start = open.firstIndex(where: { $0.name == name }) { throw circle(from: start, place) }
    guard open.count < Self.maximumDepth else {
      throw Interpolation.Problem(
        message: "more than \(Self.maximumDepth) variables take from each other", place: place)
    }
    return determine(name, as: definition.pattern, for: place)
  }

  private mutating func determine(
    _ name: String, as pattern: Interpolation?, for place: ReferencePlace?
  ) -> String? {
    open.append((name, place))
    defer { open.removeLast() }
    var text: String?
    if let pattern {
      do throws(Interpolation.Problem) {
        text = try evaluate(pattern)
      } catch {
        problems.append(error)
      }
    }
    known[name] = .some(text)
    return text
  }

  private mutating func evaluate(
    _ pattern: Interpolation
  ) throws(Interpolation.Problem) -> String? {
    let scope = scope
    return try scope.text(of: pattern, nil) { name, place throws(Interpolation.Problem) in
      try value(name, place)
    }
  }

  private func circle(from start: Int, _ place: ReferencePlace) -> Interpolation.Problem {
    let names = open[start...].map(\.name)
    let links = zip(names.dropLast(), open[(start + 1)...])
    return Interpolation.Problem(
      message: "the variables take from each other in a circle: "
        + (names + [names[0]]).joined(separator: " → "),
      place: place,
      notes: links.compactMap { name, next in
        next.place.map { Diagnostic.Note("\(name) takes from \(next.name) here", at: $0) }
      })
  }
}
