import Foundation
import TestKit
import Testing

/// Names that strangers chose, on the terminal of who uploads them.
@Suite struct HostileNameTests {
  /// Sets the terminal's title and colour, begins lines, and turns the direction of writing.
  private static let name =
    "evil\u{1B}]0;pwned\u{7}\nfailed: x: forged\u{9B}31m\u{7F}\u{2028}\u{202E}.txt"

  private static func expectReadable(
    _ end: Child.End, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = end.output + end.errors
    let commands = text.unicodeScalars.filter { scalar in
      let category = scalar.properties.generalCategory
      return category == .control && scalar != "\n" || category == .lineSeparator
        || scalar.properties.isBidiControl
    }
    #expect(commands.isEmpty, "\(commands) in \(text)", sourceLocation: sourceLocation)
    let isForged = text.split(separator: "\n").contains { $0.hasPrefix("failed: x: forged") }
    #expect(!isForged, "\(text)", sourceLocation: sourceLocation)
  }

  @Test func aNameOfAFileDoesNotReachTheTerminalAsItIs() throws {
    let stage = try Stage()
    try stage.directory.write("d/" + Self.name, [1, 2, 3])
    try stage.manifest(
      """
        - {glob: "d/*", key: "${file.path}"}
        - {file: "no\\e[2Jsuch\\nfailed: x: forged", key: no}
      """)
    for options in [["plan"], ["run", "-v"], ["run", "--force", "-v"], ["status"], ["verify"]] {
      let end = try stage.start(options + ["manifest.yaml"]).wait()
      Self.expectReadable(end)
      if options != ["verify"] { #expect((end.output + end.errors).contains("u{1b}"), "\(end)") }
    }
    try stage.expectStored(Self.name, [1, 2, 3])
  }

  @Test func programsAreGivenTheNameAsItIs() throws {
    let stage = try Stage()
    try stage.directory.write("d/" + Self.name, [1, 2, 3])
    try stage.manifest("  - {glob: \"d/*\", key: \"${file.path}\"}")
    let end = try stage.command("plan", "manifest.yaml", "--json")
    let entry = try Event(try #require(end.output.split(separator: "\n").first))
    #expect(entry.text("key").map { Array($0.utf8) } == Array(Self.name.utf8))
    let isEscaped = end.output.unicodeScalars.allSatisfy {
      $0 == "\n" || $0.properties.generalCategory != .control
    }
    #expect(isEscaped, "\(end.output)")
  }

  @Test func aNameInAMistakeDoesNotReachTheTerminalAsItIs() throws {
    let stage = try Stage()
    try stage.directory.write(Self.name, Array("version: 1\n\u{202E}: \u{9B}1m\n".utf8))
    for words in [["validate", Self.name], ["plan", "no" + Self.name], [Self.name]] {
      let end = try stage.start(words).wait()
      #expect(end.code != 0)
      Self.expectReadable(end)
    }
  }
}
