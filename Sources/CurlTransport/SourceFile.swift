internal import Glibc
package import Platform

/// A file that request bodies are read from: many requests, on any thread, share it, and it is
/// closed when the last of them has ended. Reads name their offset, so there is no position to
/// share. Not mapped into memory: a file that shrinks would kill the process.
package final class SourceFile: Sendable {
  package let descriptor: FileDescriptor
  /// As the user wrote it: it appears in messages.
  package let path: String
  /// The file system that reading may have to wait for, by its device number; nil where none has to,
  /// as in memory.
  let waitsFor: MountTable.Device?

  /// Whoever touches it may have to wait.
  package var mayWait: Bool { waitsFor != nil }

  package init(
    owning descriptor: consuming FileDescriptor, path: String, waitsFor: MountTable.Device?
  ) {
    self.descriptor = descriptor
    self.path = path
    self.waitsFor = waitsFor
  }

  /// Reads at `offset` until `room` is full; anything less fails the request.
  func read(into room: UnsafeMutableRawBufferPointer, at offset: Int) throws(StopReason) {
    let count: Int
    do throws(SystemError) {
      count = try descriptor.read(into: room, at: offset, path: path)
    } catch {
      throw StopReason(.sourceReadFailed(code: error.code), error.description)
    }
    guard count == room.count else {
      throw StopReason(
        .sourceTooShort,
        "\(path) ends at byte \(offset + count), before byte \(offset + room.count) that is to be "
          + "sent: it became shorter")
    }
  }

  /// Asks the kernel to fetch the range, without waiting for it.
  package func willNeed(_ range: Range<Int>) {
    posix_fadvise(descriptor.raw, range.lowerBound, range.count, POSIX_FADV_WILLNEED)
  }

  /// Reads at `offset` what is there without waiting; 0 when nothing is, or it cannot be told.
  func readCached(
    into room: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StopReason) -> Int {
    do throws(SystemError) {
      return try descriptor.readCached(into: room, at: offset, path: path)
    } catch {
      throw StopReason(.sourceReadFailed(code: error.code), error.description)
    }
  }
}
