import Foundation

/// A reply as it came over the wire.
struct Response: Sendable {
  var status: Int
  /// Names in lower case.
  var headers: [String: String]
  var body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The text of the first element of this name.
  func element(_ name: String) -> String? { elements(name).first }

  func elements(_ name: String) -> [String] {
    text.components(separatedBy: "<\(name)>").dropFirst().compactMap {
      $0.components(separatedBy: "</\(name)>").first
    }
  }

  var code: String? { element("Code") }
}

/// How a connection ended instead of with a reply.
enum Broken: Error, Equatable {
  /// The peer reset it.
  case reset
  /// It ended before the reply was whole.
  case ended(received: [UInt8])
  case system(Int32)
}

/// One connection over a plain socket, so that tests send exactly the bytes they mean.
final class Connection {
  private static let timeoutSeconds = 60
  private let socket: Int32
  private var received: [UInt8] = []

  init(port: Int) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw Broken.system(errno) }
    var patience = timeval(tv_sec: Connection.timeoutSeconds, tv_usec: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Broken.system(errno) }
  }

  deinit { close(socket) }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // A signal to the test's process is nothing to the connection.
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = rest.dropFirst(count)
    }
  }

  /// The next reply. To HEAD it has no body whatever its length says.
  func response(toHead: Bool = false) throws -> Response {
    let end = Array("\r\n\r\n".utf8)
    while received.firstRange(of: end) == nil { try receive() }
    guard let range = received.firstRange(of: end) else { throw Broken.ended(received: received) }
    let lines = String(decoding: received[..<range.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    received.removeFirst(range.upperBound)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let halves = line.components(separatedBy: ": ")
      headers[halves[0].lowercased()] = halves.dropFirst().joined(separator: ": ")
    }
    let words = lines[0].split(separator: " ")
    guard words.count > 1, let status = Int(words[1]) else {
      throw Broken.ended(received: Array(lines[0].utf8))
    }
    let length = toHead || status == 204 ? 0 : headers["content-length"].flatMap(Int.init) ?? 0
    while received.count < length { try receive() }
    let body = Array(received.prefix(length))
    received.removeFirst(length)
    return Response(status: status, headers: headers, body: body)
  }

  /// Whether nothing has come that was not asked for.
  var isSilent: Bool {
    var byte: UInt8 = 0
    return received.isEmpty && recv(socket, &byte, 1, Int32(MSG_DONTWAIT)) == -1
      && errno == EAGAIN
  }

  private func receive() throws {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &buffer, buffer.count, 0)
    if count < 0, errno == EINTR { return }
    guard count >= 0 else { throw failure() }
    guard count > 0 else { throw Broken.ended(received: received) }
    received += buffer[..<count]
  }

  private func failure() -> Broken {
    errno == ECONNRESET || errno == EPIPE ? .reset : .system(errno)
  }
}
