import BatchCore
import BatchManifest
import Testing

/// Manifests that are too long to be parsed on the thread that reads them.
@Suite struct LongManifestTests {
  private static let count = 3_000

  private static let head = """
    version: 1
    x-common: &common {acl: private, priority: 7}
    target: {bucket: backups}

    """

  private static let entries =
    "entries:\n"
    + (0..<count).map { "  - {<<: *common, file: data/\($0).bin, key: \"objects/\($0)\"}\n" }
    .joined()

  private func check(_ manifest: Manifest) {
    #expect(manifest.entries.count == Self.count)
    for index in 0..<Self.count {
      let entry = manifest.entry(index)
      #expect(entry.file == "conf/data/\(index).bin" && entry.key == "objects/\(index)")
      #expect(entry.priority == 7)
    }
  }

  @Test func everyEntryArrives() throws {
    try check(read(Self.head + Self.entries))
  }

  /// It is parsed twice.
  @Test func theHeaderMayStandBehindTheEntries() throws {
    let (common, target) = (
      "x-common: &common {acl: private, priority: 7}\n", "target: {bucket: archive}\n"
    )
    let manifest = try read("version: 1\n" + common + Self.entries + target)
    check(manifest)
    #expect(manifest.targets[0].bucket == "archive")
  }

  /// Scalars may be longer than what is parsed ahead.
  @Test func scalarsMayBeLong() throws {
    let note = "x-note: \"" + String(repeating: "a long note ", count: 100_000) + "\"\n"
    try check(read(Self.head + note + Self.entries))
  }

  @Test func anErrorAtTheEndHasItsPlace() {
    let errors = #expect(throws: ManifestErrors.self) {
      _ = try read(Self.head + Self.entries + "  - {file: a, kye: b}\n")
    }
    let lines = errors?.diagnostics.map { $0.place?.line }
    #expect(lines?.first == 4 + Self.count + 1)
  }

  /// What makes the rest unintelligible ends the reading, however much has been parsed.
  @Test func anErrorAtTheBeginningEndsIt() {
    let errors = #expect(throws: ManifestErrors.self) {
      _ = try read("version: 1\nname: *nobody\n" + Self.head + Self.entries)
    }
    #expect(errors?.diagnostics.map { $0.place?.line } == [2])
  }

  @Test func textThatIsNoYAMLIsToldOf() {
    let errors = #expect(throws: ManifestErrors.self) {
      _ = try read(Self.head + Self.entries + "  - {file: a, key: \"b}\n")
    }
    #expect(errors?.diagnostics.first?.place?.line == 4 + Self.count + 1)
    #expect(errors?.count == 1)
  }
}
