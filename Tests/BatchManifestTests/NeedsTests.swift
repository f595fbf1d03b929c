import BatchCore
import BatchManifest
import Testing

@Suite struct NeedsTests {
  private func needs(_ entries: String) throws(ManifestErrors) -> [Needs] {
    let table = try read("version: 1\ntarget: {bucket: backups}\nentries:\n" + entries).entries
    return table.indices.map { table.needs[table.needsIndex(EntryIndex($0))] }
  }

  @Test func idsAndLabelsMayStandBehindWhoNamesThem() throws {
    let needs = try needs(
      """
        - {file: m, key: m, needs: [b, "tag:x", a]}
        - {id: a, file: a, key: a, labels: [x]}
        - {id: b, file: b, key: b, needs: "*"}
        - {file: c, key: c}
      """)
    #expect(needs[0].entries == [EntryIndex(1), EntryIndex(2)])
    #expect(needs[0].labels.count == 1)
    #expect(!needs[0].everything)
    #expect(needs[1].isEmpty)
    #expect(needs[2] == Needs(everything: true))
    #expect(needs[3].isEmpty)
  }

  /// Waiting for everything is no circle, nor is having the label that one needs, nor a diamond.
  @Test(arguments: [
    "{id: a, file: a, key: a, needs: [\"*\"]}, {id: b, file: b, key: b, needs: [a, \"*\"]}",
    "{id: a, file: a, key: a, labels: [x], needs: [\"tag:x\"]}, {file: b, key: b, labels: [x]}",
    "{id: a, file: a, key: a, needs: [b, c]}, {id: b, file: b, key: b, needs: [d]},"
      + " {id: c, file: c, key: c, needs: [d]}, {id: d, file: d, key: d}",
  ])
  func whatIsNoCircleIsAccepted(_ entries: String) throws {
    _ = try read("version: 1\ntarget: {bucket: backups}\nentries: [\(entries)]\n")
  }

  /// A circle is found however the labels lead through it.
  @Test(arguments: [
    "{id: a, file: a, key: a, labels: [x], needs: [b]}, {id: b, file: b, key: b, needs: [\"tag:x\"]}",
    "{id: f, file: f, key: f, labels: [x], needs: [\"tag:x\"]},"
      + " {id: g, file: g, key: g, labels: [x], needs: [h]}, {id: h, file: h, key: h, needs: [f]}",
    "{id: k, file: k, key: k, needs: [\"tag:x\"]},"
      + " {id: f, file: f, key: f, labels: [x], needs: [\"tag:x\"]},"
      + " {id: g, file: g, key: g, labels: [x], needs: [f]}",
    "{id: k, file: k, key: k, needs: [\"tag:x\"]},"
      + " {id: g, file: g, key: g, labels: [x], needs: [h]},"
      + " {id: h, file: h, key: h, needs: [\"tag:x\"]}",
  ])
  func circlesThroughLabelsAreErrors(_ entries: String) {
    #expect(throws: ManifestErrors.self) {
      try read("version: 1\ntarget: {bucket: backups}\nentries: [\(entries)]\n")
    }
  }

  /// Each is told once, also where one leads to another, and no more than are shown.
  @Test func everyCircleIsTold() throws {
    let pairs = (0..<30).map { number in
      "  - {id: a\(number), file: f, key: a\(number), needs: [b\(number), a\(number + 1)]}\n"
        + "  - {id: b\(number), file: f, key: b\(number), needs: [a\(number)]}\n"
    }
    for (count, told) in [(3, 3), (30, ManifestErrors.maximumShown)] {
      let end = "  - {id: a\(count), file: f, key: a\(count), labels: [x], needs: [\"tag:x\"]}\n"
      let errors = #expect(throws: ManifestErrors.self) {
        try needs(pairs.prefix(count).joined() + end)
      }
      let messages = try #require(errors).diagnostics.map(\.message)
      #expect(Set(messages).count == told)
      #expect(errors?.count == told)
    }
  }

  @Test func aLongChainIsNoBurden() throws {
    let lines = (0..<50_000).map { "  - {id: e\($0), file: f, key: k\($0), needs: e\($0 + 1)}\n" }
    let last = "  - {id: e50000, file: f, key: last}\n"
    #expect(try needs(lines.joined() + last).count == 50_001)
    let errors = #expect(throws: ManifestErrors.self) {
      try needs(lines.joined() + "  - {id: e50000, file: f, key: last, needs: e0}\n")
    }
    let told = try #require(errors).diagnostics[0]
    #expect(told.message.hasSuffix(" → e10 → … and 49,989 more → e50000 → e0"))
    #expect(told.notes.count == 12)
  }
}
