import BatchCore
import Foundation
import Platform
import RunStore
import Testing

@Suite struct RunDirectoryTests {
  private let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  private func mode(_ path: String) throws -> Int {
    try #require(
      FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  private func problem(_ path: String) -> StoreError? {
    #expect(throws: StoreError.self) { try RunDirectory(path).prepare() }
  }

  @Test func everythingIsPrivate() throws {
    let directory = try home.run(".osbatch/m.yaml")
    let run = try OpenRun(directory)
    run.append([intent(1)])
    run.writer.post(.beginCheckpoint(identity(1), uploadIntent(1), uploadID: "upload"))
    run.writer.close()
    for path in [home.path + "/.osbatch", directory.path, directory.checkpoints] {
      #expect(try mode(path) == 0o700)
    }
    let checkpoint = try FileManager.default.contentsOfDirectory(atPath: directory.checkpoints)
    let files = ["/lock", "/journal", "/checkpoints/" + (checkpoint.first ?? "")]
    for file in files { #expect(try mode(directory.path + file) == 0o600) }
  }

  @Test func preparingTwiceIsTheSame() throws {
    let directory = try home.run()
    try record([done(1)], in: directory)
    #expect(try record([], in: try home.run()).doneCount == 1)
  }

  @Test(arguments: [0o720, 0o702, 0o777, 0o1777])
  func aDirectoryThatOthersCanWriteIsRefused(mode: Int) throws {
    let directory = try home.run()
    #expect(chmod(directory.path, mode_t(mode)) == 0)
    let error = try #require(problem(directory.path))
    #expect(error == .unsafeDirectory(directory.path, .writableByOthers(mode: UInt32(mode))))
    #expect("\(error)".contains("chmod 700"))
    #expect(throws: error) { _ = try Journal.facts(in: directory) }
  }

  @Test func aSymbolicLinkIsRefused() throws {
    let directory = try home.run()
    let link = home.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path)
    for path in [link, link + "/", link + "//"] {
      #expect(problem(path) == .unsafeDirectory(link, .symbolicLink))
    }
  }

  /// Somebody has put a link where a file will be written.
  @Test(arguments: ["lock", "journal"]) func aLinkIsNotWrittenThrough(name: String)
    throws
  {
    let directory = try home.run()
    let victim = home.path + "/victim"
    try write("precious".utf8, to: victim)
    try FileManager.default.createSymbolicLink(
      atPath: directory.path + "/" + name, withDestinationPath: victim)
    #expect(throws: StoreError.self) { try record([done(1)], in: directory) }
    #expect(try contents(victim) == Array("precious".utf8))
  }

  /// Nothing is written, or removed as a stray, in the directory that somebody's link leads to.
  @Test func checkpointsAreNotWrittenThroughALink() throws {
    let directory = try home.run()
    let elsewhere = home.path + "/elsewhere"
    let stray = elsewhere + "/" + String(repeating: "0", count: 32)
    #expect(mkdir(elsewhere, 0o700) == 0)
    try write("precious".utf8, to: stray)
    #expect(rmdir(directory.checkpoints) == 0)
    try FileManager.default.createSymbolicLink(
      atPath: directory.checkpoints, withDestinationPath: elsewhere)
    let error = try #require(problem(directory.path))
    #expect(error == .unsafeDirectory(directory.checkpoints, .symbolicLinkInside))
    #expect("\(error)".contains("remove it"))
    #expect(throws: error) { try record([done(1)], in: directory) }
    #expect(try contents(stray) == Array("precious".utf8))
  }

  @Test func aFileInThePlaceOfCheckpointsIsRefused() throws {
    let directory = try home.run()
    #expect(rmdir(directory.checkpoints) == 0)
    try write("text".utf8, to: directory.checkpoints)
    #expect(
      problem(directory.path) == .unsafeDirectory(directory.checkpoints, .notADirectory))
  }

  @Test func aCheckpointIsNotWrittenThroughALink() throws {
    let directory = try home.run()
    let victim = home.path + "/victim"
    try write("precious".utf8, to: victim)
    let run = try OpenRun(directory)
    run.append([intent(1)])
    let name =
      "\(String(identity(1).high, radix: 16))".leftPadded
      + "\(String(identity(1).low, radix: 16))".leftPadded
    try FileManager.default.createSymbolicLink(
      atPath: directory.checkpoints + "/" + name, withDestinationPath: victim)
    run.writer.post(.beginCheckpoint(identity(1), uploadIntent(1), uploadID: "upload"))
    guard case .failed(let error) = run.events.next() else {
      Issue.record("the checkpoint was begun")
      return
    }
    run.writer.close()
    #expect("\(error)".contains(name), "\(error)")
    #expect(try contents(victim) == Array("precious".utf8))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
  func aDirectoryOfAnotherUserIsRefused() throws {
    let directory = try home.run()
    #expect(chown(directory.path, 12_345, 0) == 0)
    #expect(
      problem(directory.path) == .unsafeDirectory(directory.path, .ownedBy(user: 12_345)))
  }

  @Test func aFileIsRefused() throws {
    let path = home.path + "/file"
    try write("text".utf8, to: path)
    #expect(problem(path) == .unsafeDirectory(path, .notADirectory))
    guard case .io? = problem(path + "/below") else {
      Issue.record("a file has nothing below it")
      return
    }
  }

  @Test func readingAMissingDirectoryCreatesNothing() throws {
    let directory = RunDirectory(home.path + "/none")
    #expect(try Journal.facts(in: directory).doneCount == 0)
    #expect(try RunLockOwner.read(in: directory) == nil)
    #expect(!FileManager.default.fileExists(atPath: directory.path))
  }

  @Test(arguments: [
    ("a/b.yaml", "a/.osbatch/b.yaml"), ("b.yaml", ".osbatch/b.yaml"),
    ("/b.yaml", "/.osbatch/b.yaml"), ("../x y/é.yml", "../x y/.osbatch/é.yml"),
  ])
  func theStateIsBesideTheManifest(manifest: String, expected: String) {
    let chosen = RunDirectory.chosen(option: nil, environment: "", manifest: manifest)
    #expect(chosen?.path == expected)
  }

  @Test func theOptionGoesBeforeTheEnvironment() {
    func chosen(_ option: String?, _ environment: String?, _ manifest: String) -> String? {
      RunDirectory.chosen(option: option, environment: environment, manifest: manifest)?.path
    }
    #expect(chosen("/o/", "/e", "m.yaml") == "/o")
    #expect(chosen(nil, "/e", "m.yaml") == "/e")
    #expect(chosen("/o", nil, "-") == "/o")
    #expect(chosen(nil, "/e//", "-") == "/e")
    #expect(chosen(nil, nil, "-") == nil)
    #expect(chosen("/", nil, "-") == "/")
  }
}

extension String {
  /// Sixteen digits.
  fileprivate var leftPadded: String { String(repeating: "0", count: 16 - count) + self }
}
