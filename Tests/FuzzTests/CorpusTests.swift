import Foundation
import Testing

/// The properties hold for every seed, and for all that a fuzzer has ever found. A finding is kept as
/// `Found/TARGET/what-was-wrong`.
@Suite struct CorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
  private static let manifests = [
    "../../manifests", "../BatchManifestTests/Broken",
  ]

  struct Input: CustomTestStringConvertible {
    let target: FuzzTarget
    let file: URL

    var testDescription: String { "\(target.rawValue)/\(file.lastPathComponent)" }
  }

  static let inputs: [Input] = FuzzTarget.allCases.flatMap { target in
    var folders = ["Seeds/\(target.rawValue)", "Found/\(target.rawValue)"]
    if target == .manifest { folders += manifests }
    return folders.flatMap { files(folder.appending(path: $0)) }.map {
      Input(target: target, file: $0)
    }
  }

  private static func files(_ folder: URL) -> [URL] {
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.isRegularFileKey])) ?? []
    return files.filter { file in
      let isFile = (try? file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) ?? false
      return isFile && file.pathExtension != "expected"
    }.sorted { $0.path < $1.path }
  }

  @Test(arguments: FuzzTarget.allCases) func everyTargetHasSeeds(_ target: FuzzTarget) {
    #expect(Self.inputs.contains { $0.target == target })
  }

  /// One after the other: a target has one directory (`StateScene`).
  @Test(.serialized, arguments: inputs) func thePropertiesHold(_ input: Input) throws {
    try input.target.check([UInt8](try Data(contentsOf: input.file)))
  }
}
