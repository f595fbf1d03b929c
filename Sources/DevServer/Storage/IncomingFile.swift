internal import Checksum
internal import Digests
internal import Glibc
internal import Platform

/// A body on its way in: its bytes go to a file outside the objects as they arrive, and the digests
/// are computed as they pass. Used by one connection at a time.
final class IncomingFile {
  private let path: String
  private let file: FileDescriptor
  private var checksum = CRC64()
  private var digest = MD5()
  private var size = 0
  private var damagesNextByte: Bool

  /// With `damaged` the first byte arrives with a flipped bit.
  init(path: String, damaged: Bool) throws(SystemError) {
    self.path = path
    file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    damagesNextByte = damaged
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    guard damagesNextByte, let first = bytes.first else { return try store(bytes) }
    damagesNextByte = false
    let flipped = first ^ 1
    try withUnsafeBytes(of: flipped) { byte throws(SystemError) in try store(byte) }
    try store(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
  }

  private func store(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try file.write(bytes, path: path)
    checksum.update(bytes)
    digest.update(bytes)
    size += bytes.count
  }

  /// Call it once, at the body's end.
  func seal() -> SealedFile {
    SealedFile(path: path, size: size, checksum: checksum, md5: digest.finalize())
  }

  /// The file of a body that never ended. Best effort: a start empties the directory anyway.
  func discard() { unlink(path) }
}

/// A whole body in a file, until the storage moves the file to its place.
final class SealedFile: Sendable {
  let path: String
  let size: Int
  let checksum: CRC64
  let md5: [UInt8]

  init(path: String, size: Int, checksum: CRC64, md5: [UInt8]) {
    self.path = path
    self.size = size
    self.checksum = checksum
    self.md5 = md5
  }

  /// Paths of incoming files are never used twice, so this removes only what nobody has taken.
  deinit { unlink(path) }

  var name: String { String(path.split(separator: "/").last ?? "") }
}
