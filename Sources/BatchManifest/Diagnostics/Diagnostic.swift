/// A place in the manifest, both numbers from 1; the column counts Unicode characters.
package struct SourcePlace: Hashable, Comparable, Sendable {
  // A manifest is at most 1 GiB, so 32 bits hold every line and column; a million places are kept.
  private var storedLine: UInt32
  private var storedColumn: UInt32

  package init(line: Int, column: Int) {
    storedLine = UInt32(clamping: line)
    storedColumn = UInt32(clamping: column)
  }

  package var line: Int { Int(storedLine) }
  package var column: Int { Int(storedColumn) }

  package static func < (left: SourcePlace, right: SourcePlace) -> Bool {
    (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
  }
}

/// One error of a manifest, as a person reads it.
package struct Diagnostic: Sendable, Equatable {
  /// What helps with the error: another place that is concerned, or a suggestion.
  package struct Note: Sendable, Equatable {
    /// The file in which the place lies.
    package enum File: Sendable, Equatable {
      /// That of the error.
      case same
      case manifest
      case list(String)
    }

    package var place: SourcePlace?
    /// Of a `${`: which it is, until its place is looked for.
    var reference: ReferencePlace?
    package var file: File
    package var message: String

    package init(_ message: String, at place: SourcePlace? = nil, in file: File = .same) {
      self.place = place
      self.file = file
      self.message = message
    }

    init(_ message: String, at reference: ReferencePlace) {
      self.init(message, at: reference.start)
      self.reference = reference
    }
  }

  /// The list in which the error is; nil: the manifest.
  package var file: String?
  /// Of an error in a list: where the manifest names the list.
  package var manifestPlace: SourcePlace?

  /// nil: the file as a whole (it could not be read).
  package var place: SourcePlace?
  /// Of an error in `${…}`: which it is, until its place is looked for.
  var reference: ReferencePlace?
  /// One sentence: lower case, no full stop.
  package var message: String
  package var notes: [Note]
  /// The text of the line at `place` without its end; nil when there is none to show.
  package var sourceLine: String?

  package init(_ message: String, at place: SourcePlace? = nil, notes: [Note] = []) {
    self.place = place
    self.message = message
    self.notes = notes
  }

  init(_ message: String, at reference: ReferencePlace, notes: [Note]) {
    self.init(message, at: reference.start, notes: notes)
    self.reference = reference
  }
}

/// Why a manifest was not accepted. Nothing may be sent; the exit code is 3.
package struct ManifestErrors: Error, Sendable, Equatable {
  /// At most this many are kept with their text.
  package static let maximumShown = 20

  /// The manifest's name as the user gave it; `<stdin>` for `-`.
  package var file: String
  /// The first errors in the order of the file, at most `maximumShown`.
  package var diagnostics: [Diagnostic]
  /// All errors that were found.
  package var count: Int

  package init(file: String, diagnostics: [Diagnostic], count: Int) {
    self.file = file
    self.diagnostics = diagnostics
    self.count = count
  }
}
