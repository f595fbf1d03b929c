internal import Checksum
internal import Platform

/// The body of the request that a transfer sends: in memory, or read from its file as it goes. Never
/// more than its length, and never fewer bytes without an error. What the file's system has at hand is
/// read by the loop itself; what may take a while by others, so that it holds up no other transfer.
struct UploadBody: ~Copyable {
  private(set) var length = 0
  /// Of the bytes handed over so far, when it is wanted.
  private(set) var checksum = CRC64()
  private let readers: SourceReaders
  private let wake: @Sendable () -> Void
  private var body = HTTPRequest.Body.none
  private var wantsChecksum = false
  private var position = 0
  /// Since something was not at hand, the rest of the body comes this way.
  private var ahead: ReadAhead?
  /// What it has given last, and how much of it has been handed over.
  private var block: ReadAhead.Block?
  private var used = 0

  /// `wake` is called, on any thread, when a body goes on that had nothing to send.
  init(_ readers: SourceReaders, wake: @escaping @Sendable () -> Void) {
    self.readers = readers
    self.wake = wake
  }

  var isStreamed: Bool { !Self.isWhole(body) }

  /// The body leaves in one piece.
  static func isWhole(_ body: HTTPRequest.Body) -> Bool {
    if case .file = body { false } else { true }
  }

  /// Bytes of a streamed body that have not been read yet.
  var remaining: Int { length - position }

  /// All bytes of a body that is not streamed; good until `end`.
  var wholeBody: UnsafeRawPointer {
    if case .bytes(let bytes) = body { stableAddress(bytes) } else { stableAddress([]) }
  }

  /// The file that is read.
  var path: String? {
    if case .file(let file, _, _) = body { file.path } else { nil }
  }

  mutating func begin(_ body: HTTPRequest.Body, wantsChecksum: Bool) throws(StopReason) {
    guard body.length >= 0 else { throw StopReason(.internal("negative body length")) }
    self.body = body
    self.wantsChecksum = wantsChecksum
    length = body.length
    position = 0
    checksum = CRC64()
    guard !isStreamed, length > 0, wantsChecksum else { return }
    checksum.update(UnsafeRawBufferPointer(start: wholeBody, count: length))
  }

  /// Lets go of the request's bytes or file.
  mutating func end() {
    stopReadingAhead()
    body = .none
  }

  /// The body is sent from its beginning.
  mutating func rewind() {
    guard isStreamed else { return }
    stopReadingAhead()
    position = 0
    checksum = CRC64()
  }

  /// Puts the next bytes of a streamed body into `room`: some, or none at its end; nil when there is
  /// nothing yet.
  mutating func read(into room: UnsafeMutableRawBufferPointer) throws(StopReason) -> Int? {
    guard case .file(let file, let offset, _) = body else { return 0 }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, remaining)])
    guard !bytes.isEmpty else { return 0 }
    guard let count = try read(file, at: offset + position, into: bytes) else { return nil }
    if wantsChecksum {
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
    position += count
    return count
  }

  private mutating func read(
    _ file: SourceFile, at offset: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(StopReason) -> Int? {
    guard let device = file.waitsFor else {
      try file.read(into: room, at: offset)
      return room.count
    }
    if let ahead { return try take(from: ahead, into: room) }
    let count = try file.readCached(into: room, at: offset)
    if count > 0 { return count }
    let ahead = ReadAhead(
      file, from: offset, to: offset + remaining, fileSystem: readers.fileSystem(device), wake: wake
    )
    self.ahead = ahead
    return try take(from: ahead, into: room)
  }

  private mutating func take(
    from ahead: ReadAhead, into room: UnsafeMutableRawBufferPointer
  ) throws(StopReason) -> Int? {
    if block == nil || used == block?.count {
      let last = block
      block = nil
      used = 0
      block = try ahead.next(after: last)
    }
    guard let block else { return nil }
    let count = min(room.count, block.count - used)
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: block.room[used..<(used + count)]))
    used += count
    return count
  }

  private mutating func stopReadingAhead() {
    ahead?.cancel()
    ahead = nil
    block = nil
  }
}

/// The address of an array's bytes, good for as long as somebody keeps that array unchanged: an
/// array's elements are in one heap block that moves only on mutation, and mutating a shared array
/// makes a new block. The transfer keeps the request, and so its arrays, until libcurl is done; a
/// copy of every body would be the alternative.
func stableAddress(_ bytes: [UInt8]) -> UnsafeRawPointer {
  let nothing: StaticString = ""
  return bytes.withUnsafeBytes { $0.baseAddress } ?? UnsafeRawPointer(nothing.utf8Start)
}
