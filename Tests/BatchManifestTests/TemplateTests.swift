import BatchCore
import BatchManifest
import Testing

@Suite struct TemplateTests {
  private func manifest(_ entry: String) throws(ManifestErrors) -> Manifest {
    try read(
      """
      version: 1
      target: {bucket: backups}
      defaults: {retries: 1, headers: {A: defaults, B: defaults}, labels: [all], priority: 1}
      templates:
        web: {retries: 2, acl: public-read, headers: {B: web, C: web}, labels: web}
        cold: {storage_class: IA, headers: {C: cold, A: null}, priority: 5}
      entries:
        - {file: a, key: a, \(entry)}
      """)
  }

  @Test func theEntryWinsOverItsTemplateAndThatOverDefaults() throws {
    let manifest = try manifest("use: web, headers: {C: own}")
    #expect(manifest.settings(0).retries == 2)
    let headers = ["a": "defaults", "b": "web", "c": "own", "x-oss-object-acl": "public-read"]
    #expect(manifest.headers(0) == headers)
    #expect(manifest.entry(0).priority == 1)
  }

  @Test func ofSeveralTemplatesTheLaterWins() throws {
    let manifest = try manifest("use: [web, cold]")
    let headers = [
      "b": "web", "c": "cold", "x-oss-object-acl": "public-read", "x-oss-storage-class": "IA",
    ]
    #expect(manifest.headers(0) == headers)
    #expect(manifest.entry(0).priority == 5)
  }

  @Test func labelsAreReplacedAsAWhole() throws {
    for (entry, expected) in [
      ("retries: 1", ["all"]), ("use: web", ["web"]), ("labels: [x, y, x]", ["x", "y"]),
      ("labels: null", []),
    ] {
      let table = try manifest(entry).entries
      let names = table.labels(EntryIndex(0)).map { table.labelNames[$0.value] }
      #expect(Set(names) == Set(expected), "\(entry)")
    }
  }

  @Test func templatesMayStandBehindTheEntries() throws {
    let manifest = try read(
      """
      version: 1
      entries: [{file: a, key: a, use: t}]
      templates: {t: {retries: 7, target: far}}
      targets: {near: {bucket: backups}, far: {bucket: archive}}
      """)
    #expect(manifest.settings(0).retries == 7)
    #expect(manifest.entry(0).target == 1)
  }
}
