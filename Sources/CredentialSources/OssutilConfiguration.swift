/// The text of a `.ossutilconfig` (ossutil 2.0, "Configure ossutil", and the `[Credentials]` of
/// ossutil 1): INI with sections whose names, and keys whose spellings (`access-key-id`,
/// `accessKeyID`, `access_key_id`), do not depend on case, hyphens and underscores. Pure: any bytes
/// give a configuration or an error with its line, and the error never repeats what stands there.
package struct OssutilConfiguration: Sendable, Equatable {
  package struct Value: Sendable, Equatable {
    package var text: String
    /// From 1.
    package var line: Int
  }

  struct Section: Sendable, Equatable {
    var line: Int
    var values: [String: Value] = [:]
  }

  package struct Problem: Error, Sendable, Equatable {
    /// From 1; 0: it is not about one line.
    package var line: Int
    package var message: String
  }

  /// By profile name, lower case.
  private(set) var profiles: [String: Section] = [:]
  /// `[Credentials]`, as ossutil 1 writes it.
  private(set) var legacy: Section?

  package static func parse(_ bytes: [UInt8]) throws(Problem) -> OssutilConfiguration {
    var parser = Parser()
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let body = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
    for line in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      try parser.take(line)
    }
    return parser.configuration
  }

  /// A profile's values by normalized key, with those of its `source-profile` behind them. Nil when
  /// there is no such profile.
  func values(of profile: String) throws(Problem) -> [String: Value]? {
    guard let first = section(profile) else { return nil }
    var values = first.values
    var seen: Set = [profile.lowercased()]
    var next = first.values["sourceprofile"]
    while let source = next {
      guard seen.insert(source.text.lowercased()).inserted else {
        throw Problem(line: source.line, message: "the profiles name each other as source-profile")
      }
      guard let section = section(source.text) else {
        throw Problem(
          line: source.line, message: "source-profile names a profile that is not in the file")
      }
      values.merge(section.values) { mine, _ in mine }
      next = section.values["sourceprofile"]
    }
    return values
  }

  private func section(_ profile: String) -> Section? {
    let name = profile.lowercased()
    return profiles[name] ?? (name == "default" ? legacy : nil)
  }

  /// `access-key-id`, `accessKeyID` and `access_key_id` are one key.
  static func normalized(_ key: String) -> String {
    key.lowercased().filter { $0 != "-" && $0 != "_" }
  }

  private struct Parser {
    private enum Place { case nowhere, profile(String), legacy, other }

    var configuration = OssutilConfiguration()
    private var place = Place.nowhere
    private var number = 0

    mutating func take(_ bytes: ArraySlice<UInt8>) throws(Problem) {
      number += 1
      let bytes = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
      guard !bytes.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }),
        let text = String(validating: bytes, as: UTF8.self)
      else { throw problem("the line is not text") }
      let line = trimmed(text[...])
      guard let first = line.first, first != "#", first != ";" else { return }
      if first == "[" { return try open(line) }
      guard let equals = line.firstIndex(of: "=") else {
        throw problem("expected [section] or key = value")
      }
      let key = trimmed(line[..<equals])
      guard !key.isEmpty else { throw problem("the key before \"=\" is missing") }
      try set(normalized(String(key)), unquoted(trimmed(line[line.index(after: equals)...])))
    }

    private mutating func open(_ line: Substring) throws(Problem) {
      guard line.last == "]" else { throw problem("the section's name does not end with ]") }
      let words = line.dropFirst().dropLast().split { $0 == " " || $0 == "\t" }
      let kind = words.first?.lowercased()
      switch (kind, words.count) {
      case ("default", 1): try open(profile: "default")
      case ("credentials", 1):
        guard configuration.legacy == nil else { throw problem("[Credentials] stands here again") }
        configuration.legacy = Section(line: number)
        place = .legacy
      case ("profile", 2...):
        try open(profile: words.dropFirst().joined(separator: " ").lowercased())
      case ("profile", _): throw problem("the profile has no name")
      default: place = .other
      }
    }

    private mutating func open(profile name: String) throws(Problem) {
      if let first = configuration.profiles[name] {
        throw problem("the profile stands in the file twice, first on line \(first.line)")
      }
      configuration.profiles[name] = Section(line: number)
      place = .profile(name)
    }

    private mutating func set(_ key: String, _ text: String) throws(Problem) {
      let value = Value(text: text, line: number)
      let before: Value?
      switch place {
      case .nowhere: throw problem("a key stands before the first [section]")
      case .other: return
      case .profile(let name):
        before = configuration.profiles[name]?.values.updateValue(value, forKey: key)
      case .legacy: before = configuration.legacy?.values.updateValue(value, forKey: key)
      }
      if let before {
        throw problem("the key is given twice in its section, first on line \(before.line)")
      }
    }

    private func problem(_ message: String) -> Problem { Problem(line: number, message: message) }

    private func trimmed(_ text: Substring) -> Substring {
      var text = text.drop { $0 == " " || $0 == "\t" }
      while text.last == " " || text.last == "\t" { text = text.dropLast() }
      return text
    }

    private func unquoted(_ text: Substring) -> String {
      guard text.count >= 2, let mark = text.first, mark == "\"" || mark == "'",
        text.last == mark
      else { return String(text) }
      return String(text.dropFirst().dropLast())
    }
  }
}
