internal import Glibc
internal import Platform

/// A listening socket, and the threads that serve whoever connects.
final class SinkServer {
  private let options: SinkOptions
  private let listener: FileDescriptor
  private let answers: Answers

  /// On 127.0.0.1 only.
  init(_ options: SinkOptions) throws(SystemError) {
    self.options = options
    answers = Answers(ledger: Ledger(), tellsChecksums: options.readsBodies)
    listener = try Self.listen(port: options.port)
  }

  private static func listen(port: UInt16) throws(SystemError) -> FileDescriptor {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    guard raw >= 0 else { throw SystemError("open a socket") }
    let listener = FileDescriptor(owning: raw)
    var yes: CInt = 1
    setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    var address = loopback(port: port)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0, Glibc.listen(raw, 4096) == 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0 else {
      throw SystemError("listen on", "127.0.0.1:\(port)")
    }
    return listener
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  /// The port that clients reach it on.
  var port: UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(listener.raw, $0, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Serves until the process is ended.
  func serve() -> Never {
    for number in 1..<max(1, options.threads) {
      _ = Thread("sink \(number)") { [raw = listener.raw, answers] in
        var loop = EventLoop(raw, answers)
        loop.run()
      }
    }
    var loop = EventLoop(listener.raw, answers)
    loop.run()
  }
}
