import BatchCore
import BatchManifest

/// A manifest as it was read: what it says, or its errors.
enum ManifestReading: Equatable {
  case accepted([String])
  case refused(ManifestErrors)

  /// Always at the same moment.
  init(_ bytes: [UInt8], path: String, environment: [String: String] = [:]) {
    let context = ManifestContext(
      environment: environment,
      run: RunMoment { RunStart(id: "9f3c5a1e00d27b44", time: 1_769_903_998, planned: 0) })
    do throws(ManifestErrors) {
      let manifest = try ManifestReader.read(bytes: bytes, path: path, in: context)
      self = .accepted(Self.statements(manifest))
    } catch {
      self = .refused(error)
    }
  }

  private static func statements(_ manifest: Manifest) -> [String] {
    [manifest.name, "\(manifest.concurrency)"] + manifest.targets.map { "\($0)" }
      + manifest.entries.settings.map { "\($0)" }
      + manifest.entries.indices.map { "\(manifest.entries[EntryIndex($0)])" }
  }

  /// Without the excerpts: they show the line ends that the file has.
  var words: [String] {
    switch self {
    case .accepted(let statements): statements
    case .refused(let errors):
      ["\(errors.count)"]
        + errors.diagnostics.map { "\($0.place.debugDescription) \($0.message) \($0.notes)" }
    }
  }

  /// That its errors are counted and can be shown on a terminal.
  func requireShowable() throws(BrokenProperty) {
    guard case .refused(let errors) = self else { return }
    let shown = errors.diagnostics
    try require(!shown.isEmpty, "a manifest is refused without an error")
    try require(
      shown.count == min(errors.count, ManifestErrors.maximumShown),
      "\(shown.count) of \(errors.count) errors are shown")
    for diagnostic in shown {
      guard let line = diagnostic.sourceLine, let place = diagnostic.place else { continue }
      try require(
        place.column <= line.unicodeScalars.count + 1, "column \(place.column) is not in its line")
    }
    let isPlain = DiagnosticRenderer.render(errors).unicodeScalars.allSatisfy {
      $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
    }
    try require(isPlain, "an error can send control characters to the terminal")
  }
}

extension SourcePlace {
  /// Not every character that is taken for a line end is one byte, but none is less.
  func requireInside(_ bytes: [UInt8], _ message: String) throws(BrokenProperty) {
    let isInside = line >= 1 && column >= 1 && line + column <= bytes.count + 2
    try require(isInside, "\(self) is outside of the file: \(message)")
  }
}
