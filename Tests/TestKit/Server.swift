internal import Foundation

/// A running oss-devserver on a free port and a directory of its own, with its control requests.
package final class Server {
  package let port: Int
  package let root: TemporaryDirectory
  private var process: Child

  package init(_ arguments: [String] = []) throws {
    root = try TemporaryDirectory()
    (process, port) = try Server.start(root, arguments)
  }

  /// Dies without a word and is back on the same port, with the same objects and open uploads.
  package func restart() throws {
    try process.killAtOnce()
    (process, _) = try Server.start(root, ["--port", "\(port)"])
  }

  private static func start(
    _ root: TemporaryDirectory, _ arguments: [String]
  ) throws -> (process: Child, port: Int) {
    let ends = try Child.pipe()
    defer { close(ends.read) }
    let process = try Child(
      Programs.server, ["--root", root.path] + arguments, environment: Programs.credentials,
      directory: root.path, output: ends.write)
    close(ends.write)
    return (process, try listeningPort(ends.read))
  }

  package var endpoint: String { "http://127.0.0.1:\(port)" }

  // Control

  /// Switches faults on, one per line.
  package func fault(_ lines: String...) throws {
    let answer = try control("POST", "faults", lines.joined(separator: "\n"))
    guard answer.hasPrefix("added") else { throw Problem(answer) }
  }

  /// Waits until a `hold` keeps so many requests.
  package func waitUntilHeld(_ count: Int) throws {
    try eventually("\(count) requests are held") {
      try control("GET", "held") == "\(count)\n"
    }
  }

  /// The requests that a `hold` keeps now go on.
  package func letGo() throws { _ = try control("DELETE", "held") }

  package func clearFaults() throws { _ = try control("DELETE", "faults") }

  /// From now on only these keys are good, each `ID SECRET` or `ID SECRET TOKEN`.
  package func accept(_ keys: String...) throws {
    let answer = try control("POST", "keys", keys.joined(separator: "\n"))
    guard answer.hasPrefix("accepted") else { throw Problem(answer) }
  }

  package func clearLog() throws {
    _ = try control("DELETE", "log")
    _ = try control("DELETE", "stats")
  }

  package func log() throws -> [LogLine] {
    try control("GET", "log").split(separator: "\n").map { try LogLine($0) }
  }

  /// The operations in the log, in the order of their arrival.
  package func operations() throws -> [String] { try log().map(\.operation) }

  /// The part numbers that were sent, in the order of their arrival.
  package func parts() throws -> [Int] { try log().compactMap(\.part) }

  package func statistics() throws -> Statistics {
    try JSONDecoder().decode(Statistics.self, from: Data(try control("GET", "stats").utf8))
  }

  /// Asks until the log says what the test waits for.
  package func wait(for what: String, _ condition: ([LogLine]) -> Bool) throws {
    try eventually(what) { condition(try log()) }
  }

  private func control(_ method: String, _ name: String, _ body: String = "") throws -> String {
    try exchange(method, "/__devserver/\(name)", body, port: port)
  }
}

/// Asks again and again until it is so; what does not become so is a failure.
package func eventually(_ what: String, seconds: Int = 60, _ condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    guard ContinuousClock.now < deadline else { throw Problem("it did not come to this: \(what)") }
    poll(nil, 0, 5)
  }
}

/// One request as the server logs it.
package struct LogLine {
  package var method: String
  package var bucket: String
  /// Percent-encoded.
  package var key: String
  package var query: String
  package var operation: String
  /// nil: nothing was answered, or not yet.
  package var status: Int?
  package var bodyBytes: Int

  package init(_ line: Substring) throws {
    let fields = line.split(separator: "\t").map(String.init)
    guard fields.count == 7, let bytes = Int(fields[6]) else {
      throw Problem("a log line: \(line)")
    }
    (method, bucket, key, query) = (fields[0], fields[1], fields[2], fields[3])
    operation = fields[4]
    status = Int(fields[5])
    bodyBytes = bytes
  }

  /// The number of the part that it sends.
  package var part: Int? {
    guard operation == "part" else { return nil }
    let field = query.split(separator: "&").first { $0.hasPrefix("partNumber=") }
    return field.flatMap { Int($0.dropFirst("partNumber=".count)) }
  }
}

package struct Statistics: Decodable {
  package var requests: [String: Int]
  package var connections: Int
  package var max_connections: Int
  package var max_requests: Int
  package var open_uploads: Int
  package var objects: Int
}
