/// Gathers a reply as libcurl hands it over, within limits.
struct ReplyCollector {
  /// A head has a dozen short lines; more than this is a fault or an attack.
  private static let maximumHeadBytes = 256 << 10

  private(set) var head: [UInt8] = []
  private(set) var body: [UInt8] = []
  private var maximumBodyBytes = 0
  /// All that has come of head and body.
  var byteCount: Int { head.count + body.count }
  /// The empty line after the head has come; libcurl takes the end of the connection for it, too.
  private(set) var headIsComplete = false

  mutating func begin(maximumBodyBytes: Int) {
    self.maximumBodyBytes = maximumBodyBytes
    restart()
  }

  /// Lets go of the reply.
  mutating func end() { restart() }

  private mutating func restart() {
    head = []
    body = []
    headIsComplete = false
  }

  /// One line of a head, with its end. A status line after a complete head begins the next response
  /// (after an interim one); any other line then is a trailer, and dropped.
  mutating func receiveHead(_ line: UnsafeRawBufferPointer) throws(StopReason) {
    if headIsComplete {
      guard line.starts(with: "HTTP/".utf8) else { return }
      restart()
    }
    guard head.count + line.count <= Self.maximumHeadBytes else {
      throw StopReason(.replyTooLarge, "its head has more than \(Self.maximumHeadBytes) bytes")
    }
    if head.isEmpty { head.reserveCapacity(512) }
    head.append(contentsOf: line)
    headIsComplete = line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n")
  }

  mutating func receiveBody(_ bytes: UnsafeRawBufferPointer) throws(StopReason) {
    guard body.count + bytes.count <= maximumBodyBytes else {
      throw StopReason(.replyTooLarge, "its body has more than \(maximumBodyBytes) bytes")
    }
    body.append(contentsOf: bytes)
  }
}
