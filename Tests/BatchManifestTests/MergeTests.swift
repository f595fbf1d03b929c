import BatchCore
import BatchManifest
import Testing

/// Anchored mappings that themselves have merge keys, in the middle of what is being read.
@Suite struct MergeTests {
  private static let head = "version: 1\ntarget: {bucket: backups}\nx-c: &c {acl: private}\n"

  @Test(arguments: [
    """
    entries:
      - &e {<<: {acl: private}, file: a, key: "1"}
      - {<<: *e, key: "2"}
    """,
    """
    entries:
      - &e {<<: *c, file: a, key: "1"}
      - {file: b, key: "3", metadata: &m {x: y, z: w}}
      - {<<: *e, key: "2"}
      - {file: c, key: "4"}
    """,
    """
    entries:
      - {file: a, key: "1", headers: &h {<<: {A: b}, x-oss-object-acl: private}}
      - {file: b, key: "2", headers: *h}
    """,
    """
    defaults: &d {<<: *c, retries: 2}
    templates: {t: {<<: *d}}
    entries:
      - {file: a, key: "1", use: t}
      - {file: b, key: "2", use: t}
    """,
    """
    entries:
      - {file: a, key: "1", <<: &n {<<: *c, retries: 3}}
      - {file: b, key: "2", <<: *n}
    """,
  ])
  func anAnchoredMappingKeepsWhatItMerges(_ rest: String) throws {
    let manifest = try read(Self.head + rest + "\n")
    for index in manifest.entries.indices where ["1", "2"].contains(manifest.entry(index).key) {
      #expect(manifest.headers(index)["x-oss-object-acl"] == "private", "\(index)")
    }
  }

  @Test func targetsMayMergeEachOther() throws {
    let manifest = try read(
      """
      version: 1
      x-c: &c {region: cn-hangzhou}
      targets: {a: &a {<<: *c, bucket: backups}, b: {<<: *a, bucket: archive}}
      entries: [{file: a, key: a, target: b}]
      """)
    #expect(manifest.targets.map(\.bucket) == ["backups", "archive"])
    #expect(manifest.targets.map(\.region) == ["cn-hangzhou", "cn-hangzhou"])
  }

  @Test(arguments: 0..<8) func theyMeanWhatIsWrittenOut(batch: Int) throws {
    for seed in 0..<50 {
      let entries = MergedEntries(seed: UInt64(batch * 50 + seed))
      let text = entries.text
      let manifest = try read(text)
      let plain = try read(entries.writtenOut)
      #expect(manifest.entries.count == plain.entries.count)
      for index in plain.entries.indices {
        #expect(manifest.entry(index).key == plain.entry(index).key, "\(text)")
        #expect(manifest.entry(index).priority == plain.entry(index).priority, "\(text)")
        #expect(manifest.settings(index) == plain.settings(index), "\(text)")
      }
    }
  }
}

/// Entries drawn from a seed: anchored or not, each merging what stands before it, in any order; and what they mean.
private struct MergedEntries {
  private typealias Mapping = [(name: String, value: String)]

  private var random: SplitMix64
  private var lines: [String] = []
  private var plainLines: [String] = []
  /// What the anchors stand for, with all that is merged.
  private var anchored: [(name: String, meaning: Mapping)] = []
  private var headers: [(name: String, meaning: Mapping)] = []

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    for number in 0..<Int.random(in: 2...9, using: &random) { addEntry(number) }
  }

  private static let head = "version: 1\ntarget: {bucket: backups}\nentries:\n"
  var text: String { Self.head + lines.joined() }
  var writtenOut: String { Self.head + plainLines.joined() }

  private mutating func oneIn(_ count: Int) -> Bool {
    Int.random(in: 0..<count, using: &random) == 0
  }

  private mutating func addEntry(_ number: Int) {
    var own: Mapping = [("file", "f\(number)"), ("key", "k\(number)")]
    for name in ["retries", "priority"] where oneIn(2) {
      own.append((name, "\(Int.random(in: 1...9, using: &random))"))
    }
    var written = own
    if oneIn(2) {
      let (text, meaning) = headerMap(number)
      written.append(("headers", text))
      own.append(("headers", Self.flow(meaning)))
    }
    let (merge, merged) = merges(anchored)
    if let merge {
      written.insert(("<<", merge), at: Int.random(in: 0...written.count, using: &random))
    }
    let meaning = Self.filled(own, merged)
    var anchor = ""
    if oneIn(2) {
      anchor = "&e\(number) "
      anchored.append(("e\(number)", meaning))
    }
    lines.append("  - \(anchor)\(Self.flow(written))\n")
    plainLines.append("  - \(Self.flow(meaning))\n")
  }

  private mutating func headerMap(_ number: Int) -> (text: String, meaning: Mapping) {
    if oneIn(4), let known = headers.randomElement(using: &random) {
      return ("*\(known.name)", known.meaning)
    }
    var own: Mapping = []
    for name in ["X-A", "X-B", "X-C"] where oneIn(2) {
      own.append((name, "v\(Int.random(in: 0...9, using: &random))"))
    }
    let (merge, merged) = merges(headers)
    var written = own
    if let merge {
      written.insert(("<<", merge), at: Int.random(in: 0...written.count, using: &random))
    }
    let meaning = Self.filled(own, merged)
    guard oneIn(2) else { return (Self.flow(written), meaning) }
    headers.append(("h\(number)", meaning))
    return ("&h\(number) \(Self.flow(written))", meaning)
  }

  /// Up to three of the known mappings, or a new one, as the value of a merge key.
  private mutating func merges(
    _ known: [(name: String, meaning: Mapping)]
  ) -> (text: String?, meanings: [Mapping]) {
    guard !known.isEmpty, !oneIn(3) else { return (nil, []) }
    var texts: [String] = []
    var meanings: [Mapping] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard let one = known.randomElement(using: &random) else { continue }
      meanings.append(one.meaning)
      texts.append(oneIn(3) ? Self.flow(one.meaning) : "*\(one.name)")
    }
    return (texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]", meanings)
  }

  /// Own keys first, then those of what is merged, of which the earlier win.
  private static func filled(_ own: Mapping, _ merged: [Mapping]) -> Mapping {
    var meaning = own
    for mapping in merged {
      for pair in mapping where !meaning.contains(where: { $0.name == pair.name }) {
        meaning.append(pair)
      }
    }
    return meaning
  }

  private static func flow(_ mapping: Mapping) -> String {
    "{\(mapping.map { "\($0.name): \($0.value)" }.joined(separator: ", "))}"
  }
}
