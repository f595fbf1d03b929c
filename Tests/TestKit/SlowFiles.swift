internal import Foundation
package import Testing

/// A file system of its own that shows the files of a directory again, and withholds what it is told to
/// until it is released (`scripts/lib/slow-files`).
package final class SlowFiles {
  /// Where its files are; what tests write here appears at `path`.
  package let files: TemporaryDirectory
  private let mountPoint: TemporaryDirectory
  private let process: Child
  private let output: Int32

  /// Why a test cannot be run here.
  package static let needs: Comment = "needs /dev/fuse, Python and the right to mount"

  package static let canMount: Bool = {
    guard let directory = try? TemporaryDirectory() else { return false }
    return (try? SlowFiles(directory, [])) != nil
  }()

  /// `files` has all of its files already; `holding`: as the program's `--hold`.
  package init(_ files: TemporaryDirectory, _ holding: [String]) throws {
    self.files = files
    mountPoint = try TemporaryDirectory()
    let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../scripts/lib/slow-files").path
    let ends = try Child.pipe()
    output = ends.read
    process = try Child(
      program, [files.path, mountPoint.path] + holding.flatMap { ["--hold", $0] },
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: files.path,
      output: ends.write)
    close(ends.write)
    guard try line() == "mounted" else { throw Problem("no file system was mounted") }
  }

  deinit {
    process.signal(SIGTERM)
    _ = try? process.wait()
    close(output)
  }

  package func callAsFunction(_ name: String) -> String { mountPoint(name) }

  /// Waits until the answers to all of these are withheld.
  package func waitUntilHeld(_ what: Set<String>) throws {
    var missing = what
    while !missing.isEmpty {
      guard let line = try line() else { throw Problem("the file system ended") }
      missing.remove(String(line.dropFirst("held ".count)))
    }
  }

  /// Gives all answers from now on.
  package func release() { process.signal(SIGUSR1) }

  private func line() throws -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      var poll = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&poll, 1, 60_000) > 0 else { throw Problem("a file system says nothing") }
      guard Glibc.read(output, &byte, 1) == 1 else { return nil }
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
  }
}
