internal import Checksum
internal import Glibc

/// One connection: heads are collected, bodies dropped as they come.
final class Connection {
  enum Progress {
    /// Nothing more has come.
    case waits
    case closed
  }

  private static let longestHead = 64 << 10

  private let descriptor: CInt
  private let answers: Answers
  private var collected: [UInt8] = []
  private var current: RequestHead?
  private var body = Ledger.Body()
  private var left = 0
  private var lowWater: CInt = 1

  init(_ descriptor: CInt, _ answers: Answers) {
    self.descriptor = descriptor
    self.answers = answers
  }

  deinit { close(descriptor) }

  /// Takes some of what has come; `scratch` is the loop's own memory.
  func proceed(_ scratch: UnsafeMutableRawBufferPointer) -> Progress {
    let count = left > 0 && !answers.tellsChecksums ? discard(scratch) : receive(scratch)
    if count > 0 { return .waits }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .waits : .closed
  }

  /// A body that nobody looks at is dropped inside the kernel (tcp(7), MSG_TRUNC).
  private func discard(_ scratch: UnsafeMutableRawBufferPointer) -> Int {
    let count = recv(descriptor, scratch.baseAddress, min(left, 16 << 20), Int32(MSG_TRUNC))
    if count > 0 {
      left -= count
      wakeUpFor(bytes: left)
      if left == 0 { finish() }
    }
    return count
  }

  private func receive(_ scratch: UnsafeMutableRawBufferPointer) -> Int {
    let count = recv(descriptor, scratch.baseAddress, scratch.count, 0)
    if count > 0, !take(UnsafeRawBufferPointer(rebasing: scratch[..<count])) { return 0 }
    return count
  }

  /// false: what came cannot be understood.
  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      if left > 0 {
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(left))
        if answers.tellsChecksums { body.crc64.update(part) }
        body.bytes += part.count
        left -= part.count
        wakeUpFor(bytes: left)
        rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
        if left == 0 { finish() }
        continue
      }
      guard let taken = takeHead(rest) else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
    }
    return true
  }

  /// How many of the bytes belong to the head that is being collected; nil: it is no head.
  private func takeHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let before = collected.count
    collected.append(contentsOf: bytes)
    guard let end = headEnd(from: max(0, before - 3)) else {
      return collected.count < Self.longestHead ? bytes.count : nil
    }
    guard let head = collected.withUnsafeBytes({ RequestHead(.init(rebasing: $0[..<end])) }) else {
      return nil
    }
    collected.removeAll(keepingCapacity: true)
    current = head
    body = Ledger.Body()
    left = head.contentLength
    wakeUpFor(bytes: left)
    if left == 0 {
      finish()
    } else if head.expectsContinue {
      send("HTTP/1.1 100 Continue\r\n\r\n")
    }
    return end - before
  }

  private func headEnd(from start: Int) -> Int? {
    let end: [UInt8] = [13, 10, 13, 10]
    guard collected.count >= 4 else { return nil }
    for index in start...(collected.count - 4)
    where collected[index] == 13 && collected[index..<(index + 4)].elementsEqual(end) {
      return index + 4
    }
    return nil
  }

  private func finish() {
    guard let head = current else { return }
    current = nil
    send(answers.answer(head, body))
    if head.closes { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// Of a large body much is taken at once: each wake-up costs the client's processor, too.
  private func wakeUpFor(bytes: Int) {
    var least = CInt(max(1, min(bytes, 256 << 10)))
    guard least != lowWater else { return }
    lowWater = least
    setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &least, socklen_t(MemoryLayout<CInt>.size))
  }

  /// Answers are short: what the socket does not take at once is a client that reads nothing, and
  /// its connection will be closed.
  private func send(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      if Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        != bytes.count
      {
        shutdown(descriptor, Int32(SHUT_RDWR))
      }
    }
  }
}
