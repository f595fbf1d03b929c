internal import Glibc
internal import Platform

/// The manifest's bytes, readable more than once. A regular file is read piece by piece, so memory
/// does not grow with it; what has no positions (a pipe, standard input) is held in memory.
final class ManifestInput: Sendable {
  /// Larger is a mistake: ten million entries have about 1 GB.
  static let maximumFileSize = 1 << 30
  static let maximumStreamSize = 256 << 20

  /// Why there are no bytes: one sentence.
  struct Failure: Error {
    var message: String
  }

  /// What it is in messages: `the manifest`.
  private let what: String
  private let descriptor: FileDescriptor?
  private let bytes: [UInt8]
  let size: Int
  /// What it comes from could not be read again.
  var isStream: Bool { descriptor == nil }

  init(bytes: [UInt8]) {
    what = "the manifest"
    descriptor = nil
    self.bytes = bytes
    size = bytes.count
  }

  /// `-` is standard input.
  convenience init(path: String, what: String = "the manifest") throws(Failure) {
    do {
      guard path != "-" else {
        let input = try FileDescriptor.duplicating(STDIN_FILENO, path: path)
        try self.init(stream: input, path: path, what: what)
        return
      }
      let file = try FileDescriptor.open(path, O_RDONLY)
      let status = try file.status(path)
      switch status.st_mode & S_IFMT {
      case S_IFREG: try self.init(file: file, size: Int(status.st_size), what: what)
      case S_IFDIR: throw Failure(message: "cannot read \(what): it is a directory")
      default: try self.init(stream: file, path: path, what: what)
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(message: Self.sentence(error, what))
    }
  }

  private init(
    file: consuming FileDescriptor, size: Int, what: String
  ) throws(Failure) {
    guard size <= Self.maximumFileSize else { throw Self.tooLarge(Self.maximumFileSize, what) }
    self.what = what
    descriptor = consume file
    bytes = []
    self.size = size
  }

  private init(
    stream: consuming FileDescriptor, path: String, what: String
  ) throws(Failure) {
    self.what = what
    do {
      bytes = try stream.readToEnd(limit: Self.maximumStreamSize, path: path)
    } catch {
      throw Failure(message: Self.sentence(error, what))
    }
    guard bytes.count <= Self.maximumStreamSize else {
      throw Self.tooLarge(Self.maximumStreamSize, what)
    }
    descriptor = nil
    size = bytes.count
  }

  /// Fills `buffer` from `offset`; fewer bytes only at the end.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(Failure) -> Int {
    let room = min(buffer.count, max(0, size - offset))
    let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
    guard descriptor != nil else {
      wanted.copyBytes(from: bytes[offset..<offset + room])
      return room
    }
    do {
      return try descriptor?.read(into: wanted, at: offset) ?? 0
    } catch {
      throw Failure(message: Self.sentence(error, what))
    }
  }

  private static func sentence(_ error: any Error, _ what: String) -> String {
    guard let error = error as? SystemError else { return "cannot read \(what): \(error)" }
    return "cannot \(error.operation) \(what): \(error.reason)"
  }

  private static func tooLarge(_ limit: Int, _ what: String) -> Failure {
    Failure(message: "\(what) is larger than \(limit >> 20) MiB; split it")
  }
}
