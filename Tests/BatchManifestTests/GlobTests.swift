import BatchCore
import BatchManifest
import Foundation
import Testing

/// Globs over real directories.
@Suite final class GlobTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "osbatch-glob-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func put(_ paths: String...) throws {
    for path in paths {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: file)
    }
  }

  private func link(_ path: String, to destination: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: path).path, withDestinationPath: destination)
  }

  private func manifest(_ entry: String) throws(ManifestErrors) -> Manifest {
    try read(
      "version: 1\ntarget: {bucket: backups}\nentries:\n  - {\(entry)}\n",
      path: folder.path + "/m.yaml")
  }

  private func keys(_ entry: String) throws(ManifestErrors) -> [String] {
    let manifest = try manifest(entry + ", key: \"${file.path}\"")
    return manifest.entries.indices.map { manifest.entry($0).key }
  }

  @Test func matchesComeInTheOrderOfTheirPaths() throws {
    try put("logs/b.gz", "logs/a/x.gz", "logs/a.gz", "logs/a/b/y.gz", "logs/a-b/z.gz", "logs/ä.gz")
    let expected = ["a-b/z.gz", "a.gz", "a/b/y.gz", "a/x.gz", "b.gz", "ä.gz"]
    #expect(try keys("glob: 'logs/**/*.gz'") == expected)
    #expect(expected == expected.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    let manifest = try manifest("glob: 'logs/**/x.gz', key: '${file.stem}'")
    #expect(manifest.entry(0).file == folder.path + "/logs/a/x.gz")
    #expect(manifest.entry(0).line == 4)
  }

  @Test(arguments: [
    ("d/*", ["1.txt", "2.csv", "10.txt"]), ("d/?.*", ["1.txt", "2.csv"]),
    ("d/[!1]*", ["2.csv"]), ("d/[0-1]*.txt", ["1.txt", "10.txt"]),
    ("d/*.{txt,csv}", ["1.txt", "10.txt", "2.csv"]),
    ("d/**", ["1.txt", "10.txt", "2.csv", "e/3.txt"]),
    ("{d,x}/*.csv", ["d/2.csv"]), ("d/{e/3,1}.txt", ["1.txt", "e/3.txt"]),
    ("d/1.txt", ["1.txt"]), ("d/.*", [".hidden"]), ("**/.hidden", ["d/.hidden"]),
    ("d/.git/*", ["config"]), ("**/e/**/3.txt", ["d/e/3.txt"]), ("*/*/*.txt", ["d/e/3.txt"]),
    ("s\\*r/*", ["a"]), ("./d/../d/*.csv", ["2.csv"]),
  ])
  func patternsMatchWhatTheySay(_ pattern: String, _ expected: [String]) throws {
    try put(
      "d/1.txt", "d/2.csv", "d/10.txt", "d/e/3.txt", "d/.hidden", "d/.git/config", "s*r/a",
      "star/a")
    #expect(try Set(keys("glob: '\(pattern)'")) == Set(expected))
  }

  @Test func excludedFilesAndDirectoriesAreLeftOut() throws {
    try put("d/a.txt", "d/a.tmp", "d/x/b.txt", "d/x/b.tmp", "d/cache/c.txt")
    #expect(try keys("glob: 'd/**', exclude: ['**/*.tmp', 'cache/**']") == ["a.txt", "x/b.txt"])
    #expect(
      try keys("glob: 'd/**', exclude: '*.tmp'") == ["a.txt", "cache/c.txt", "x/b.tmp", "x/b.txt"])
  }

  /// A directory that nobody may read does no harm when it is left out as a whole.
  @Test func whatIsExcludedAsAWholeIsNotEntered() throws {
    try put("d/a", "d/locked/b")
    let locked = folder.appending(path: "d/locked").path
    try FileManager.default.removeItem(atPath: locked)
    try link("d/locked", to: locked)
    #expect(try keys("glob: 'd/**', exclude: ['locked/**'], follow_symlinks: true") == ["a"])
  }

  @Test func linksToDirectoriesAreEnteredOnlyOnRequest() throws {
    try put("d/a", "elsewhere/b")
    try link("d/dir", to: "../elsewhere")
    try link("d/file", to: "../elsewhere/b")
    try link("d/dangling", to: "nowhere")
    try link("d/up", to: "..")
    #expect(try keys("glob: 'd/**'") == ["a", "file"])
    #expect(try keys("glob: 'd/dir/*'") == ["b"])
    let followed = try keys("glob: 'd/**', follow_symlinks: true")
    #expect(followed.contains("dir/b"))
    #expect(followed.contains("up/elsewhere/b"))
    #expect(!followed.contains { $0.hasPrefix("up/d/up") })
  }

  /// Each could be reached in every order of the others.
  @Test func directoriesThatLinkToEachOtherComeToAnEnd() throws {
    let names = (1...8).map { "d\($0)" }
    for name in names { try put("d/\(name)/file") }
    for (name, other) in names.flatMap({ name in names.map { (name, $0) } }) where name != other {
      try link("d/\(name)/to-\(other)", to: "../\(other)")
    }
    #expect(try keys("glob: 'd/**'").count == 8)
    let errors = #expect(throws: ManifestErrors.self) {
      try keys("glob: 'd/**', follow_symlinks: true")
    }
    #expect(errors?.count == 1)
    let message = try #require(errors?.diagnostics.first?.message)
    #expect(message.contains("within more than 4 symbolic links"), "\(message)")
    let without = try keys("glob: 'd/**', follow_symlinks: true, exclude: '**/to-*/**'")
    #expect(without.count == 8)
  }

  @Test func fewLinksInsideEachOtherAreFollowed() throws {
    try put("one/a", "two/b", "three/c", "four/d", "d/e")
    try link("d/x", to: "../one")
    try link("one/x", to: "../two")
    try link("two/x", to: "../three")
    try link("three/x", to: "../four")
    #expect(
      try keys("glob: 'd/**', follow_symlinks: true") == [
        "e", "x/a", "x/x/b", "x/x/x/c", "x/x/x/x/d",
      ]
    )
  }

  @Test func anOptionalGlobMayMatchNothing() throws {
    try put("d/a")
    #expect(try keys("glob: 'd/*.gz', optional: true").isEmpty)
    #expect(try keys("file: 'd/not-there', optional: true").isEmpty)
    #expect(try keys("file: 'd/a', optional: true") == ["d/a"])
    #expect(throws: ManifestErrors.self) { try keys("glob: 'd/*.gz'") }
  }

  @Test func everyMatchHasItsOwnIdAndHeaders() throws {
    try put("d/a.txt", "d/b.txt")
    let manifest = try manifest(
      "glob: 'd/*', key: 'x/${file.name}', id: 'log-${file.stem}', metadata: {from: '${file.path}'}"
    )
    #expect([manifest.entry(0).id, manifest.entry(1).id] == ["log-a", "log-b"])
    #expect(manifest.headers(1) == ["x-oss-meta-from": "b.txt"])
  }

  @Test func aNameThatIsNotTextIsAnErrorOnlyWhereItMatches() throws {
    try put("d/a.txt")
    try makeFile(at: "/d/", [0xFF, UInt8(ascii: "b")])
    #expect(try keys("glob: 'd/*.txt'") == ["a.txt"])
    let errors = #expect(throws: ManifestErrors.self) { try keys("glob: 'd/*'") }
    #expect(try #require(errors).diagnostics[0].message.contains("is not UTF-8 text"))
  }

  /// A directory that could hold a match is none itself.
  @Test func aDirectoryWhoseNameIsNotTextIsWalked() throws {
    try put("d/a.gz", "d/z/b.gz", "else/c.gz")
    #expect(mkdir(path(of: "/d/", [0xFF]), 0o700) == 0)
    try makeFile(at: "/d/", [0xFF] + "/x.txt".utf8)
    #expect(try keys("glob: 'd/**/*.gz'") == ["a.gz", "z/b.gz"])
    #expect(try keys("glob: 'd/*/b.gz'") == ["z/b.gz"])
    #expect(symlink("../../else/c.gz", path(of: "/d/", [0xFF] + "/c.gz".utf8)) == 0)
    for pattern in ["d/**/*.gz", "d/*/c.gz", "d/*/*.txt"] {
      let errors = #expect(throws: ManifestErrors.self, "\(pattern)") {
        try keys("glob: '\(pattern)'")
      }
      #expect(try #require(errors).diagnostics[0].message.contains("/d/\u{FFFD}/"), "\(pattern)")
    }
    #expect(try keys("glob: 'd/**', exclude: '*/[cx].*'") == ["a.gz", "z/b.gz"])
  }

  private func makeFile(at directory: String, _ name: [UInt8]) throws {
    let created = open(path(of: directory, name), O_CREAT, 0o600)
    try #require(created >= 0)
    close(created)
  }

  private func path(of directory: String, _ name: [UInt8]) -> [CChar] {
    (Array((folder.path + directory).utf8) + name + [0]).map { CChar(bitPattern: $0) }
  }
}
