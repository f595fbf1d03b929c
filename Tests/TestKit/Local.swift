internal import Foundation

// What the programs of this package that listen have in common.

/// The port from the line that says that a program is ready.
func listeningPort(_ output: Int32) throws -> Int {
  var line: [UInt8] = []
  while line.last != UInt8(ascii: "\n") {
    var byte: UInt8 = 0
    guard Glibc.read(output, &byte, 1) == 1 else {
      throw Problem("the server ended before it was ready")
    }
    line.append(byte)
  }
  let prefix = "listening on http://127.0.0.1:"
  let text = String(decoding: line.dropLast(), as: UTF8.self)
  guard text.hasPrefix(prefix), let port = Int(text.dropFirst(prefix.count)) else {
    throw Problem("the server said \(text)")
  }
  return port
}

/// One request on a connection of its own; the body of the answer.
func exchange(
  _ method: String, _ path: String, _ body: String = "", port: Int
) throws -> String {
  let socket = try Socket(connectingTo: port)
  try socket.send(
    "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  var reply: [UInt8] = []
  while true {
    let more = try socket.receive()
    if more.isEmpty { break }
    reply += more
  }
  guard let head = reply.firstRange(of: Array("\r\n\r\n".utf8)) else {
    throw Problem("the server's control gave no answer")
  }
  return String(decoding: reply[head.upperBound...], as: UTF8.self)
}
