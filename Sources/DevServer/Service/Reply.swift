internal import Digests

/// An answer before it is put on the wire.
struct Reply: Sendable {
  enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// `length` bytes of a file from `offset`.
    case file(OpenFile, offset: Int, length: Int)
    /// The reply to HEAD: it announces a length and has no body.
    case announced(Int)
  }

  var status: Int
  var headers: [(name: String, value: String)]
  var body: Body

  init(_ status: Int, _ headers: [(name: String, value: String)] = [], _ body: Body = .none) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  static func xml(_ document: String, _ headers: [(name: String, value: String)] = []) -> Reply {
    Reply(200, [("Content-Type", "application/xml")] + headers, .bytes(Array(document.utf8)))
  }

  static func text(_ text: String, status: Int = 200, type: String = "text/plain") -> Reply {
    Reply(status, [("Content-Type", type)], .bytes(Array(text.utf8)))
  }

  /// The refusal of `request`; to HEAD the document goes into a header (OSS API reference, "HeadObject").
  init(_ error: ServiceError, to request: Request) {
    self.init(
      error, method: request.method, identifier: request.identifier, host: request.host)
  }

  init(_ error: ServiceError, method: String, identifier: String, host: String) {
    let document = Array(error.document(requestID: identifier, host: host).utf8)
    self.init(error.status, [("Content-Type", "application/xml")], .bytes(document))
    if let errorCode = error.errorCode { headers.append(("x-oss-ec", errorCode)) }
    guard method == "HEAD" else { return }
    headers.append(("x-oss-err", Base64.encode(document)))
    body = .announced(0)
  }

  /// The number that the Content-Length header states.
  var length: Int {
    switch body {
    case .none: 0
    case .bytes(let bytes): bytes.count
    case .file(_, _, let length): length
    case .announced(let length): length
    }
  }
}
