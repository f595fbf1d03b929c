internal import BatchCore

/// A glob as the manifest writes it: a fixed directory, and behind it the pattern.
struct GlobPattern {
  /// What stands before the first component with a wildcard, `\` escapes resolved; with a slash at its
  /// end, or empty.
  let directory: String
  let pattern: PathPattern

  struct ParseError: Error {
    /// Behind `glob`: "must not …".
    var message: String
  }

  init(_ text: String) throws(ParseError) {
    let split = Self.fixedLength(of: text)
    directory = Self.unescaped(text.prefix(split))
    let rest = String(text.dropFirst(split))
    if rest.isEmpty { throw ParseError(message: "must end with a pattern of file names") }
    do throws(PathPattern.Problem) {
      pattern = try PathPattern(rest)
    } catch {
      throw ParseError(message: "is not a pattern: \(error.message)")
    }
    for case .name(let name) in pattern.alternatives.joined() {
      if name.literal == "" {
        throw ParseError(message: "must not have an empty name between slashes or at its end")
      }
      if name.literal == "." || name.literal == ".." {
        throw ParseError(message: "can have . and .. only before its first wildcard")
      }
    }
  }

  /// How many characters stand before the component with the first wildcard, or before the last one.
  private static func fixedLength(of text: String) -> Int {
    var length = 0
    var isEscaped = false
    for (index, character) in text.enumerated() {
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if "*?[{".contains(character) {
        return length
      }
      if character == "/" { length = index + 1 }
    }
    return length
  }

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else {
        result.append(character)
        isEscaped = false
      }
    }
    return result
  }
}
