package import BatchCore

/// What a manifest may ask for that does not stand in it.
package struct ManifestContext {
  /// For `${NAME}`.
  package var environment: [String: String]
  /// The names in the environment whose values are no text.
  package var unreadable: [String]
  /// `--set NAME=VALUE`: values of `vars` from outside; the later of two for one name counts.
  package var assignments: [(name: String, value: String)]
  /// For `${run.…}`.
  package var run: RunMoment
  /// A glob may match no file: who asks about what was done does not need the files of then.
  package var toleratesMissingMatches = false

  package init(
    environment: [String: String], unreadable: [String] = [],
    assignments: [(name: String, value: String)] = [], run: RunMoment
  ) {
    self.environment = environment
    self.unreadable = unreadable
    self.assignments = assignments
    self.run = run
  }
}

/// The run whose date, time and id a manifest can use. It is looked for when the first `${run.…}` is
/// met, and only then.
package final class RunMoment {
  private let find: () -> RunStart
  /// nil: nothing has asked, so the manifest is the same whatever the run.
  package private(set) var asked: RunStart?

  package init(_ find: @escaping () -> RunStart) { self.find = find }

  package var start: RunStart {
    if let asked { return asked }
    let start = find()
    asked = start
    return start
  }
}
