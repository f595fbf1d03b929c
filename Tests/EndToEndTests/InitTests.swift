import Foundation
import TestKit
import Testing

/// `init`: what it writes runs as it stands.
@Suite struct InitTests {
  private let stage: Stage

  init() throws { stage = try Stage() }

  private func command(_ words: String...) throws -> Child.End {
    let environment = ["OSS_ENDPOINT": stage.server.endpoint, "OSS_REGION": "cn-hangzhou"]
    return try stage.start(words, environment: environment).wait()
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try stage.directory.read(name), as: UTF8.self)
  }

  @Test func theManifestOfManyFilesRuns() throws {
    for number in 0..<120 {
      try stage.directory.write("data/day-\(number % 7)/\(number).log", content(number))
    }
    try stage.directory.write("data/.hidden/secret", [1])
    let begun = try command("init", "data")
    #expect(begun.code == 0, "\(begun.errors)")
    #expect(begun.output.contains("120 files of data"))
    #expect(begun.output.contains("osbatch run osbatch.yaml"))
    #expect(try text("osbatch.yaml").hasPrefix("# yaml-language-server: $schema="))
    #expect(try command("validate", "osbatch.yaml").output.contains("120 entries"))
    let run = try command("run", "osbatch.yaml")
    #expect(run.code == 0, "\(run.errors)")
    try stage.expectStored("day-4/53.log", content(53), bucket: "my-bucket")
  }

  @Test func namesAreTakenAsTheyAre() throws {
    let names = [
      "a b", "007", "no", "null", "True", "$HOME", "${HOME}", "it's", "say \"hi\"", "#comment",
      "- dash", "a: b",
      "日本語 🗂",
      "tab\there", "line\nbreak", "back\\slash", "{brace}", "*star", "e\u{301}", "\u{85}\u{2028}x",
    ]
    for (number, name) in names.enumerated() {
      try stage.directory.write("data/\(name)", content(10 + number))
    }
    let begun = try command("init", "./data/")
    #expect(begun.code == 0, "\(begun.errors)")
    let run = try command("run", "osbatch.yaml")
    #expect(run.code == 0, "\(run.errors)")
    for (number, name) in names.enumerated() {
      try stage.expectStored(name, content(10 + number), bucket: "my-bucket")
    }
  }

  @Test func whatCannotBeAKeyIsLeftOutAndNamed() throws {
    try stage.directory.write("good", [1])
    try stage.directory.write("\\bad", [2])
    try makeFile(named: Array("latin-".utf8) + [0xE9])
    let begun = try command("init")
    #expect(begun.code == 0)
    #expect(begun.errors.contains("left out: \\bad: as a key it must not begin with"))
    #expect(begun.errors.contains("latin-\u{FFFD}: its name is not UTF-8"))
    #expect(begun.errors.split(separator: "\n").count == 2, "\(begun.errors)")
    #expect(try command("validate", "osbatch.yaml").output.contains("valid, 1 entry"))
    #expect(begun.output.contains("osbatch.yaml: 1 file of ., 1 B\n"), "\(begun.output)")
    #expect(try text("osbatch.yaml").contains("with what is in .: 1 file, 1 B."))
  }

  /// As patterns do not find it either.
  @Test func whatIsNotAmongTheFilesIsNamed() throws {
    for name in ["good", ".env", ".git/config", "logs/.keep"] {
      try stage.directory.write(name, [1])
    }
    try #require(symlink("logs", stage.directory("linked")) == 0)
    try #require(symlink("nothing", stage.directory("gone")) == 0)
    try #require(mkfifo(stage.directory("pipe"), 0o600) == 0)
    let begun = try command("init")
    #expect(begun.code == 0)
    let lines = [
      ".env: its name begins with a point", ".git: its name begins with a point",
      "gone: it leads nowhere", "linked: it is a linked directory",
      "logs/.keep: its name begins with a point", "pipe: it is not a file",
    ]
    #expect(begun.errors == lines.map { "osbatch: left out: \($0)\n" }.joined())
    #expect(try command("validate", "osbatch.yaml").output.contains("valid, 1 entry"))
  }

  @Test func aHiddenNameThatIsNotUTF8DoesNotKeepThePatternAway() throws {
    for number in 0..<25 { try stage.directory.write("\(number)", [1]) }
    try makeFile(named: Array(".latin-".utf8) + [0xE9])
    #expect(try command("init").code == 0)
    #expect(try text("osbatch.yaml").contains("- glob: "))
    #expect(try command("validate", "osbatch.yaml").output.contains("25 entries"))
  }

  /// A pattern would find them.
  @Test func whatLiesTooDeepIsLeftOutOfAListOfTheOthers() throws {
    for number in 0..<25 { try stage.directory.write("\(number)", [1]) }
    let deep = Array(repeating: "d", count: 65).joined(separator: "/")
    try stage.directory.write("\(deep)/file", [1])
    let begun = try command("init")
    #expect(begun.errors.contains("d: it lies below more than 64 directories"), "\(begun.errors)")
    #expect(try command("validate", "osbatch.yaml").output.contains("25 entries"))
  }

  private func makeFile(named name: [UInt8]) throws {
    let path = Array("\(stage.directory.path)/".utf8) + name + [0]
    let file = path.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { path in
        path.baseAddress.map { open($0, O_WRONLY | O_CREAT, 0o600) } ?? -1
      }
    }
    try #require(file >= 0)
    close(file)
  }

  @Test func anEmptyDirectoryGivesAValidManifest() throws {
    try FileManager.default.createDirectory(
      atPath: stage.directory("data"), withIntermediateDirectories: false)
    #expect(try command("init", "data", "--output", "new.yaml").code == 0)
    #expect(try command("validate", "new.yaml").output.contains("0 entries"))
  }

  /// It is named in a comment, where YAML takes not everything either, and where nothing stands for anything else.
  @Test(arguments: [
    ("da\u{FFFE}ta", "da\\u{fffe}ta"), ("two\nlines", "two\\nlines"), ("$HOME", "$HOME"),
  ])
  func aDirectoryOfAnyNameGivesAValidManifest(name: String, shown: String) throws {
    try stage.directory.write("\(name)/a", [1])
    #expect(try command("init", name).code == 0)
    #expect(try text("osbatch.yaml").contains("with what is in \(shown): 1 file"))
    #expect(try command("validate", "osbatch.yaml").output.contains("1 entry"))
  }

  @Test func nothingIsOverwritten() throws {
    try stage.directory.write("osbatch.yaml", Array("mine".utf8))
    let end = try command("init")
    #expect(end.code == 4)
    #expect(end.errors.contains("osbatch.yaml exists already"))
    #expect(end.errors.contains("--output"))
    #expect(try text("osbatch.yaml") == "mine")
  }

  @Test func aManifestElsewhereNamesItsFilesAbsolutely() throws {
    try stage.directory.write("data/a", [1, 2, 3])
    try stage.directory.write("conf/here", [])
    #expect(try command("init", "data", "--output", "conf/new.yaml").code == 0)
    #expect(try command("run", "conf/new.yaml").code == 0)
    try stage.expectStored("a", [1, 2, 3], bucket: "my-bucket")
  }

  /// Neither the manifest nor its schema is among the files that it names.
  @Test func aManifestBelowTheDirectoryLeavesItselfOut() throws {
    for number in 0..<25 { try stage.directory.write("data/\(number)", [1]) }
    try stage.directory.write("data/conf/osbatch.schema.json", [])
    let begun = try command("init", "data", "--output", "data/conf/new.yaml")
    #expect(begun.code == 0, "\(begun.errors)")
    #expect(begun.output.contains("osbatch schema > data/conf/osbatch.schema.json"))
    #expect(begun.output.contains("data/conf/new.yaml: 25 files of data, 25 B\n"))
    #expect(try command("validate", "data/conf/new.yaml").output.contains("25 entries"))
  }

  @Test func standardOutputIsPossible() throws {
    try stage.directory.write("a", [1])
    let end = try command("init", "--output", "-")
    #expect(end.code == 0)
    #expect(end.output.contains("- file: a\n    key: a\n"))
    #expect(try stage.directory.names(in: "") == ["a"])
  }

  /// No manifest could name the files in it.
  @Test func aDirectoryThatIsNotUTF8IsRefused() throws {
    let command =
      "mkdir d$'\\xff' && cd d$'\\xff' && echo > file && \"$0\" init . --output ./new.yaml"
    let end = try stage.start([], under: ["/bin/bash", "-c", command]).wait()
    #expect(end.code == 4, "\(end.output)")
    #expect(end.errors.contains("cannot name .: Invalid or incomplete multibyte"), "\(end.errors)")
  }

  @Test func whatCannotBeReadIsNamed() throws {
    let end = try command("init", "nowhere")
    #expect(end.code == 4)
    #expect(end.errors.contains("cannot list nowhere/: No such file or directory"))
    let region = try stage.start(["init"], environment: ["OSS_REGION": "not a region"]).wait()
    #expect(region.code == 4)
    #expect(region.errors.contains("the region \"not a region\" is not like cn-hangzhou"))
  }

  @Test func theSchemaIsTheOneOfTheExamples() throws {
    let schema = try command("schema")
    #expect(schema.code == 0)
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "manifests/schema.json")
    #expect(schema.output == String(decoding: try Data(contentsOf: file), as: UTF8.self))
  }
}
