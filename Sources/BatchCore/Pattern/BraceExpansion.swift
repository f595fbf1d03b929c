/// `{a,b{c,d}}` → `a`, `bc`, `bd`: the patterns that a pattern with braces stands for. Braces in a
/// class and escaped ones are characters; braces without a comma still are braces.
enum BraceExpansion {
  static func expand(
    _ text: [Unicode.Scalar]
  ) throws(PathPattern.Problem) -> [[Unicode.Scalar]] {
    var finished: [[Unicode.Scalar]] = []
    var unfinished = [text]
    while let next = unfinished.popLast() {
      guard let group = try firstGroup(next) else {
        finished.append(next)
        continue
      }
      guard
        finished.count + unfinished.count + group.choices.count <= PathPattern.maximumAlternatives
      else { throw .tooManyAlternatives }
      let head = next[..<group.start]
      let tail = next[(group.end + 1)...]
      for choice in group.choices.reversed() {
        unfinished.append(Array(head) + next[choice] + tail)
      }
    }
    return finished
  }

  private struct Group {
    /// Where `{` and its `}` are.
    var start: Int
    var end: Int
    var choices: [Range<Int>]
  }

  private static func firstGroup(
    _ text: [Unicode.Scalar]
  ) throws(PathPattern.Problem) -> Group? {
    var depth = 0
    var start = 0
    var choices: [Range<Int>] = []
    var choiceStart = 0
    var index = 0
    while index < text.count {
      switch text[index] {
      case "\\": index += 1
      case "[": index = classEnd(text, index)
      case "{":
        if depth == 0 { (start, choiceStart) = (index, index + 1) }
        depth += 1
      case "," where depth == 1:
        choices.append(choiceStart..<index)
        choiceStart = index + 1
      case "}" where depth > 0:
        depth -= 1
        if depth == 0 {
          return Group(start: start, end: index, choices: choices + [choiceStart..<index])
        }
      default: break
      }
      index += 1
    }
    guard depth == 0 else { throw .unclosedBrace }
    return nil
  }

  /// The `]` of the class that begins at `start`; `start` itself when there is none.
  private static func classEnd(_ text: [Unicode.Scalar], _ start: Int) -> Int {
    var index = start + 1
    if index < text.count, text[index] == "!" || text[index] == "^" { index += 1 }
    let first = index
    while index < text.count, text[index] != "]" || index == first {
      if text[index] == "\\" { index += 1 }
      index += 1
    }
    return index < text.count ? index : start
  }
}
