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
    do throws(Interpolation.Problem) {
      return try InterpolationParser.parse(event.text, from: event.place, to: event.end)
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

  /// A pattern stands where no source file is known.
  mutating func reportFileless(_ pattern: Interpolation, _ message: String) {
    guard let place = pattern.filePlace else { return }
    report(Interpolation.Problem(message: message, place: place))
  }

  mutating func report(_ problem: Interpolation.Problem, notes: [Diagnostic.Note] = []) {
    var notes = problem.notes + notes
    // Lists hold no references: it stands in the manifest even where a row makes it wrong.
    if let list {
      notes.append(Diagnostic.Note("for this row", at: list.row, in: .list(list.path)))
    }
    report.report(
      Diagnostic(problem.message, at: problem.place, notes: notes), unknown: problem.unknown)
  }
}
