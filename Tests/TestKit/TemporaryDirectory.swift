internal import Foundation

/// A directory of its own for one test, removed with everything in it when the test lets go of it.
package final class TemporaryDirectory {
  package let path: String

  package init(in place: String = NSTemporaryDirectory()) throws {
    var template = Array("\(place)/osbatch-run-XXXXXX".utf8CString)
    guard let name = mkdtemp(&template) else {
      throw Problem("no temporary directory can be made: errno \(errno)")
    }
    path = String(cString: name)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file in place (an inode that is there stays), making its directories.
  @discardableResult
  package func write(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let file = URL(fileURLWithPath: self(name))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return bytes
  }

  package func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: self(name))))
  }

  package func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: self(name))
  }

  package func names(in name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: self(name)).sorted()
  }
}

/// Why a test could not do what it wanted, in a sentence.
package struct Problem: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Bytes that differ from place to place and from seed to seed.
package func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    for index in 0..<count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      buffer[index] = UInt8(truncatingIfNeeded: state >> 24)
    }
    initialized = count
  }
}
