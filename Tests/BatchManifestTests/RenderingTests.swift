import BatchCore
import BatchManifest
import Foundation
import Testing

/// A rendered manifest reads as the manifest that it was made of.
@Suite struct RenderingTests {
  private static func render(_ manifest: Manifest, path: String) -> [UInt8] {
    let renderer = ManifestRenderer(manifest, path: path)
    return manifest.entries.indices.reduce(into: renderer.head()) {
      $0 += renderer.entry(EntryIndex($1))
    }
  }

  private static func read(_ bytes: [UInt8], path: String) throws(ManifestErrors) -> Manifest {
    do throws(ManifestErrors) {
      return try ManifestReader.read(bytes: bytes, path: path, in: testContext())
    } catch {
      Issue.record("\(DiagnosticRenderer.render(error))\n\(String(decoding: bytes, as: UTF8.self))")
      throw error
    }
  }

  /// Renders, reads and renders again; gives what was rendered.
  @discardableResult
  private func expectSame(_ manifest: Manifest, path: String = "conf/m.yaml") throws -> String {
    let bytes = Self.render(manifest, path: path)
    let text = String(decoding: bytes, as: UTF8.self)
    let again = try Self.read(bytes, path: path)
    #expect(ManifestContent(again) == ManifestContent(manifest), "\(text)")
    let isStable = Self.render(again, path: path) == bytes
    #expect(isStable, "rendered twice it differs:\n\(text)")
    return text
  }

  @Test(arguments: 0..<6) func whateverIsInIt(_ seed: UInt64) throws {
    var generator = ManifestGenerator(seed: seed)
    for _ in 0..<100 {
      let path = ["conf/m.yaml", "m.yaml", "/etc/osbatch/m.yaml", "-", "/m.yaml"][
        generator.number(below: 5)]
      try expectSame(generator.manifest(path: path), path: path)
    }
  }

  @Test func whatPeopleRead() throws {
    let text = try expectSame(
      BatchManifestTests.read(
        """
        version: 1
        vars: {host: db1}
        targets:
          near: {bucket: backups, region: cn-hangzhou, prefix: "${run.date}/"}
          far: {bucket: archive, endpoint: "https://oss-cn-beijing.aliyuncs.com", ca_file: root.pem}
        bandwidth: [{from: 08:00, to: 18:00, rate: 20MiB/s}]
        defaults: {target: near, storage_class: IA, metadata: {host: "${vars.host}"}, tags: {a: 1, b: 2}}
        templates: {cold: {storage_class: Archive, metadata: null, labels: [z, cold]}}
        entries:
          - {id: one, file: one.sql, key: "${file.name}", part_size: 16MiB}
          - {file: /data/two, key: "007", needs: [one, "tag:cold"], priority: 5, tags: {b: null, c: 3}}
          - {file: no, key: "$$x: ", use: cold, target: far, tags: null, retries: 0}
          - {file: four, key: four}
          - {file: five, key: five}

        """))
    let expected = """
      version: 1
      name: nightly
      targets:
        near:
          bucket: backups
          region: cn-hangzhou
          prefix: "2026-01-31/"
        far:
          bucket: archive
          endpoint: "https://oss-cn-beijing.aliyuncs.com"
          ca_file: root.pem
      concurrency: 16
      bandwidth:
        - from: "08:00"
          to: "18:00"
          rate: 20MiB/s
      defaults:
        target: near
        storage_class: IA
        metadata:
          host: db1
        tags:
          a: "1"
          b: "2"
      entries:
        - file: one.sql
          key: one.sql
          id: one
          part_size: 16MiB
        - file: /data/two
          key: "007"
          needs: [one, "tag:cold"]
          priority: 5
          tags:
            c: "3"
            b: null
        - file: "no"
          key: "$$x: "
          labels: [cold, z]
          target: far
          storage_class: Archive
          metadata:
            host: null
          tags: null
          retries: 0
        - file: four
          key: four
        - file: five
          key: five

      """
    #expect(text == expected, "\(text)")
  }

  /// A label that only entries without a file would have is a word that the reader does not know.
  @Test func needsOfWhatIsNotThereAreLeftOut() throws {
    let manifest = try BatchManifestTests.read(
      """
      version: 1
      target: {bucket: backups}
      entries:
        - {file: "/no such file", key: a, labels: gone, optional: true}
        - {file: b, key: b, labels: here}
        - {file: c, key: c, needs: ["tag:gone", "tag:here"]}
        - {file: d, key: d, needs: "tag:gone"}
      """)
    let again = try Self.read(Self.render(manifest, path: "m.yaml"), path: "m.yaml")
    let needs = again.entries.indices.map {
      again.entries.needs[again.entries.needsIndex(EntryIndex($0))]
    }
    #expect(needs.map(\.labels.count) == [0, 1, 0])
  }

  /// A file's name can hold what a manifest's `name` cannot.
  @Test func aNameThatCannotBeWrittenComesFromTheFileAgain() throws {
    let path = "conf/a\nb.yaml"
    let manifest = try BatchManifestTests.read(
      "version: 1\ntarget: {bucket: backups}\nentries: []\n", path: path)
    try expectSame(manifest, path: path)
  }

  @Test func globsListsAndExamplesReadAsTheSame() throws {
    for name in ExampleTests.examples {
      let path = ExampleTests.folder.appending(path: name).path
      try expectSame(ManifestReader.read(path: path, in: testContext()), path: path)
    }
    let path = ExampleTests.folder.appending(path: "own.yaml").path
    let manifest = try BatchManifestTests.read(
      """
      version: 1
      target: {bucket: backups, prefix: "${run.id}/"}
      defaults: {content_type: text/plain, headers: {X-From: "${file.path}"}}
      entries:
        - {glob: "data/logs/**/*.log", key: "logs/${file.path}", tags: {day: "${file.dir}"}}
        - {list: data/photos.csv, key: "photos/${file.path}"}
      """, path: path)
    #expect(manifest.entries.count > 3)
    try expectSame(manifest, path: path)
  }
}

/// All that a manifest says, comparable byte by byte: `String` takes composed and decomposed characters
/// for equal.
private struct ManifestContent: Equatable {
  private var texts: [[UInt8]] = []
  private var settings: [ObjectSettings] = []
  private var bandwidth: Bandwidth?

  init(_ manifest: Manifest) {
    bandwidth = manifest.bandwidth
    add(manifest.name, "\(manifest.concurrency)")
    for target in manifest.targets {
      add(
        target.name, target.bucket, target.endpoint ?? "none", target.region ?? "none",
        target.prefix, target.addressing.rawValue, target.signature.rawValue,
        target.certificateAuthorityFile ?? "none")
    }
    let table = manifest.entries
    for index in table.indices.map({ EntryIndex($0) }) {
      let entry = table[index]
      add("entry", entry.file, entry.key, entry.id ?? "none", "\(entry.target) \(entry.priority)")
      settings.append(table.settings[entry.settings])
      let needs = table.needs[table.needsIndex(index)]
      add("needs", "\(needs.everything) \(needs.entries.map(\.value))")
      add("labels")
      for text in table.labels(index).map({ table.labelNames[$0.value] }).sorted() { add(text) }
      add("needed labels")
      for text in needs.labels.map({ table.labelNames[$0.value] }).sorted() { add(text) }
    }
  }

  private mutating func add(_ values: String...) { texts += values.map { Array($0.utf8) } }
}
