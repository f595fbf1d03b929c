import BatchCore
import BatchManifest
import Foundation
import Testing

/// A letter with its accent may be one character or two. People see no difference; names are bytes.
@Suite struct ExactTextTests {
  private static let (one, two) = ("caf\u{E9}", "cafe\u{301}")

  @Test func templatesAreTold() throws {
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      templates:
        \(Self.one): {retries: 1}
        \(Self.two): {retries: 2}
      entries:
        - {file: a, key: a, use: \(Self.one)}
        - {file: b, key: b, use: \(Self.two)}
      """)
    #expect(manifest.settings(0).retries == 1)
    #expect(manifest.settings(1).retries == 2)
  }

  @Test func labelsAreTold() throws {
    let entries = try read(
      """
      version: 1
      target: {bucket: backups}
      entries:
        - {file: a, key: a, labels: [\(Self.one)]}
        - {file: b, key: b, labels: [\(Self.two)]}
        - {file: c, key: c, needs: "tag:\(Self.two)"}
      """
    ).entries
    #expect(entries.labelNames.count == 2)
    let needs = entries.needs[entries.needsIndex(EntryIndex(2))]
    #expect(needs.labels == entries.labels(EntryIndex(1)))
  }

  @Test func directoriesOfAGlobAreTold() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "osbatch-exact-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in [Self.one, Self.two] {
      try #require(mkdir(folder, 0o700) == 0 || errno == EEXIST)
      try #require(mkdir("\(folder)/\(name)", 0o700) == 0)
      close(open("\(folder)/\(name)/x", O_CREAT | O_WRONLY, 0o600))
    }
    let manifest = try read(
      """
      version: 1
      target: {bucket: backups}
      entries:
        - {glob: "{\(Self.one),\(Self.two)}/*", key: "${file.path}"}
      """, path: folder + "/m.yaml")
    let keys = manifest.entries.indices.map { Array(manifest.entry($0).key.utf8) }
    #expect(keys == ["\(Self.two)/x", "\(Self.one)/x"].map { Array($0.utf8) })
  }
}
