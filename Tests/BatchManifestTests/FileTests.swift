import BatchCore
import BatchManifest
import Foundation
import Testing

@Suite struct FileTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "osbatch-manifest-\(UUID().uuidString)")

  private func write(_ text: String, _ name: String = "m.yaml") throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  private func message(_ path: String) throws -> String {
    let errors = #expect(throws: ManifestErrors.self) {
      try ManifestReader.read(path: path, in: testContext())
    }
    return DiagnosticRenderer.render(try #require(errors))
  }

  @Test func aFileLargerThanEveryBufferIsReadWhole() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = (0..<30_000).map { "  - {file: f\($0), key: k\($0)}\n" }.joined()
    let path = try write("version: 1\ntarget: {bucket: backups}\nentries:\n" + entries)
    let manifest = try ManifestReader.read(path: path, in: testContext())
    #expect(manifest.entries.count == 30_000)
    #expect(manifest.entry(29_999).key == "k29999")
    #expect(manifest.entry(29_999).file == folder.path + "/f29999")
    #expect(manifest.entry(29_999).line == 30_003)
  }

  @Test func linesFarIntoTheFileAreShown() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = (0..<30_000).map { "  - {file: f\($0), key: k\($0)}\r\n" }.joined()
    let path = try write(
      "version: 1\ntarget: {bucket: backups}\nentries:\n" + entries + "  - {file: a, key: k7}\n")
    #expect(
      try message(path) == """
        \(path):30004:20: error: the key "k7" is given to two entries of one target
          - {file: a, key: k7}
                           ^
        \(path):11:21: note: first given here

        """)
  }

  @Test func aHugeScalarIsReadWhereTextIsAndRefusedByLimits() throws {
    let large = String(repeating: "n", count: 1 << 20)
    #expect(
      try read("version: 1\nname: \(large)\ntarget: {bucket: abc}\nentries: []").name == large)
    let errors = #expect(throws: ManifestErrors.self) {
      try readEntries("  - {file: \(large), key: \(large)}\n")
    }
    #expect(errors?.diagnostics.first?.message == "file has 1,048,581 bytes; at most 4,095")
    #expect(errors?.count == 2)
  }

  @Test func whatCannotBeReadIsOneSentence() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let missing = folder.path + "/missing.yaml"
    #expect(
      try message(missing)
        == "\(missing): error: cannot open the manifest: No such file or directory\n")
    _ = try write("")
    #expect(
      try message(folder.path)
        == "\(folder.path): error: cannot read the manifest: it is a directory\n")
  }

  @Test func aPipeIsReadLikeAFile() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = try write("version: 1\ntarget: {bucket: backups}\nentries: [{file: a, key: b}]\n")
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let writer = Process()
    writer.executableURL = URL(filePath: "/bin/sh")
    writer.arguments = ["-c", "cat \"$0\" > \"$1\"", source, pipe]
    try writer.run()
    let manifest = try ManifestReader.read(path: pipe, in: testContext())
    writer.waitUntilExit()
    #expect(manifest.entry(0).file == folder.path + "/a")
  }

  /// It can be read once, whatever has to be read again: here the target stands behind it, and its second row is shown.
  @Test(.timeLimit(.minutes(5))) func aListMayBeAPipe() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try write(
      "version: 1\nentries: [{list: pipe, format: csv}]\ntarget: {bucket: backups}\n")
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    for (rows, message) in [("file,key\\na,a\\n", nil), ("file,key\\na,a\\nb,/b\\n", "b,/b")] {
      let writer = Process()
      writer.executableURL = URL(filePath: "/bin/sh")
      writer.arguments = ["-c", "printf \"$0\" > \"$1\"", rows, pipe]
      try writer.run()
      if let message {
        let errors = #expect(throws: ManifestErrors.self) {
          try ManifestReader.read(path: manifest, in: testContext())
        }
        #expect(errors?.diagnostics.map(\.sourceLine) == [message])
      } else {
        #expect(try ManifestReader.read(path: manifest, in: testContext()).entries.count == 1)
      }
      writer.waitUntilExit()
    }
  }

  @Test func moreErrorsThanAreKeptAreCounted() {
    let errors = #expect(throws: ManifestErrors.self) {
      try readEntries((0..<5_000).map { "  - {file: f, key: /\($0)}\n" }.joined())
    }
    #expect(errors?.count == 5_000)
    #expect(errors?.diagnostics.map { $0.place?.line } == (4..<24).map(Optional.some))
  }
}
