/// Text with `${…}` in it, taken apart once and put together as often as it is needed. What is put in
/// is text: it is not looked through for `${…}` again.
struct Interpolation: Sendable {
  indirect enum Segment: Sendable {
    case literal(String)
    case reference(Reference)
  }

  struct Reference: Sendable {
    var name: ReferenceName
    var modifier: Modifier
    var place: ReferencePlace
  }

  /// What stands behind the name. With `emptyToo` (the forms with a colon) an empty value counts as
  /// none.
  enum Modifier: Sendable {
    case none
    /// `:%Y-%m`: how the run's time is written.
    case format(String)
    /// `:-text`, `-text`
    case otherwise(Interpolation, emptyToo: Bool)
    /// `:?message`, `?message`
    case required(Interpolation, emptyToo: Bool)
    /// `:+text`, `+text`
    case instead(Interpolation, emptyToo: Bool)
  }

  /// Why there is no text: one sentence for the place of a `${`.
  struct Problem: Error {
    var message: String
    var place: ReferencePlace
    var notes: [Diagnostic.Note] = []
    var unknown: UnknownWord?
  }

  var segments: [Segment] = []

  /// A text can hold this many bytes after interpolation: variables that name each other several
  /// times would else multiply without end.
  static let maximumLength = 1 << 16

  /// How a manifest writes this text, so that nothing in it is interpolated.
  static func written(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    let bytes = text.utf8.flatMap { $0 == UInt8(ascii: "$") ? [$0, $0] : [$0] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Something in it has a value only when the source file is known.
  var usesFile: Bool {
    segments.contains { segment in
      guard case .reference(let reference) = segment else { return false }
      if case .file = reference.name { return true }
      switch reference.modifier {
      case .none, .format: return false
      case .otherwise(let text, _), .required(let text, _), .instead(let text, _):
        return text.usesFile
      }
    }
  }

  /// Where the first `${` stands that needs the source file.
  var filePlace: ReferencePlace? {
    for case .reference(let reference) in segments
    where Interpolation(segments: [.reference(reference)]).usesFile {
      return reference.place
    }
    return nil
  }
}

extension Interpolation.Problem {
  /// It names one of `vars` that is not there.
  init(
    unknown name: String, place: ReferencePlace,
    among known: @escaping @autoclosure @Sendable () -> [String]
  ) {
    self.init(
      message: "there is no \(quoted(name)) in vars", place: place,
      unknown: UnknownWord(name, among: known()))
  }
}

/// What a `${…}` names.
enum ReferenceName: Sendable, Equatable {
  case environment(String)
  /// Of `vars`.
  case variable(String)
  case run(RunField)
  case file(FileField)

  enum RunField: String, CaseIterable { case date, time, id }
  enum FileField: String, CaseIterable { case path, name, stem, ext, dir }

  private enum Namespace: String, CaseIterable { case vars, run, file }

  enum ParseError: Error {
    case empty
    case malformed
    case namespace(String)
    case field(String, namespace: String)

    var message: String {
      switch self {
      case .empty: "\"${\" needs a name"
      case .malformed:
        "a name between \"${\" and \"}\" is made of letters, digits and _, and does not begin with a"
          + " digit"
      case .namespace(let name):
        "there is no \(quoted(name + ".…")) to take a value from; there are vars, run and file"
      case .field(let field, let namespace):
        "\(quoted(namespace)) has no \(quoted(field)); it has "
          + (namespace == "run" ? "date, time and id" : "path, name, stem, ext and dir")
      }
    }

    var suggestion: String? {
      switch self {
      case .namespace(let name):
        Suggestion.nearest(to: name, among: Namespace.allCases.map(\.rawValue))
      case .field(let field, let namespace):
        Suggestion.nearest(
          to: field,
          among: namespace == "run"
            ? RunField.allCases.map(\.rawValue) : FileField.allCases.map(\.rawValue))
      case .empty, .malformed: nil
      }
    }
  }

  init(_ text: String) throws(ParseError) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if text.isEmpty { throw .empty }
    guard parts.count <= 2, parts.allSatisfy(Self.isName) else { throw .malformed }
    guard parts.count == 2 else {
      self = .environment(text)
      return
    }
    switch Namespace(rawValue: parts[0]) {
    case .vars: self = .variable(parts[1])
    case .run:
      guard let field = RunField(rawValue: parts[1]) else {
        throw .field(parts[1], namespace: parts[0])
      }
      self = .run(field)
    case .file:
      guard let field = FileField(rawValue: parts[1]) else {
        throw .field(parts[1], namespace: parts[0])
      }
      self = .file(field)
    case nil: throw .namespace(parts[0])
    }
  }

  /// What can be named between `${` and `}`.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first > UInt8(ascii: "9") else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
  }
}
