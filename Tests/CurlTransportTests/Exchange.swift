import Glibc

/// One connection of the scripted server and the request that is on it now; used on its thread only.
final class Exchange {
  let connection: Int
  /// From 1 on every connection.
  private(set) var number = 0
  /// Request line and headers as they came, with the empty line.
  private(set) var head = ""
  private(set) var isOpen = true
  var onReply: () -> Void = {}
  /// The client still takes what is sent.
  private(set) var isWritable = true
  private let socket: CInt
  private var received: [UInt8] = []

  init(socket: CInt, connection: Int) {
    self.socket = socket
    self.connection = connection
  }

  var lines: [String] { head.split(separator: "\r\n").map(String.init) }
  var requestLine: String { lines.first ?? "" }
  /// The header lines without those that every request has.
  var givenLines: [String] {
    lines.dropFirst().filter { line in
      !["Host:", "User-Agent:", "Content-Length:"].contains { line.hasPrefix($0) }
    }
  }

  func header(_ name: String) -> String? {
    let prefix = name + ": "
    return lines.dropFirst().first { $0.hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count))
    }
  }

  func readHead() -> Bool {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let start = position(of: end) {
        head = String(decoding: received[..<(start + end.count)], as: UTF8.self)
        received.removeFirst(start + end.count)
        number += 1
        return true
      }
      guard receive() else { return false }
    }
  }

  private func position(of pattern: [UInt8]) -> Int? {
    guard received.count >= pattern.count else { return nil }
    return (0...(received.count - pattern.count)).first { start in
      received[start...].starts(with: pattern)
    }
  }

  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(socket, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }

  /// The body that `Content-Length` announces, or its first bytes; fewer when the client stops.
  func readBody(atMost limit: Int = .max) -> [UInt8] {
    let length = min(limit, header("Content-Length").flatMap(Int.init) ?? 0)
    while received.count < length, receive() {}
    let body = Array(received.prefix(length))
    received.removeFirst(body.count)
    return body
  }

  func reply(_ status: Int = 200, headers: [String] = [], body: [UInt8] = []) {
    let lines = ["HTTP/1.1 \(status) Status", "Content-Length: \(body.count)"] + headers
    noteReply()
    send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
  }

  /// From here on the request is not in flight: it must be noted before the client can know.
  func noteReply() {
    onReply()
    onReply = {}
  }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else {
        isWritable = false
        return
      }
      rest = rest.dropFirst(count)
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Ends the connection in the normal way.
  func close() {
    shutdown(socket, CInt(SHUT_RDWR))
    isOpen = false
  }

  /// Ends the connection with a TCP reset.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    isOpen = false
  }

  /// Waits until the client closes the connection.
  func waitForEnd() {
    while receive() { received = [] }
    isOpen = false
  }
}
