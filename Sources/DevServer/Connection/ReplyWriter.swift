internal import NIOCore
internal import NIOHTTP1
internal import Platform

/// Puts replies on the wire. Heads are written by hand rather than by an encoder, because faults need
/// replies that no encoder would make.
struct ReplyWriter {
  private static let chunkBytes = 512 << 10
  let context: ChannelHandlerContext

  /// The bytes of the reply's head, and of its body unless that is a file.
  /// `misstatedBy`: by so many bytes Content-Length is too large.
  func start(
    _ reply: Reply, _ exchange: Exchange, closes: Bool, misstatedBy misstated: Int = 0
  ) -> ByteBuffer {
    let phrase = HTTPResponseStatus(statusCode: reply.status).reasonPhrase
    let time = exchange.request?.time ?? WallClock.seconds
    var head = "HTTP/1.1 \(reply.status) \(phrase)\r\n"
    var headers: [(name: String, value: String)] = [
      ("Server", "AliyunOSS"), ("Date", Timestamps.rfc1123(time)),
      ("x-oss-request-id", exchange.identifier), ("x-oss-server-time", "1"),
    ]
    if reply.status != 204 {
      headers.append(("Content-Length", String(max(0, reply.length + misstated))))
    }
    headers.append(("Connection", closes ? "close" : "keep-alive"))
    for (name, value) in headers + reply.headers { head += "\(name): \(value)\r\n" }
    var buffer = context.channel.allocator.buffer(capacity: head.utf8.count + 256)
    buffer.writeString(head)
    buffer.writeString("\r\n")
    if case .bytes(let bytes) = reply.body { buffer.writeBytes(bytes) }
    return buffer
  }

  func write(_ buffer: ByteBuffer) -> EventLoopFuture<Void> {
    context.writeAndFlush(NIOAny(buffer))
  }

  /// Writes bytes of a file chunk by chunk, each when the one before is gone; then `completion`,
  /// with false when the rest could not be sent.
  func write(_ file: OpenFile, _ range: Range<Int>, _ completion: @escaping (Bool) -> Void) {
    guard !range.isEmpty else { return completion(true) }
    guard let chunk = read(file, range.prefix(ReplyWriter.chunkBytes)) else {
      return completion(false)
    }
    let rest = range.dropFirst(chunk.readableBytes)
    write(chunk).assumeIsolated().whenComplete { result in
      guard case .success = result else { return completion(false) }
      write(file, rest, completion)
    }
  }

  /// nil when the file cannot be read or is shorter than it was.
  private func read(_ file: OpenFile, _ range: Range<Int>) -> ByteBuffer? {
    var buffer = context.channel.allocator.buffer(capacity: range.count)
    do throws(SystemError) {
      try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) {
        space throws(SystemError) in
        try file.descriptor.read(
          into: UnsafeMutableRawBufferPointer(rebasing: space[..<range.count]),
          at: range.lowerBound)
      }
    } catch {
      return nil
    }
    return buffer.readableBytes > 0 ? buffer : nil
  }
}
