import BatchManifest
import Foundation
import Testing

/// `manifests/schema.json` is what the program prints. With `OSBATCH_RECORD=1` in the environment the
/// file is written anew.
@Suite struct SchemaTests {
  private static let file = ExampleTests.folder.appending(path: "schema.json")

  @Test func theFileIsWhatIsPrinted() throws {
    if ProcessInfo.processInfo.environment["OSBATCH_RECORD"] == "1" {
      try Data(ManifestSchema.text.utf8).write(to: Self.file)
    }
    let written = String(decoding: try Data(contentsOf: Self.file), as: UTF8.self)
    #expect(written == ManifestSchema.text)
  }

  @Test func itIsJSONAndNamesItsVersion() throws {
    let object = try JSONSerialization.jsonObject(with: Data(ManifestSchema.text.utf8))
    let schema = try #require(object as? [String: Any])
    #expect(schema["$schema"] as? String == "http://json-schema.org/draft-07/schema#")
  }

  /// Every key that a mapping may have is in the schema, with its description.
  @Test(arguments: MappingKind.allCases.filter { $0 != .row }) func everyKeyIsDescribed(
    _ kind: MappingKind
  ) throws {
    let object = try JSONSerialization.jsonObject(with: Data(ManifestSchema.text.utf8))
    let schema = try #require(object as? [String: Any])
    let definitions = try #require(schema["definitions"] as? [String: Any])
    let mapping = try #require(kind == .root ? schema : definitions["\(kind)"] as? [String: Any])
    let properties = try #require(mapping["properties"] as? [String: [String: Any]])
    #expect(Set(properties.keys) == Set(kind.keys.map(\.name)))
    #expect(properties.values.allSatisfy { ($0["description"] as? String)?.isEmpty == false })
  }

  /// As the reader has it.
  @Test func templatesMayBeEmptyAndTargetsMayNot() throws {
    let object = try JSONSerialization.jsonObject(with: Data(ManifestSchema.text.utf8))
    let properties = try #require((object as? [String: Any])?["properties"] as? [String: Any])
    let targets = try #require(properties["targets"] as? [String: Any])
    #expect(targets["minProperties"] as? Int == 1)
    #expect(ManifestSchema.text.components(separatedBy: "minProperties").count == 2)
    let text = "version: 1\ntarget: {bucket: backups}\ntemplates: {}\nentries: []\n"
    #expect(throws: Never.self) { try read(text) }
  }

  @Test(arguments: ExampleTests.examples) func theExampleNamesTheSchema(_ name: String) throws {
    let text = String(
      decoding: try Data(contentsOf: ExampleTests.folder.appending(path: name)), as: UTF8.self)
    #expect(text.hasPrefix("# yaml-language-server: $schema=schema.json\n"))
  }
}
