import BatchCore
import BatchManifest
import Testing

@Suite struct InheritanceTests {
  private func manifest(_ defaults: String, _ entry: String) throws(ManifestErrors) -> Manifest {
    try read(
      """
      version: 1
      target: {bucket: backups}
      defaults: {\(defaults)}
      entries: [{file: a, key: b, \(entry)}]
      """)
  }

  @Test func entriesOverrideDefaults() throws {
    let manifest = try manifest(
      "retries: 1, overwrite: never, part_size: 1MiB, priority: 4", "retries: 2, part_size: auto")
    #expect(manifest.settings(0).retries == 2)
    #expect(manifest.settings(0).overwrite == .never)
    #expect(manifest.settings(0).partSize == .auto)
    #expect(manifest.entry(0).priority == 4)
  }

  @Test func nullRemovesWhatWasInherited() throws {
    let manifest = try manifest(
      "retries: 1, acl: private, headers: {A: x, B: y}, metadata: {m: 1, n: 2}, priority: 9",
      "retries: null, acl: ~, headers: {a: null}, metadata: {n: }, priority: null")
    #expect(manifest.settings(0).retries == ObjectSettings.defaultRetries)
    #expect(manifest.headers(0) == ["b": "y", "x-oss-meta-m": "1"])
    #expect(manifest.entry(0).priority == 0)
  }

  @Test func nullForAMapRemovesTheWholeMap() throws {
    let manifest = try manifest(
      "content_type: a/b, headers: {A: x}, metadata: {m: 1}, tags: {t: 1}",
      "headers: null, metadata: null, tags: null")
    #expect(manifest.headers(0) == ["content-type": "a/b"])
  }

  @Test func mapsMergePerName() throws {
    let manifest = try manifest(
      "headers: {Cache-Control: a, X-A: 1}, tags: {a: 1, b: 2}",
      "headers: {cache-CONTROL: b}, tags: {b: 3, c: 4, a: null}")
    #expect(
      manifest.headers(0) == ["cache-control": "b", "x-a": "1", "x-oss-tagging": "b=3&c=4"])
  }

  @Test func oneThingIsOneThingHoweverItIsWritten() throws {
    let manifest = try manifest(
      "content_type: text/plain, headers: {x-oss-storage-class: IA, x-oss-tagging: a=1}",
      "headers: {Content-Type: text/html}, storage_class: Archive, tags: {b: 2}")
    let expected = [
      "content-type": "text/html", "x-oss-storage-class": "Archive", "x-oss-tagging": "b=2",
    ]
    #expect(manifest.headers(0) == expected)
  }

  @Test func encryptionIsReplacedAsAWhole() throws {
    let manifest = try manifest(
      "encryption: {algorithm: KMS, key_id: k}", "encryption: AES256")
    #expect(manifest.headers(0) == ["x-oss-server-side-encryption": "AES256"])
  }

  @Test func equalSettingsAreKeptOnce() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      defaults: {acl: private}
      entries:
        - {file: a, key: a}
        - {file: a, key: b, headers: {x-oss-object-acl: private}}
        - {file: a, key: c, acl: default}
        - {file: a, key: d}
      """)
    #expect(manifest.entries.settings.count == 2)
    #expect(manifest.entry(0).settings == manifest.entry(1).settings)
    #expect(manifest.entry(0).settings == manifest.entry(3).settings)
  }

  @Test func theOrderOfTheTopLevelDoesNotMatter() throws {
    let entries = "entries: [{file: a, key: b}, {file: a, key: c, acl: ~}]"
    let others = [
      "version: 1", "target: {bucket: backups, prefix: p/}", "defaults: {acl: private}",
      "concurrency: 7",
    ]
    let usual = try read((others + [entries]).joined(separator: "\n"))
    for position in others.indices {
      var lines = others
      lines.insert(entries, at: position)
      let manifest = try read(lines.joined(separator: "\n"))
      #expect(manifest.concurrency == 7)
      #expect([0, 1].map { manifest.entry($0).key } == ["p/b", "p/c"])
      #expect([0, 1].map(manifest.settings) == [0, 1].map(usual.settings))
    }
  }
}
