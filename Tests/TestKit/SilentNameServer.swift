internal import Foundation
package import Testing

/// A name server on this machine that takes every question and answers none, and a place to start programs in
/// where no other is asked: whoever resolves a name there waits for minutes.
package final class SilentNameServer {
  private let descriptor: Int32
  private let configuration: TemporaryDirectory

  /// Why a test cannot be run here.
  package static let needs: Comment = "needs the right to mount and to listen on port 53"

  package static let canListen: Bool = {
    guard let server = try? SilentNameServer(), let directory = try? TemporaryDirectory(),
      let shell = try? Child(
        server.place[0], server.place.dropFirst() + ["/bin/true"], environment: [:],
        directory: directory.path)
    else { return false }
    return (try? shell.wait().code) == 0
  }()

  package init() throws {
    // One of millions, for tests that run at the same time.
    let address = "127.\((1...254).map(String.init).shuffled().prefix(3).joined(separator: "."))"
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    configuration = try TemporaryDirectory()
    try configuration.write(
      "resolv.conf", Array("nameserver \(address)\noptions timeout:30 attempts:5\n".utf8))
    var place = Socket.loopback(53)
    place.sin_addr.s_addr = inet_addr(address)
    let status = withUnsafePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Problem("no name server: errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// The command under which a program asks this server.
  package var place: [String] {
    let mount = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""
    return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount, configuration("resolv.conf")]
  }

  /// Waits until somebody has asked, and so waits for an answer.
  package func waitForQuestion() throws {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard Glibc.poll(&poll, 1, 60_000) > 0 else { throw Problem("nobody asks for a name") }
  }
}
