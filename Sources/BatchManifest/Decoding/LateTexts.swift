internal import BatchCore

/// A text, or what it is made of while the source file is not known yet.
enum LateText {
  case text(String)
  /// It has `${file.…}` in it.
  case pattern(Interpolation)

  var isLate: Bool {
    if case .pattern = self { return true }
    return false
  }
}

/// `${…}` in scalars.
extension ManifestDecoder {
  /// nil: reported.
  mutating func interpolation(_ event: YAMLEvent) -> Interpolation? {
    let isVerbatim = Self.isVerbatim(event)
    let quote = event.isQuoted && isVerbatim ? 1 : 0
    let start = SourcePlace(line: event.place.line, column: event.place.column + quote)
    do throws(Interpolation.Problem) {
      return try InterpolationParser.parse(event.text, at: start, isVerbatim: isVerbatim)
    } catch {
      report(error)
      return nil
    }
  }

  /// nil: reported, here or before; or `vars` stands behind what uses it, and there will be another
  /// pass.
  mutating func evaluate(
    _ pattern: Interpolation, file: SourceName? = nil,
    notes: @autoclosure () -> [Diagnostic.Note] = []
  ) -> String? {
    do throws(Interpolation.Problem) {
      guard let known = variables else {
        var asksForVariables = false
        let text = try scope.text(of: pattern, file) { _, _ in
          asksForVariables = true
          return nil
        }
        if asksForVariables { usesLaterVariables = true }
        return text
      }
      let scope = scope
      return try scope.text(of: pattern, file) { name, place throws(Interpolation.Problem) in
        guard let value = known[name] else {
          throw Interpolation.Problem(unknown: name, place: place, among: known.keys.sorted())
        }
        return value
      }
    } catch {
      report(error, notes: notes())
      return nil
    }
  }

  /// The text of an entry whose source is `file`.
  mutating func text(
    _ late: LateText, file: SourceName, notes: @autoclosure () -> [Diagnostic.Note]
  ) -> String? {
    switch late {
    case .text(let text): text
    case .pattern(let pattern): evaluate(pattern, file: file, notes: notes())
    }
  }

  mutating func report(_ problem: Interpolation.Problem, notes: [Diagnostic.Note] = []) {
    error(
      problem.message, at: problem.place, notes: problem.notes + notes, unknown: problem.unknown)
  }

  /// The scalar's text stands in the file byte for byte, without escapes and line breaks in it.
  private static func isVerbatim(_ event: YAMLEvent) -> Bool {
    let characters = event.text.lazy.filter { $0 & 0xC0 != 0x80 }.count
    return event.place.line == event.end.line
      && event.end.column - event.place.column == characters + (event.isQuoted ? 2 : 0)
  }
}
