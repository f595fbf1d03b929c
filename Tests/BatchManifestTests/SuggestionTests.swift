import BatchManifest
import Testing

/// What was probably meant, in manifests that are wrong all over.
@Suite struct SuggestionTests {
  private static let count = 4_000
  private static let names = (0..<900).map { "a_rather_long_name_\($0)" }

  private static func mapping(_ value: String) -> String {
    "{" + names.map { "\($0): \(value)" }.joined(separator: ", ") + "}"
  }

  private static func needs(_ number: Int) -> String {
    "{id: a_rather_long_name_\(number), file: f, key: k\(number), needs: a_rather_lang_name_\(number)}"
  }

  private static func use(_ number: Int) -> String {
    "{file: f, key: k\(number), use: a_rather_lang_name_\(number)}"
  }

  private static func variable(_ number: Int) -> String {
    "{file: f, key: \"${vars.a_rather_lang_name_\(number)}\"}"
  }

  private struct Wrong: Sendable {
    var head: String
    var entry: @Sendable (Int) -> String
  }

  private static let wrong = [
    Wrong(head: "", entry: { needs($0) }),
    Wrong(head: "templates: \(mapping("{}"))\n", entry: { use($0) }),
    Wrong(head: "vars: \(mapping("x"))\n", entry: { variable($0) }),
  ]

  /// Looking for what was meant in each place would take from minutes to hours.
  @Test(.timeLimit(.minutes(5)), arguments: 0..<3)
  func onlyWhatIsShownIsLookedFor(index: Int) {
    let wrong = Self.wrong[index]
    let entries = (0..<Self.count).map { "  - \(wrong.entry($0))\n" }.joined()
    let errors = #expect(throws: ManifestErrors.self) {
      try read("version: 1\ntarget: {bucket: backups}\n\(wrong.head)entries:\n\(entries)")
    }
    #expect(errors?.count == Self.count)
    let notes = errors?.diagnostics.map { $0.notes.first?.message ?? "" } ?? []
    #expect(notes.count == ManifestErrors.maximumShown)
    #expect(notes.allSatisfy { $0.hasPrefix("did you mean \"a_rather_long") }, "\(notes)")
  }

  @Test(.timeLimit(.minutes(5))) func ofAssignmentsToo() {
    let assignments = (0..<Self.count).map { ("a_rather_lang_name_\($0)", "x") }
    let errors = #expect(throws: ManifestErrors.self) {
      try read(
        "version: 1\ntarget: {bucket: backups}\nvars: \(Self.mapping("x"))\nentries: []\n",
        in: testContext(set: assignments))
    }
    #expect(errors?.count == Self.count)
  }
}
