internal import Checksum
internal import Platform

/// The body of the request that a transfer sends: in memory, or read from its file as it goes. Never
/// more than its length, and never fewer bytes without an error.
struct UploadBody: ~Copyable {
  /// File ranges below this are read at once and leave with the headers; libcurl sends no larger
  /// body that way.
  private static let wholeLimit = 64 << 10

  private(set) var length = 0
  /// Of the bytes handed over so far, when it is wanted.
  private(set) var checksum = CRC64()
  private var body = HTTPRequest.Body.none
  private var wantsChecksum = false
  private var position = 0
  /// Holds small file ranges; allocated by the first of them.
  private var buffer: UnsafeMutableRawPointer?

  deinit { buffer?.deallocate() }

  var isStreamed: Bool { !Self.isWhole(body) }

  /// The body leaves in one piece.
  static func isWhole(_ body: HTTPRequest.Body) -> Bool {
    if case .file(_, _, let length) = body { length < wholeLimit } else { true }
  }

  /// Bytes of a streamed body that have not been read yet.
  var remaining: Int { length - position }

  /// All bytes of a body that is not streamed; good until `end`.
  var wholeBody: UnsafeRawPointer {
    switch body {
    case .none: stableAddress([])
    case .bytes(let bytes): stableAddress(bytes)
    case .file: buffer.map { UnsafeRawPointer($0) } ?? stableAddress([])
    }
  }

  mutating func begin(_ body: HTTPRequest.Body, wantsChecksum: Bool) throws(StopReason) {
    guard body.length >= 0 else { throw StopReason(.internal("negative body length")) }
    self.body = body
    self.wantsChecksum = wantsChecksum
    length = body.length
    position = 0
    checksum = CRC64()
    guard !isStreamed, length > 0 else { return }
    if case .file(let file, let offset, _) = body { try readWhole(file, offset) }
    if wantsChecksum { checksum.update(UnsafeRawBufferPointer(start: wholeBody, count: length)) }
  }

  /// Lets go of the request's bytes or file.
  mutating func end() { body = .none }

  /// The body is sent from its beginning.
  mutating func rewind() {
    guard isStreamed else { return }
    position = 0
    checksum = CRC64()
  }

  /// Fills `room` with the next bytes of a streamed body; 0 at its end.
  mutating func read(into room: UnsafeMutableRawBufferPointer) throws(StopReason) -> Int {
    guard case .file(let file, let offset, _) = body else { return 0 }
    let count = min(room.count, length - position)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
    try fill(bytes, file, at: offset + position)
    if wantsChecksum { checksum.update(UnsafeRawBufferPointer(bytes)) }
    position += count
    return count
  }

  private mutating func readWhole(_ file: SourceFile, _ offset: Int) throws(StopReason) {
    let start = buffer ?? .allocate(byteCount: Self.wholeLimit, alignment: 16)
    buffer = start
    try fill(UnsafeMutableRawBufferPointer(start: start, count: length), file, at: offset)
  }

  private func fill(
    _ bytes: UnsafeMutableRawBufferPointer, _ file: SourceFile, at offset: Int
  ) throws(StopReason) {
    let count: Int
    do throws(SystemError) {
      count = try file.descriptor.read(into: bytes, at: offset, path: file.path)
    } catch {
      throw StopReason(.sourceReadFailed(code: error.code), error.description)
    }
    guard count == bytes.count else {
      throw StopReason(
        .sourceTooShort,
        "\(file.path) ends at byte \(offset + count), before byte \(offset + bytes.count) that is "
          + "to be sent: it became shorter")
    }
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
