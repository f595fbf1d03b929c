internal import Foundation

/// A connected stream socket with blocking calls; a peer that is silent for long is a failure.
package final class Socket {
  package let descriptor: Int32

  package init(owning descriptor: Int32) {
    self.descriptor = descriptor
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  package convenience init(connectingTo port: Int) throws {
    self.init(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = Socket.loopback(port)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, size)
      }
    }
    guard status == 0 else { throw Problem("port \(port) cannot be reached: errno \(errno)") }
  }

  deinit { close(descriptor) }

  static func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }

  package func send(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // The tests were stopped for a while.
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Problem("nothing more can be sent: errno \(errno)") }
      rest = rest.dropFirst(count)
    }
  }

  /// What has come; empty at the end.
  package func receive() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = recv(descriptor, &buffer, buffer.count, 0)
    while count < 0, errno == EINTR { count = recv(descriptor, &buffer, buffer.count, 0) }
    guard count >= 0 else { throw Problem("nothing can be received: errno \(errno)") }
    return Array(buffer.prefix(count))
  }
}
