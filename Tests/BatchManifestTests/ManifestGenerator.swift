import BatchCore

/// Valid manifests of texts that are hard to write down.
struct ManifestGenerator {
  private static let pieces = [
    "a", "Z", "0", "7", "1.10", "1e3", "0x1F", "2024-01-01", "08:00", "null", "~", "true", "No",
    "on",
    "y", "-", "- ", "?", "? ", ":", ": ", " :", "#", " #", "&a", "*", "*a", "!", "!!str ", "|", ">",
    "%", "@", "`", "'", "\"", "\\", "\\n", "{", "}", "[", "]", ",", "<<", "=", "$", "$$", "${HOME}",
    "${", "$${", "${file.path}", "  ", " ", "/", "..", "---", "é", "e\u{301}", "日志", "🎉", "👩‍💻",
    "\u{A0}", "\u{200B}", "\u{2028}", "\u{FEFF}", "\u{E000}", "\u{85}", "\u{FFFF}", "\u{202E}",
    "\u{10FFFF}", "tag:", "x: y", ".inf", "+1",
  ]
  /// What may stand in keys and paths, but not in words and headers.
  private static let controls = ["\n", "\r", "\u{1}", "\u{1B}", "\u{7F}", "\n\n ", "\r\n"]
  private static let names = [
    "cache-control", "x-a", "null", "~", "!$'", "true", "123", "x-oss-meta-m", "x-oss-meta-007",
    "x-oss-meta--", "x-oss-server-side-encryption-key-id",
    "a" + String(repeating: "b", count: 1_100),
  ]
  private static let choices = [
    "content-type": ["text/plain", "", "a;b=\"c\"", "$x"],
    "x-oss-object-acl": ["private", "default"],
    "x-oss-storage-class": ["IA", "Archive"], "x-oss-server-side-encryption": ["KMS", "SM4"],
    "x-oss-tagging": [
      "a=1&b=2", "a=1", "b=3&c=%2F%20%2B", "b=1&a=2", "a=1&a=2", "a=%2f", "a", "a=x+y",
      "no=&null=null",
    ],
  ]

  private var state: UInt64
  private var count = 0

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func number(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

  private mutating func oneIn(_ number: Int) -> Bool { self.number(below: number) == 0 }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[number(below: values.count)]
  }

  private mutating func word() -> String {
    let text = (0...number(below: 4)).map { _ in pick(Self.pieces) }.joined()
    let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    return hasControl ? "word" : text
  }

  private mutating func text() -> String {
    word() + (oneIn(3) ? pick(Self.controls) : "") + (oneIn(3) ? word() : "")
  }

  /// Words of which each is there once.
  private mutating func unique(_ text: String) -> String {
    count += 1
    return text + "\(count)"
  }

  mutating func manifest(path: String) -> Manifest {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[...$0]) } ?? ""
    var targets = [target(name: "", directory)]
    if oneIn(2) {
      targets = (0...number(below: 3)).map { _ in target(name: unique(word()), directory) }
    }
    var table = EntryTable()
    let settings = (0...number(below: 3)).map { _ in table.intern(self.settings()) }
    let labels = (0..<3).map { _ in unique(word()) }.map { table.intern(label: $0) }
    for _ in 0..<number(below: 8) {
      let target = number(below: targets.count)
      let id = unique(word())
      let file = text()
      let key = unique(text())
      let isKey = !["/", "\\", "?"].contains { key.hasPrefix($0) }
      let words = (0..<number(below: 3)).map { _ in pick(labels) }
      table.append(
        Entry(
          id: oneIn(2) || id.hasPrefix("tag:") ? nil : id, target: target,
          file: file.hasPrefix("/") ? file : directory + file,
          key: targets[target].prefix + (isKey ? key : "k" + key), settings: pick(settings),
          labels: table.intern(labels: words),
          priority: oneIn(2) ? 0 : number(below: 2_000) - 1_000))
    }
    addNeeds(to: &table)
    return Manifest(
      name: word(), targets: targets, concurrency: 1 + number(below: 4_096),
      bandwidth: oneIn(2) ? nil : bandwidth(), entries: table)
  }

  /// Entries need earlier ones and everything, so there is no circle.
  private mutating func addNeeds(to table: inout EntryTable) {
    for row in table.indices.dropFirst() where oneIn(2) {
      let earlier = table.indices.prefix(row).map { EntryIndex($0) }
      let named = earlier.filter { table.id($0) != nil && $0.value % 2 == row % 2 }
      let labels = Set(table.labels(EntryIndex(0))).filter { label in
        table.indices.suffix(from: row).allSatisfy { !table.labels(EntryIndex($0)).contains(label) }
      }
      let needs = Needs(everything: oneIn(4), entries: named, labels: Array(labels))
      if !needs.isEmpty { table.setNeeds(needs, of: EntryIndex(row)) }
    }
  }

  private mutating func target(name: String, _ directory: String) -> Target {
    let prefix = oneIn(2) ? "" : "p" + text()
    let addressing = pick(Target.Addressing.allCases)
    // No bucket can stand before an address.
    let addresses = addressing == .virtual ? [] : ["http://127.0.0.1:9000", "[::1]:80"]
    return Target(
      name: name, bucket: pick(["backups", "007", "123-456"]),
      endpoint: pick([nil, "localhost"] + addresses),
      region: pick([nil, "cn-hangzhou", "1"]), prefix: prefix,
      addressing: addressing, signature: pick(Target.Signature.allCases),
      certificateAuthorityFile: oneIn(2) ? nil : directory + "c" + text())
  }

  private mutating func bandwidth() -> Bandwidth {
    if oneIn(3) { return Bandwidth(rate: 65_536 + number(below: 1 << 30)) }
    return Bandwidth(
      spans: (0..<number(below: 3)).map { _ in
        Bandwidth.Span(
          from: number(below: 1_441), to: number(below: 1_440), rate: 1_048_576 << number(below: 9))
      })
  }

  private mutating func settings() -> ObjectSettings {
    var settings = ObjectSettings()
    for name in Self.names where oneIn(4) {
      let value = word().drop { $0 == " " }
      settings.headers.append(
        HeaderField(name, String(value.reversed().drop { $0 == " " }.reversed())))
    }
    for (name, values) in Self.choices.sorted(by: { $0.key < $1.key }) where oneIn(2) {
      settings.headers.append(HeaderField(name, pick(values)))
    }
    settings.headers.sort()
    settings.partSize = pick([.auto, .fixed(102_400), .fixed(102_401), .fixed(5 << 30)])
    settings.multipartThreshold = pick([0, 1, 10 << 20, 1_000_000])
    settings.overwrite = pick(ObjectSettings.Overwrite.allCases)
    settings.checksum = pick(ObjectSettings.Checksum.allCases)
    settings.contentMD5 = oneIn(2)
    settings.retries = pick([0, 8, 100])
    return settings
  }
}
