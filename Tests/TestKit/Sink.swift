internal import Glibc

/// A running oss-sink on a free port.
package final class Sink {
  private let process: Child
  private let port: Int
  private let directory: TemporaryDirectory

  package init(_ arguments: [String]) throws {
    directory = try TemporaryDirectory()
    let ends = try Child.pipe()
    defer { close(ends.read) }
    process = try Child(
      Programs.sink, arguments, environment: [:], directory: directory.path, output: ends.write)
    close(ends.write)
    port = try listeningPort(ends.read)
  }

  package var endpoint: String { "http://127.0.0.1:\(port)" }

  /// What has arrived, as it says it.
  package func statistics() throws -> String { try exchange("GET", "/__stats", port: port) }
}
