/// One HTTP/1.1 request, whole: the transport adds `Host`, `User-Agent` and `Content-Length`, and
/// no header beside those.
package struct HTTPRequest: Sendable {
  package enum Method: Sendable, Equatable {
    case get, put, post, delete, head
  }

  package enum Body: Sendable {
    /// PUT and POST say `Content-Length: 0`, the others nothing.
    case none
    /// Leaves together with the headers when it is small. GET and HEAD carry no body.
    case bytes([UInt8])
    /// `length` bytes of the file, which must be there: a file that ends earlier fails the request.
    case file(SourceFile, offset: Int, length: Int)

    package var length: Int {
      switch self {
      case .none: 0
      case .bytes(let bytes): bytes.count
      case .file(_, _, let length): length
      }
    }
  }

  /// Comes back with the completion; the transport gives it no meaning.
  package var token: UInt64
  package var method: Method
  /// Percent-encoded, NUL-terminated; its path goes out as it stands, dots and all.
  package var url: [UInt8]
  /// Lines `Name: value`, each NUL-terminated. `Name;` sends the header with an empty value.
  package var headerLines: [UInt8]
  package var body = Body.none
  /// Index into the transport's `profiles`.
  package var profile = 0
  /// Compute the CRC64 of the body while it is sent.
  package var wantsChecksum = false
  /// What the server may need before it replies, beyond the usual.
  package var thinkingTime = Duration.zero
  /// A reply with a larger body fails the request.
  package var maximumReplyBytes = 4 << 20

  package init(token: UInt64, method: Method, url: [UInt8], headerLines: [UInt8] = []) {
    self.token = token
    self.method = method
    self.url = url
    self.headerLines = headerLines
  }
}
