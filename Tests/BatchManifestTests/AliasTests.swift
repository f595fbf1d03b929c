import BatchCore
import BatchManifest
import Testing

@Suite struct AliasTests {
  @Test func aliasesStandForTheirNodes() throws {
    let manifest = try read(
      """
      version: 1
      x-name: &name backups
      target: {bucket: *name}
      entries:
        - &first {file: &f a.bin, key: k1, headers: &h {X-A: "1"}}
        - {file: *f, key: *name, headers: *h}
      """, path: "m.yaml")
    #expect(manifest.targets[0].bucket == "backups")
    #expect(manifest.entry(1).file == "a.bin")
    #expect(manifest.entry(1).key == "backups")
    #expect(manifest.headers(1) == ["x-a": "1"])
  }

  @Test func ownKeysWinOverMergedOnesWhereverTheyStand() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      x-common: &common {acl: private, retries: 1, headers: {A: "1"}}
      entries:
        - {<<: *common, file: a, key: a, retries: 2}
        - {retries: 2, file: a, key: b, <<: *common}
      """)
    for index in 0...1 {
      #expect(manifest.settings(index).retries == 2)
      #expect(manifest.headers(index) == ["x-oss-object-acl": "private", "a": "1"])
    }
  }

  @Test func ofSeveralMergedMappingsTheEarlierWins() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      x-a: &a {retries: 1}
      x-b: &b {<<: {priority: 5}, retries: 2, checksum: none}
      x-c: &c [*a, *b]
      entries:
        - {file: a, key: a, <<: [*a, {retries: 7, overwrite: never}, *b]}
        - {file: a, key: b, <<: *c}
      """)
    for index in 0...1 {
      #expect(manifest.settings(index).retries == 1)
      #expect(manifest.settings(index).checksum == .none)
      #expect(manifest.entry(index).priority == 5)
    }
    #expect(manifest.settings(0).overwrite == .never)
  }

  @Test func mergeKeysWorkInMapsOfText() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      x-headers: &h {Cache-Control: a, X-B: b}
      entries: [{file: a, key: a, headers: {cache-control: own, <<: *h}}]
      """)
    #expect(manifest.headers(0) == ["cache-control": "own", "x-b": "b"])
  }

  @Test func anAnchorMayBeGivenAnew() throws {
    let entries = try readEntries(
      """
        - {file: &x one, key: a, id: *x}
        - {file: &x two, key: b, id: *x}
      """)
    #expect(entries.map(\.id) == ["one", "two"])
  }

  @Test func manyEntriesMayShareOneAnchor() throws {
    let common = "x-c: &c {acl: private, retries: 3, headers: {A: a, B: b, C: c}}\n"
    let lines = (0..<20_000).map { "  - {file: f, key: k\($0), <<: [*c, {checksum: none}]}\n" }
    let manifest = try read(
      "version: 1\ntarget: {bucket: backups}\n" + common + "entries:\n" + lines.joined())
    #expect(manifest.entries.count == 20_000)
    #expect(manifest.entries.settings.count == 1)
  }

  /// Each tag is written out with its node.
  @Test func anchoredNodesAreKeptUpToALimit() {
    let tag = String(repeating: "a", count: 1 << 20)
    let errors = #expect(throws: ManifestErrors.self) {
      _ = try read(
        "%TAG !e! tag:\(tag)\n---\nx-kept: &kept\n" + String(repeating: "- !e!x a\n", count: 100))
    }
    let message = "anchored nodes hold more than 64 MiB of text; "
    let first = errors?.diagnostics.first
    #expect(first?.message == message + "anchor less, or let entries share templates")
    #expect(first?.place?.line == 3 + 64)
  }

  /// 10^12 nodes if it were expanded; it must end, with an error or without using what it means.
  @Test(arguments: ["x-use: *l12\nentries: []", "entries: *l12", "defaults: *l12\nentries: []"])
  func aliasesThatMultiplyComeToAnEnd(_ use: String) {
    var text = "version: 1\ntarget: {bucket: backups}\nx-0: &l0 {x: y}\n"
    for level in 1...12 {
      let uses = Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ")
      text += "x-\(level): &l\(level) {<<: [\(uses)]}\n"
    }
    let result = Result { () throws(ManifestErrors) in try read(text + use + "\n") }
    if case .failure(let errors) = result { #expect(errors.count > 0) }
    if !use.hasPrefix("x-use") { #expect(throws: ManifestErrors.self) { try result.get() } }
  }
}
