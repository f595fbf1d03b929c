import Foundation
import TestKit
import Testing

/// How words on the command line are read, by the binary itself.
struct CommandLineTests {
  @Test(arguments: [
    (
      ["run", "--concurency", "3", "m.yaml"],
      "there is no option --concurency: did you mean --concurrency?"
    ),
    (["rum", "m.yaml"], "there is no command rum: did you mean run?"),
    (["run", "m.yaml", "-x"], "there is no option -x"),
    (["run", "m.yaml", "-j"], "-j needs a value"),
    (["run", "m.yaml", "--concurrency", "--json"], "--concurrency needs a value"),
    (["run", "m.yaml", "-jmany"], "-j is \"many\", but it can only be a whole number"),
    (
      ["run", "m.yaml", "--progress=fast"],
      "--progress is \"fast\", but it can only be auto, tty, plain, json, none"
    ),
    (
      ["run", "m.yaml", "--lock-timeout", "soon"],
      "--lock-timeout is \"soon\", but it can only be a duration"
    ),
    (
      ["run", "m.yaml", "--only", "state:x"],
      "--only: state:x is no state: it can be state:failed, state:pending or state:done"
    ),
    (
      ["run", "m.yaml", "--lock-timeout", "1h1"],
      "--lock-timeout is \"1h1\", but it can only be a duration"
    ),
    (
      ["run", "m.yaml", "--max-duration", "5 5m"],
      "--max-duration is \"5 5m\", but it can only be a duration"
    ),
    (
      ["verify", "m.yaml", "--concurrency", "0"],
      "--concurrency is \"0\", but it can only be a whole number from 1 to 4096"
    ),
    (
      ["run", "m.yaml", "--max-errors", "0"],
      "--max-errors is \"0\", but it can only be a whole number from 1"
    ),
    (
      ["run", "m.yaml", "--stall-timeout", "1ms"],
      "--stall-timeout is \"1ms\", but it can only be a duration of at least 1s"
    ),
    (
      ["run", "m.yaml", "--report", "r.txt"],
      "--report is \"r.txt\", but it can only be a file with the suffix .json"
    ),
    (["plan", "m.yaml", "--state-dir", ""], "--state-dir is empty"),
    (["plan", "m.yaml", "--skip", ""], "--skip: a selector must not be empty"),
    (["run", "m.yaml", "--force=no"], "--force takes no value"),
    (["run", "m.yaml", "other.yaml"], "\"other.yaml\" is one argument too many"),
    (["run"], "<manifest> is missing"),
    (["validate"], "<manifests> is missing"),
    (
      ["--generate-completion-script", "tcsh"],
      "--generate-completion-script needs the shell: bash, zsh or fish"
    ),
  ])
  func aMistakeIsNamedWithTheWayOut(words: [String], sentence: String) throws {
    let stage = try Stage()
    let end = try stage.start(words).wait()
    #expect(end.code == 2)
    #expect(end.output.isEmpty)
    #expect(end.errors.contains("Error: " + sentence), "\(end.errors)")
    #expect(end.errors.contains("--help"))
  }

  @Test(arguments: ["9223372036854775807ms", "106751991167d"])
  func whoeverMeansForEverMaySaySo(duration: String) throws {
    let stage = try Stage()
    try stage.small(1)
    let run = try stage.run(
      "--stall-timeout", duration, "--max-outage", duration, "--max-duration", duration,
      "--lock-timeout", duration)
    #expect(run.code == 0, "\(run.errors)")
  }

  @Test(arguments: [
    ["run", "manifest.yaml"], ["plan", "manifest.yaml"], ["status", "manifest.yaml", "--json"],
    ["validate", "manifest.yaml"], ["verify", "manifest.yaml"], ["abort", "manifest.yaml"],
    ["schema"], ["init"], ["init", "--output", "-"], ["--version"], ["help"], ["help", "run"], [],
    ["--generate-completion-script", "bash"],
  ])
  func whatCannotBePrintedIsNotSwallowed(words: [String]) throws {
    let stage = try Stage()
    try stage.small(1)
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let end = try stage.start(words, output: full).wait()
    #expect(end.code == 5)
    let sentence = "osbatch: cannot write to standard output: No space left on device\n"
    #expect(end.errors.hasSuffix(sentence), "\(end.errors)")
  }

  /// What the exit code says of the entries it goes on saying.
  @Test func whatCannotBePrintedDoesNotHideWhatWasFound() throws {
    let stage = try Stage()
    try stage.manifest("  - {file: gone, key: k}")
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let end = try stage.start(["plan", "manifest.yaml"], output: full).wait()
    #expect(end.code == 1)
    #expect(end.errors.contains("No space left on device"))
  }

  /// `osbatch schema | true`.
  @Test func aReaderThatHasEnoughIsNoFailure() throws {
    let stage = try Stage()
    let ends = try Child.pipe()
    close(ends.read)
    defer { close(ends.write) }
    let end = try stage.start(["schema"], output: ends.write).wait()
    #expect(end.code == 0)
    #expect(end.errors.isEmpty)
  }

