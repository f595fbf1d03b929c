import BatchManifest
import Foundation
import Testing

/// Every `Broken/NAME.yaml` must give exactly the text of `Broken/NAME.expected`. With
/// `OSBATCH_RECORD=1` in the environment missing expectations are written, to be read by a person.
@Suite struct BrokenManifestTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Broken")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test func theCorpusIsThere() { #expect(Self.names.count >= 60) }

  @Test(arguments: names) func givesTheExpectedText(_ name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name + ".yaml")))
    let expectation = Self.folder.appending(path: name + ".expected")
    let errors = #expect(throws: ManifestErrors.self) {
      try ManifestReader.read(
        bytes: bytes, path: Self.folder.path + "/" + name + ".yaml", in: testContext())
    }
    let text = DiagnosticRenderer.render(try #require(errors))
      .replacingOccurrences(of: Self.folder.path + "/", with: "")
    let isThere = FileManager.default.fileExists(atPath: expectation.path)
    if !isThere, ProcessInfo.processInfo.environment["OSBATCH_RECORD"] == "1" {
      try Data(text.utf8).write(to: expectation)
    }
    #expect(text == String(decoding: try Data(contentsOf: expectation), as: UTF8.self))
  }
}
