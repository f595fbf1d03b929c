/// The pattern of one component of a path, without braces.
package struct NamePattern: Sendable, Equatable {
  private enum Token: Sendable, Equatable {
    case character(Unicode.Scalar)
    case anyCharacter
    /// `*`
    case anything
    case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)
  }

  private let tokens: [Token]

  init(_ text: [Unicode.Scalar]) throws(PathPattern.Problem) {
    var tokens: [Token] = []
    var index = 0
    while index < text.count {
      switch text[index] {
      case "*":
        if tokens.last != .anything { tokens.append(.anything) }
      case "?": tokens.append(.anyCharacter)
      case "[": tokens.append(try Self.characterClass(text, &index))
      case "\\":
        index += 1
        guard index < text.count else { throw .danglingEscape }
        tokens.append(.character(text[index]))
      default: tokens.append(.character(text[index]))
      }
      index += 1
    }
    self.tokens = tokens
  }

  /// The one name that matches; nil when several may.
  package var literal: String? {
    var text = String.UnicodeScalarView()
    for token in tokens {
      guard case .character(let scalar) = token else { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  /// It asks for a dot at the beginning itself, so that hidden files are meant.
  package var beginsWithDot: Bool { tokens.first == .character(".") }

  package func matches(_ name: String) -> Bool { matches(Array(name.unicodeScalars)) }

  /// Only the last `*` needs to be tried with more characters.
  func matches(_ name: [Unicode.Scalar]) -> Bool {
    var token = 0
    var position = 0
    var retry: (token: Int, position: Int)?
    while true {
      if token < tokens.count, tokens[token] == .anything {
        token += 1
        retry = (token, position)
      } else if token < tokens.count, position < name.count, accepts(token, name[position]) {
        token += 1
        position += 1
      } else if token == tokens.count, position == name.count {
        return true
      } else if let last = retry, last.position < name.count {
        retry = (last.token, last.position + 1)
        (token, position) = (last.token, last.position + 1)
      } else {
        return false
      }
    }
  }

  private func accepts(_ token: Int, _ scalar: Unicode.Scalar) -> Bool {
    switch tokens[token] {
    case .character(let wanted): wanted == scalar
    case .anyCharacter: true
    case .anything: false
    case .oneOf(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
    }
  }

  /// `[` at `index`; leaves it at the `]`, which as the first character stands for itself.
  private static func characterClass(
    _ text: [Unicode.Scalar], _ index: inout Int
  ) throws(PathPattern.Problem) -> Token {
    index += 1
    let negated = index < text.count && (text[index] == "!" || text[index] == "^")
    if negated { index += 1 }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while true {
      guard index < text.count else { throw .unclosedClass }
      if text[index] == "]", !ranges.isEmpty { break }
      let low = try classCharacter(text, &index)
      var high = low
      if index + 1 < text.count, text[index] == "-", text[index + 1] != "]" {
        index += 1
        high = try classCharacter(text, &index)
      }
      guard low <= high else { throw .reversedRange("\(low)-\(high)") }
      ranges.append(low...high)
    }
    return .oneOf(ranges, negated: negated)
  }

  private static func classCharacter(
    _ text: [Unicode.Scalar], _ index: inout Int
  ) throws(PathPattern.Problem) -> Unicode.Scalar {
    if text[index] == "\\" { index += 1 }
    guard index < text.count else { throw .unclosedClass }
    defer { index += 1 }
    return text[index]
  }
}
