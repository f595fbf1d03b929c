/// What the sink needs of a request's head (RFC 9112 §3, §5), and which operation it asks for.
struct RequestHead {
  enum Operation {
    case putObject
    case initiate
    case part(upload: String, number: Int)
    case complete(upload: String)
    case abort(upload: String)
    case statistics, reset
    /// Anything a client looks at before it uploads: of a bucket.
    case look
    case objectIsMissing
  }

  let operation: Operation
  let contentLength: Int
  /// Bytes of the object: fewer than the body has where chunks are signed (S3's aws-chunked).
  let payloadLength: Int
  let expectsContinue: Bool
  /// The client wants no more answers on this connection.
  let closes: Bool
  let isHead: Bool

  /// nil: not HTTP, or a body whose length is not told.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: true).makeIterator()
    guard let words = lines.next()?.split(separator: " "), words.count == 3 else { return nil }
    var length: Int? = 0
    var payload: Int?
    var expects = false
    var closes = false
    while let line = lines.next() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      switch line[..<colon].lowercased() {
      case "content-length": length = Int(value)
      case "x-amz-decoded-content-length": payload = Int(value)
      case "transfer-encoding": length = nil
      case "expect": expects = true
      case "connection": closes = value.lowercased() == "close"
      default: break
      }
    }
    guard let length, length >= 0 else { return nil }
    contentLength = length
    payloadLength = payload ?? length
    expectsContinue = expects
    self.closes = closes
    isHead = words[0] == "HEAD"
    operation = Self.operation(words[0], words[1])
  }

  private static func operation(_ method: Substring, _ target: Substring) -> Operation {
    let halves = target.split(separator: "?", maxSplits: 1)
    let path = halves.first ?? ""
    if path == "/__stats" { return .statistics }
    if path == "/__reset" { return .reset }
    var names: Set<Substring> = []
    var upload: String?
    var number: Int?
    for pair in halves.dropFirst().joined().split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1)
      names.insert(Substring(sides[0]))
      if sides[0] == "uploadId" { upload = sides.dropFirst().joined() }
      if sides[0] == "partNumber" { number = Int(sides.dropFirst().joined()) }
    }
    switch (method, upload) {
    case ("PUT", let upload?): return .part(upload: upload, number: number ?? 0)
    case ("POST", let upload?): return .complete(upload: upload)
    case ("DELETE", let upload?): return .abort(upload: upload)
    case ("POST", nil) where names.contains("uploads"): return .initiate
    case ("PUT", nil): return .putObject
    default:
      let isObject = path.split(separator: "/").count > 1
      return isObject ? .objectIsMissing : .look
    }
  }
}
