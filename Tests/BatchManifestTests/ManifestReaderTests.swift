import BatchCore
import BatchManifest
import Testing

/// What manifests of tests can ask for: the run of 2026-01-31 23:59:58 UTC, and these variables.
func testContext(
  _ environment: [String: String] = [:], set assignments: [(String, String)] = []
) -> ManifestContext {
  ManifestContext(
    environment: environment, assignments: assignments.map { (name: $0.0, value: $0.1) },
    run: RunMoment { RunStart(id: "9f3c5a1e00d27b44", time: 1_769_903_998, planned: 0) })
}

/// Reads `text` as the manifest at `path`.
func read(
  _ text: String, path: String = "conf/nightly.yaml", in context: ManifestContext = testContext()
) throws(ManifestErrors) -> Manifest {
  try ManifestReader.read(bytes: [UInt8](text.utf8), path: path, in: context)
}

/// A manifest with these entries, one target and no defaults.
func readEntries(_ entries: String) throws(ManifestErrors) -> [Entry] {
  let manifest = try read("version: 1\ntarget: {bucket: backups}\nentries:\n" + entries)
  return manifest.entries.indices.map { manifest.entries[EntryIndex($0)] }
}

extension Manifest {
  func entry(_ index: Int) -> Entry { entries[EntryIndex(index)] }
  func settings(_ index: Int) -> ObjectSettings { entries.settings[entry(index).settings] }
  func headers(_ index: Int) -> [String: String] {
    Dictionary(uniqueKeysWithValues: settings(index).headers.map { ($0.name, $0.value) })
  }
}

@Suite struct ManifestReaderTests {
  @Test func everyKeyArrivesWhereItBelongs() throws {
    let manifest = try read(
      """
      version: 1
      name: nightly-db
      target:
        bucket: backups
        endpoint: http://127.0.0.1:9000/
        region: cn-hangzhou
        prefix: db/
        addressing: path
        signature: v1
        ca_file: roots.pem
      concurrency: 32
      x-mine: [anything, {at: all}]
      entries:
        - id: orders
          file: dumps/orders.zst
          key: orders.zst
          part_size: 16MiB
          multipart_threshold: 64MiB
          content_type: application/zstd
          headers: {Cache-Control: " no-store "}
          metadata: {Host: db1}
          tags: {env: prod, "a b": "x/y"}
          acl: private
          storage_class: IA
          encryption: {algorithm: KMS, key_id: k1, data_encryption: SM4}
          overwrite: never
          checksum: none
          content_md5: true
          retries: 3
          priority: -5
      """)
    #expect(manifest.name == "nightly-db")
    #expect(manifest.concurrency == 32)
    let target = Target(
      bucket: "backups", endpoint: "http://127.0.0.1:9000", region: "cn-hangzhou", prefix: "db/",
      addressing: .path, signature: .v1, certificateAuthorityFile: "conf/roots.pem", line: 4)
    #expect(manifest.targets == [target])
    let entry = Entry(
      id: "orders", file: "conf/dumps/orders.zst", key: "db/orders.zst", settings: 0, priority: -5,
      line: 14)
    #expect(manifest.entry(0) == entry)
    var settings = ObjectSettings()
    settings.headers = [
      HeaderField("cache-control", "no-store"),
      HeaderField("content-type", "application/zstd"),
      HeaderField("x-oss-meta-host", "db1"),
      HeaderField("x-oss-object-acl", "private"),
      HeaderField("x-oss-server-side-data-encryption", "SM4"),
      HeaderField("x-oss-server-side-encryption", "KMS"),
      HeaderField("x-oss-server-side-encryption-key-id", "k1"),
      HeaderField("x-oss-storage-class", "IA"),
      HeaderField("x-oss-tagging", "a%20b=x%2Fy&env=prod"),
    ]
    settings.partSize = .fixed(16 << 20)
    settings.multipartThreshold = 64 << 20
    settings.overwrite = .never
    settings.checksum = .none
    settings.contentMD5 = true
    settings.retries = 3
    #expect(manifest.settings(0) == settings)
  }

  @Test func whatIsNotGivenHasItsDefault() throws {
    let manifest = try read("version: 1\ntarget: {bucket: backups}\nentries: []\n")
    #expect(manifest.name == "nightly")
    #expect(manifest.concurrency == Manifest.defaultConcurrency)
    #expect(manifest.targets == [Target(bucket: "backups", line: 2)])
    #expect(manifest.entries.count == 0)
  }

