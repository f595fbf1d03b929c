internal import Foundation

/// Answers every request with a page: by default always the same one, as what is there when an endpoint
/// is not a service's.
package final class PageServer: Sendable {
  package typealias Page = (status: Int, text: String)

  package static let welcome: Page = (200, "<!DOCTYPE html><html><body>Welcome</body></html>")

  package let port: Int
  private let listener: Int32

  /// `page` gets the request's head.
  package init(_ page: @escaping @Sendable (String) -> Page = { _ in PageServer.welcome }) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = Socket.loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) + listen(descriptor, 64) + getsockname(descriptor, $0, &size)
      }
    }
    guard status == 0 else { throw Problem("no port to listen on: errno \(errno)") }
    port = Int(in_port_t(bigEndian: address.sin_port))
    Thread.detachNewThread {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        try? PageServer.answer(Socket(owning: connection), page)
      }
    }
  }

  /// Wakes the accepting thread, which then ends.
  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private static func answer(_ socket: Socket, _ page: (String) -> Page) throws {
    var request: [UInt8] = []
    while request.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
      let more = try socket.receive()
      guard !more.isEmpty else { return }
      request += more
    }
    let (status, text) = page(String(decoding: request, as: UTF8.self))
    try socket.send(
      "HTTP/1.1 \(status) As asked\r\nContent-Type: text/html\r\nConnection: close\r\n"
        + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    shutdown(socket.descriptor, Int32(SHUT_WR))
    while try !socket.receive().isEmpty {}
  }
}

/// A port of the loopback on which nobody listens.
package func closedPort() throws -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  defer { close(descriptor) }
  var address = Socket.loopback(0)
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, size) + getsockname(descriptor, $0, &size)
    }
  }
  guard status == 0 else { throw Problem("no port to be had: errno \(errno)") }
  return Int(in_port_t(bigEndian: address.sin_port))
}
