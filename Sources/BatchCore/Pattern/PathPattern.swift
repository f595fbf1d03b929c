/// A pattern of paths with `/` between their components: `**` any number of components, `*` any
/// characters of one, `?` one character, `[a-z]` and `[!a-z]` one character of a class, `{a,b}`
/// alternatives, `\` takes the next character as it is. The one matcher of globs, whether of files or
/// of keys; what is hidden, and what a link is, is for whoever walks a directory to say.
package struct PathPattern: Sendable {
  package enum Component: Sendable, Equatable {
    /// `**`: any number of components, none included; at the end of a pattern at least one.
    case anyDepth
    case name(NamePattern)
  }

  /// Why a text is no pattern.
  package enum Problem: Error, Equatable {
    case empty
    case unclosedClass
    case unclosedBrace
    case reversedRange(String)
    case tooManyAlternatives
    case danglingEscape

    package var message: String {
      switch self {
      case .empty: "a pattern must not be empty"
      case .unclosedClass: "\"[\" has no \"]\"; write \\[ for the character itself"
      case .unclosedBrace: "\"{\" has no \"}\"; write \\{ for the character itself"
      case .reversedRange(let range): "the range \(range) is the wrong way round"
      case .tooManyAlternatives:
        "the braces stand for more than \(PathPattern.maximumAlternatives) patterns"
      case .danglingEscape: "\"\\\" at the end escapes nothing; write \\\\ for the character itself"
      }
    }
  }

  package static let maximumAlternatives = 1_000

  /// What the braces stand for: a path matches when it matches one of these.
  package let alternatives: [[Component]]

  package init(_ text: String) throws(Problem) {
    guard !text.isEmpty else { throw .empty }
    var alternatives: [[Component]] = []
    for expanded in try BraceExpansion.expand(Array(text.unicodeScalars)) {
      alternatives.append(try Self.components(expanded))
    }
    self.alternatives = alternatives
  }

  package func matches(_ path: String) -> Bool {
    let names = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
      .map(Array.init)
    return alternatives.contains { Self.matches($0, names) }
  }

  /// Only the last `**` needs to be tried with more components: an earlier one that took more would
  /// leave the later ones less.
  private static func matches(_ pattern: [Component], _ names: [[Unicode.Scalar]]) -> Bool {
    var component = 0
    var name = 0
    var retry: (component: Int, name: Int)?
    while true {
      if component < pattern.count {
        switch pattern[component] {
        case .anyDepth where component == pattern.count - 1:
          if name < names.count { return true }
        case .anyDepth:
          component += 1
          retry = (component, name)
          continue
        case .name(let namePattern):
          if name < names.count, namePattern.matches(names[name]) {
            component += 1
            name += 1
            continue
          }
        }
      } else if name == names.count {
        return true
      }
      guard let last = retry, last.name < names.count else { return false }
      retry = (last.component, last.name + 1)
      (component, name) = (last.component, last.name + 1)
    }
  }

  private static func components(
    _ text: [Unicode.Scalar]
  ) throws(Problem) -> [Component] {
    var components: [Component] = []
    for part in split(text) {
      if part == ["*", "*"] {
        if components.last != .anyDepth { components.append(.anyDepth) }
      } else {
        components.append(.name(try NamePattern(part)))
      }
    }
    return components
  }

  /// At every slash, also one that stands in a class or is escaped: no name has one.
  private static func split(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
    text.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
  }
}