  /// Where text is expected, what YAML would make of it does not matter.
  @Test(arguments: [
    "007", "1.10", "no", "yes", "true", "2024-01-01", "1e3", "0x10", ".inf", "12:30:00", "=",
  ])
  func textStaysWhatWasWritten(_ text: String) throws {
    let manifest = try read(
      """
      version: 1
      name: \(text)
      target: {bucket: "backups", prefix: \(text)}
      entries:
        - {file: \(text), key: \(text), id: \(text), metadata: {a: \(text)}, tags: {b: \(text)}}
      """, path: "m.yaml")
    #expect(manifest.name == text)
    let entry = manifest.entry(0)
    #expect([entry.file, entry.key, entry.id] == [text, text + text, text])
    #expect(manifest.headers(0)["x-oss-meta-a"] == text)
  }

  @Test func wordsForNullAreTextAsKeysAndInQuotes() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      entries:
        - {file: "null", key: '~', metadata: {null: "null", true: !!str null}}
      """, path: "m.yaml")
    #expect(manifest.entry(0).file == "null")
    #expect(manifest.entry(0).key == "~")
    #expect(manifest.headers(0) == ["x-oss-meta-null": "null", "x-oss-meta-true": "null"])
  }

  @Test func twoDollarSignsAreOne() throws {
    let entries = try readEntries("  - {file: /a$$b, key: $$, id: cost$5}\n")
    #expect(entries[0].file == "/a$b")
    #expect(entries[0].key == "$")
    #expect(entries[0].id == "cost$5")
  }

  @Test(arguments: [
    ("102400", 102_400), ("102400B", 102_400), ("1MB", 1_000_000), ("200KB", 200_000),
    ("8MiB", 8 << 20), ("1.5GiB", 3 << 29), ("0.125MiB", 1 << 17), ("5GiB", 5 << 30),
    ("\"100KiB\"", 100 << 10), ("0.005TB", 5_000_000_000), ("0102400", 102_400),
  ])
  func sizesAreExact(_ text: String, _ bytes: Int) throws {
    let manifest = try read(
      "version: 1\ntarget: {bucket: backups}\nentries: [{file: a, key: b, part_size: \(text)}]\n")
    #expect(manifest.settings(0).partSize == .fixed(bytes))
  }

  @Test(arguments: [("0x10", 16), ("0o17", 15), ("+5", 5), ("007", 7)])
  func integersAreThoseOfTheCoreSchema(_ text: String, _ value: Int) throws {
    let entries = try readEntries("  - {file: a, key: b, priority: \(text)}\n")
    #expect(entries[0].priority == value)
  }

  @Test(arguments: [
    ("m.yaml", "a", "a"), ("./m.yaml", "a", "./a"), ("/etc/m.yaml", "b/a", "/etc/b/a"),
    ("conf/m.yaml", "/abs", "/abs"), ("conf/m.yaml", "../a", "conf/../a"),
  ])
  func relativeFilesAreFoundBesideTheManifest(
    _ path: String, _ file: String, _ expected: String
  ) throws {
    let manifest = try read(
      "version: 1\ntarget: {bucket: backups}\nentries: [{file: \(file), key: b}]\n", path: path)
    #expect(manifest.entry(0).file == expected)
  }

  @Test func byteOrderMarkAndWindowsLineEndsChangeNothing() throws {
    let text = "version: 1\r\ntarget: {bucket: backups}\r\nentries:\r\n- file: a\r\n  key: b\r\n"
    let manifest = try read("\u{FEFF}" + text)
    #expect(manifest.entry(0).key == "b")
    #expect(manifest.entry(0).line == 4)
  }

  @Test func keysThatLookAlikeAreDifferentKeys() throws {
    let entries = try readEntries(
      "  - {file: a, key: \"\u{E9}\"}\n  - {file: a, key: \"e\u{301}\"}\n")
    #expect(entries.map { Array($0.key.utf8) } == [[0xC3, 0xA9], [0x65, 0xCC, 0x81]])
  }

  @Test func theLongestKeyIsAccepted() throws {
    let entries = try readEntries("  - {file: a, key: \(String(repeating: "日", count: 341))}\n")
    #expect(entries[0].key.utf8.count == 1023)
  }

  @Test func namedTargetsAreChosenByName() throws {
    let manifest = try read(
      """
      version: 1
      defaults: {target: near}
      targets:
        near: {bucket: backups, prefix: n/}
        far: {bucket: archive, prefix: f/}
      entries:
        - {file: a, key: a}
        - {file: a, key: a, target: far}
      """)
    #expect(manifest.targets.map(\.name) == ["near", "far"])
    #expect([manifest.entry(0), manifest.entry(1)].map(\.target) == [0, 1])
    #expect([manifest.entry(0), manifest.entry(1)].map(\.key) == ["n/a", "f/a"])
  }
}
