internal import BatchCore
internal import Checksum
internal import CurlTransport
internal import Digests
internal import Glibc
internal import Platform

/// A source file, open. `confirm` says whether it is what it was expected to be, and so whether a read that finds
/// less than was promised has met a change of the source, or a file system that does not say how long its files are.
struct OpenSource {
  /// Small enough that a slow disk is seen to give something, large enough that a call for each costs nothing.
  private static let readSize = 128 << 10
  /// What the kernel is asked to fetch at once: it gives no more to a request than a file system takes.
  private static let fetchSize = 128 << 10
  /// It is asked so far ahead of what is waited for: 20 ms a read are 100 MB/s then.
  static let fetchAhead = 2 << 20

  let file: SourceFile
  private let expected: SourceIdentity
  private let cancellation: SourceCancellation
  /// Is told what is read.
  private let progress: ReadProgress?

  /// With `mounts`, the transport may read it, and knows where that may take a while.
  init(
    _ path: String, expecting expected: SourceIdentity,
    cancellation: SourceCancellation = SourceCancellation(), mounts: MountTable? = nil,
    progress: ReadProgress? = nil
  ) throws(Failure) {
    try cancellation.check()
    do throws(SystemError) {
      // Not to wait where a pipe has taken the file's place.
      let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK)
      var device: MountTable.Device?
      if let mounts {
        device = try MountTable.Device(descriptor.status(path).st_dev)
        device = device.flatMap { mounts.isInMemory($0) ? nil : $0 }
      }
      file = SourceFile(owning: descriptor, path: path, waitsFor: device)
    } catch {
      throw Failure(ofKnownSource: error)
    }
    self.expected = expected
    self.cancellation = cancellation
    self.progress = progress
  }

  init(
    _ file: SourceFile, expecting expected: SourceIdentity, cancellation: SourceCancellation,
    progress: ReadProgress? = nil
  ) throws(Failure) {
    try cancellation.check()
    self.file = file
    self.expected = expected
    self.cancellation = cancellation
    self.progress = progress
  }

  /// The open file still is what it was; the file system that it is in.
  @discardableResult
  func confirm() throws(Failure) -> MountTable.Device {
    let now: stat
    do throws(SystemError) {
      now = try file.descriptor.status(file.path)
    } catch {
      throw Failure(.sourceUnreadable, error.description)
    }
    guard SourceIdentity(now) == expected else {
      throw Failure(.sourceChanged, "\(file.path) changed while it was being uploaded")
    }
    return MountTable.Device(now.st_dev)
  }

  /// Has the kernel fetch the range into its memory and waits until it is there, so that sending it does not wait for
  /// the disk. Nothing is copied for it.
  func fetch(_ range: Range<Int>) throws(Failure) {
    guard file.mayWait else { return }
    var asked = range.lowerBound
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.fetchSize) {
      try cancellation.check()
      let last = min(start + Self.fetchSize, range.upperBound) - 1
      if try !isAtHand(last) {
        asked = max(asked, start)
        while asked < min(start + Self.fetchAhead, range.upperBound) {
          file.willNeed(asked..<min(asked + Self.fetchSize, range.upperBound))
          asked += Self.fetchSize
        }
        try wait(for: last)
      }
      progress?.note()
    }
  }

  /// False as well when the file system cannot tell.
  private func isAtHand(_ offset: Int) throws(Failure) -> Bool {
    var byte = UInt8(0)
    do throws(SystemError) {
      return try withUnsafeMutableBytes(of: &byte) { room throws(SystemError) in
        try file.descriptor.readCached(into: room, at: offset, path: file.path) == 1
      }
    } catch {
      throw Failure(.sourceUnreadable, error.description)
    }
  }

  private func wait(for offset: Int) throws(Failure) {
    var byte = UInt8(0)
    try withUnsafeMutableBytes(of: &byte) { room throws(Failure) in
      try read(offset, into: room)
    }
  }

  /// The range's bytes, from a file that was what it was expected to be at the first of them as well as
  /// after the last: its times and its number show that together, so it is looked at once.
  func confirmedBytes(
    of range: Range<Int>
  ) throws(Failure) -> (bytes: [UInt8], device: MountTable.Device) {
    let bytes: [UInt8]
    do throws(Failure) {
      bytes = try self.bytes(of: range)
    } catch {
      // What is no longer that file may not be readable either; the change is the cause.
      try confirm()
      throw error
    }
    return (bytes, try confirm())
  }

  private func bytes(of range: Range<Int>) throws(Failure) -> [UInt8] {
    // (An array without room is one for all threads, and initializing it would write into it.)
    guard !range.isEmpty else {
      try confirmEmptiness()
      return []
    }
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
      do throws(Failure) {
        try read(range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
        initialized = range.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Some files that have content are said to have no bytes.
  func confirmEmptiness() throws(Failure) {
    guard expected.size == 0 else { return }
    var byte = UInt8(0)
    do throws(SystemError) {
      let count = try withUnsafeMutableBytes(of: &byte) { room throws(SystemError) in
        try file.descriptor.read(into: room, at: 0, path: file.path)
      }
      guard count > 0 else { return }
    } catch {
      throw Failure(.sourceUnreadable, error.description)
    }
    throw try mistold("holds more than the 0 bytes")
  }

  /// Why a file is not as long as its file system says, unless it has just changed. Those that are made while they are
  /// read are so, as those of /proc and /sys.
  private func mistold(_ length: String) throws(Failure) -> Failure {
    try confirm()
    return Failure(
      .sourceUnreadable,
      "\(file.path) \(length) that its file system tells of: copy it to an ordinary file, and send "
        + "that")
  }

  func digests(of ranges: [Range<Int>], withMD5: Bool) throws(Failure) -> [RangeDigest] {
    try confirm()
    try confirmEmptiness()
    var digests: [RangeDigest] = []
    for range in ranges {
      var crc64 = CRC64()
      var md5 = MD5()
      try forEachBlock(of: range) { block in
        crc64.update(block)
        if withMD5 { md5.update(block) }
      }
      let text = withMD5 ? Hexadecimal.uppercase(md5.finalize()) : ""
      digests.append(RangeDigest(crc64: crc64, md5: text))
    }
    try confirm()
    return digests
  }

  func md5(of range: Range<Int>) throws(Failure) -> [UInt8] {
    var md5 = MD5()
    try forEachBlock(of: range) { md5.update($0) }
    return md5.finalize()
  }

  private func forEachBlock(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(Failure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(Self.readSize, max(range.count, 1)), alignment: 64)
    defer { buffer.deallocate() }
    var position = range.lowerBound
    while position < range.upperBound {
      try cancellation.check()
      let block = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, range.upperBound - position)])
      try read(position, into: block)
      progress?.note()
      body(UnsafeRawBufferPointer(block))
      position += block.count
    }
  }

  private func read(
    _ offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(Failure) {
    let count: Int
    do throws(SystemError) {
      count = try file.descriptor.read(into: buffer, at: offset, path: file.path)
    } catch {
      throw Failure(.sourceUnreadable, error.description)
    }
    guard count == buffer.count else {
      throw try mistold("holds fewer than the \(expected.size) bytes")
    }
  }
}

extension Failure {
  /// Why a file that was there cannot be opened or looked at. Only that its name leads nowhere makes it another; whatever
  /// else is wrong may pass, and what has been sent of it is good then.
  init(ofKnownSource error: SystemError) {
    switch error.code {
    case ENOENT, ENOTDIR: self.init(.sourceChanged, "\(error.path) has vanished")
    // Says nothing about this source: other uploads end and give descriptors back.
    case EMFILE, ENFILE: self.init(.transient, error.description)
    default: self.init(.sourceUnreadable, error.description)
    }
  }
}
