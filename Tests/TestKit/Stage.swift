internal import Foundation
package import Testing

/// A place for whole runs: a server, a directory with a manifest and its sources, and the program.
package final class Stage {
  /// The smallest legal part, so that few bytes make many parts.
  package static let partSize = 102_400

  package let directory: TemporaryDirectory
  package let server: Server
  package let home: TemporaryDirectory

  package init(server arguments: [String] = []) throws {
    directory = try TemporaryDirectory()
    home = try TemporaryDirectory()
    server = try Server(arguments)
  }

  /// A manifest whose larger files go in the smallest parts: `entries` are list items, each on
  /// lines of its own, `target` is what its flow mapping holds besides.
  package func manifest(
    _ entries: String, concurrency: Int = 4, target: String = "", bucket: String = "bucket",
    endpoint: String? = nil
  ) throws {
    let more = target.isEmpty ? "" : ", \(target)"
    try manifest(
      text: """
        version: 1
        target: {bucket: \(bucket), endpoint: "\(endpoint ?? server.endpoint)", region: cn-hangzhou\(more)}
        concurrency: \(concurrency)
        defaults: {part_size: 100KiB, multipart_threshold: 100KiB}
        entries:
        \(entries)

        """)
  }

  package func manifest(text: String) throws {
    try directory.write("manifest.yaml", Array(text.utf8))
  }

  /// A manifest with one file of `parts` parts, `large`; the last part is short.
  @discardableResult
  package func large(parts: Int = 5, concurrency: Int = 2, settings: String = "") throws -> [UInt8]
  {
    let more = settings.isEmpty ? "" : ", \(settings)"
    try manifest("  - {file: large, key: large\(more)}", concurrency: concurrency)
    return try directory.write("large", content(parts * Self.partSize - 1_000))
  }

  /// A manifest with small files, `small-0` and so on, each its own content.
  package func small(_ count: Int, concurrency: Int = 4, settings: String = "") throws {
    let more = settings.isEmpty ? "" : ", \(settings)"
    var entries: [String] = []
    for index in 0..<count {
      try directory.write("small-\(index)", content(1_000, seed: UInt64(index + 1)))
      entries.append("  - {file: small-\(index), key: small-\(index)\(more)}")
    }
    try manifest(entries.joined(separator: "\n"), concurrency: concurrency)
  }

  // The program

  /// Starts the program, by itself or `under` a command that is given it as its last arguments.
  package func start(
    _ arguments: [String], environment: [String: String] = [:],
    credentials: [String: String] = Programs.credentials, under: [String] = [],
    output: Int32? = nil
  ) throws -> Child {
    var variables = [
      "HOME": home.path, "PATH": "/usr/bin:/bin", "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    ]
    variables.merge(credentials) { $1 }
    variables.merge(environment) { $1 }
    let words = under + [Programs.osbatch] + arguments
    return try Child(
      words[0], Array(words.dropFirst()), environment: variables, directory: directory.path,
      output: output)
  }

  /// A shell to start a program under that closes what the test's own process has left open and runs
  /// `command`, before it becomes the program.
  package static func withoutOtherDescriptors(running command: String = ":") -> [String] {
    let closing = "for f in /proc/$$/fd/*; do n=${f##*/}; ((n < 4)) || eval \"exec $n>&-\"; done"
    return ["/bin/bash", "-c", "\(closing); \(command); exec \"$0\" \"$@\""]
  }

  package func startRun(_ options: String...) throws -> Child {
    try start(["run", "manifest.yaml", "--json"] + options)
  }

  /// A whole run with JSON output.
  package func run(
    _ options: String..., environment: [String: String] = [:],
    credentials: [String: String] = Programs.credentials
  ) throws -> Outcome {
    try Outcome(
      start(
        ["run", "manifest.yaml", "--json"] + options, environment: environment,
        credentials: credentials
      ).wait())
  }

  /// A command to its end, as people call it.
  package func command(_ arguments: String..., environment: [String: String] = [:]) throws
    -> Child.End
  {
    try start(arguments, environment: environment).wait()
  }

  /// The object has exactly the file's bytes.
  package func expectStored(
    _ key: String, _ bytes: [UInt8], bucket: String = "bucket",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let object = try #require(
      try server.object(key, bucket: bucket), "no object \(key)", sourceLocation: sourceLocation)
    let isSame = object.bytes == bytes
    #expect(
      isSame, "\(key) has other bytes: \(object.bytes.count) of them, not \(bytes.count)",
      sourceLocation: sourceLocation)
  }

  /// What the command `status` knows of a key: its state, and the parts recorded as stored.
  package func status(of key: String) throws -> Event? {
    let lines = try command("status", "manifest.yaml", "--json").output.split(separator: "\n")
    return try lines.map { try Event($0) }.first { $0.text("key") == key }
  }

  /// A process that has opened the state's lock file and does not hold the lock.
  package func waitsForItsLock(_ process: Child) throws -> Bool {
    let descriptors = "/proc/\(process.process)/fd"
    let names = try FileManager.default.contentsOfDirectory(atPath: descriptors)
    return names.contains { name in
      let target = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "\(descriptors)/\(name)")
      return target?.hasSuffix("/manifest.yaml/lock") == true
    }
  }

  /// Starts a run of `large` and kills it when all parts but the stalled one are on record.
  package func killWithGap(part: Int, parts: Int = 5) throws {
    try server.fault("part key=large part=\(part) always stall")
    let run = try startRun()
    try eventually("all parts but one are on record") {
      try status(of: "large")?.number("parts") == parts - 1
    }
    try run.killAtOnce()
    try server.clearFaults()
    try server.clearLog()
  }
}