  @Test(arguments: [
    ["run", "-qj2", "manifest.yaml"], ["run", "-q", "-j=2", "manifest.yaml"],
    ["run", "--quiet", "--concurrency=9", "--concurrency", "2", "manifest.yaml"],
    ["run", "-q", "-j", "2", "--", "manifest.yaml"],
  ])
  func theSameThingCanBeSaidInSeveralWays(words: [String]) throws {
    let stage = try Stage()
    try stage.small(6, concurrency: 1)
    let end = try stage.start(words).wait()
    #expect(end.code == 0)
    #expect(end.errors.isEmpty, "\(end.errors)")
    #expect(try stage.server.statistics().max_requests <= 2)
  }

  @Test func aMistakeInTheEnvironmentIsNamedAsSuch() throws {
    let stage = try Stage()
    for (name, value) in [
      ("OSBATCH_CONCURRENCY", "0"), ("OSBATCH_MAX_ERRORS", "0"), ("OSBATCH_STALL_TIMEOUT", "1ms"),
      ("OSBATCH_REPORT", "r.txt"),
    ] {
      let end = try stage.start(["run", "m.yaml"], environment: [name: value]).wait()
      #expect(end.code == 2)
      #expect(end.errors.contains("Error: \(name) is \"\(value)\","), "\(end.errors)")
    }
  }

  /// What is mended is another name: of a manifest, of a directory, of an object.
  @Test(arguments: [
    ("\"$0\" plan $'m\\xff.yaml'", 2, "the argument \"m\u{FFFD}.yaml\" is not UTF-8"),
    ("\"$0\" plan m.yaml --state-dir $'\\xff'", 2, "the argument \"\u{FFFD}\" is not UTF-8"),
    (
      "OSBATCH_STATE_DIR=$'\\xff' \"$0\" plan m.yaml", 2,
      "OSBATCH_STATE_DIR in the environment is not"
    ),
    ("OSS_ENDPOINT=$'\\xff' \"$0\" plan m.yaml", 2, "OSS_ENDPOINT in the environment is not UTF-8"),
    (
      "WORD=$'\\xff' \"$0\" plan m.yaml", 3,
      "m.yaml:3:30: error: the environment's WORD is not UTF-8"
    ),
    ("OTHER=$'\\xff' \"$0\" plan m.yaml", 0, ""),
  ])
  func whatIsNotUTF8IsRefused(command: String, code: Int, sentence: String) throws {
    let stage = try Stage()
    try stage.directory.write("file", [1])
    try stage.directory.write(
      "m.yaml",
      Array(
        """
        version: 1
        target: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        entries: [{file: file, key: "${WORD:-word}"}]

        """.utf8))
    let end = try stage.start([], under: ["/bin/bash", "-c", command]).wait()
    #expect(end.code == code, "\(end.errors)")
    #expect(sentence.isEmpty || end.errors.contains(sentence), "\(end.errors)")
  }

  @Test func aWordThatBeginsWithAHyphenIsAFileBehindTwoHyphens() throws {
    let stage = try Stage()
    let end = try stage.start(["validate", "--", "--version"]).wait()
    #expect(end.code == 3)
    #expect(end.errors.contains("--version"), "\(end.errors)")
  }

  @Test func helpIsThereForEveryCommand() throws {
    let stage = try Stage()
    let program = try stage.start(["help"], credentials: [:]).wait()
    #expect(program.code == 0)
    #expect(program.output == (try stage.start([], credentials: [:]).wait().output))
    #expect(program.output == (try stage.start(["help", "help"], credentials: [:]).wait().output))
    for command in [
      "run", "plan", "validate", "render", "status", "verify", "abort", "report", "init",
      "schema",
    ] {
      let help = try stage.start([command, "--nonsense", "--help"], credentials: [:]).wait()
      let same = try stage.start(["help", command], credentials: [:]).wait()
      #expect(help.code == 2, "what stands before it is read first")
      #expect(same.code == 0)
      #expect(same.output.contains("USAGE: osbatch \(command)"))
      #expect(same.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
  }

  @Test func bashCompletesCommandsOptionsAndValues() throws {
    let stage = try Stage()
    let script = try stage.start(["--generate-completion-script", "bash"], credentials: [:]).wait()
    #expect(script.code == 0)
    try script.output.write(
      toFile: stage.directory("completions.bash"), atomically: true, encoding: .utf8)
    func completions(_ words: String...) throws -> Set<Substring> {
      let shell = Process()
      let output = Pipe()
      shell.executableURL = URL(fileURLWithPath: "/bin/bash")
      shell.arguments =
        [
          "-c",
          """
          source "$0"; COMP_WORDS=(osbatch "$@"); COMP_CWORD=$#; _osbatch; printf '%s\\n' "${COMPREPLY[@]}"
          """,
          stage.directory("completions.bash"),
        ] + words
      shell.standardOutput = output
      try shell.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      shell.waitUntilExit()
      return Set(text.split(separator: "\n"))
    }
    #expect(try completions("st") == ["status"])
    #expect(try completions("run", "--max-e") == ["--max-errors"])
    #expect(try completions("run", "--progress", "p") == ["plain"])
    #expect(try completions("plan", "--max").isEmpty)
  }
}
