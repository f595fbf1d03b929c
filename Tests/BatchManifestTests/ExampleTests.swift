import BatchCore
import BatchManifest
import Foundation
import Testing

/// The examples and the reference are what people copy: they must work.
@Suite struct ExampleTests {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "manifests")

  static let examples: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test func thereAreExamples() { #expect(Self.examples.count >= 3) }

  @Test(arguments: examples) func theExampleIsValid(_ name: String) throws {
    let manifest = try ManifestReader.read(
      path: Self.folder.appending(path: name).path, in: testContext())
    #expect(manifest.entries.count > 0)
  }

  /// Every YAML block of the reference that is a whole manifest.
  @Test func theManifestsOfTheReferenceAreValid() throws {
    let text = try String(
      decoding: Data(contentsOf: Self.folder.appending(path: "README.md")), as: UTF8.self)
    let blocks = text.components(separatedBy: "```yaml\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
      .filter { $0.hasPrefix("version: 1\n") }
    #expect(!blocks.isEmpty)
    for block in blocks { _ = try read(block, path: Self.folder.path + "/README.yaml") }
  }

  /// Every key of the language has its row in one of the reference's tables.
  @Test func theReferenceNamesEveryKey() throws {
    let text = try String(
      decoding: Data(contentsOf: Self.folder.appending(path: "README.md")), as: UTF8.self)
    for kind in MappingKind.allCases where kind != .encryption {
      for key in kind.keys { #expect(text.contains("\n| `\(key.name)` |"), "\(kind) \(key.name)") }
    }
  }
}
