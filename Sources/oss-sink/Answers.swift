internal import Checksum

/// The answers of the sink: what clients of OSS and of S3 take for success.
struct Answers {
  let ledger: Ledger
  let tellsChecksums: Bool

  /// Not of an MD5's shape: some clients would compare it with theirs.
  private static let etag = "\"00000000000000000000000000000000-1\""

  func answer(_ head: RequestHead, _ body: Ledger.Body) -> String {
    var body = body
    body.bytes = head.payloadLength
    switch head.operation {
    case .putObject:
      ledger.put(body)
      return stored(body)
    case .part(let upload, let number):
      return ledger.part(upload, number, body) ? stored(body) : Self.noSuchUpload
    case .initiate:
      let id = ledger.initiate()
      return Self.document(
        "<InitiateMultipartUploadResult><UploadId>\(id)</UploadId></InitiateMultipartUploadResult>")
    case .complete(let upload):
      guard let whole = ledger.complete(upload) else { return Self.noSuchUpload }
      return Self.document(
        "<CompleteMultipartUploadResult><ETag>\(Self.etag)</ETag></CompleteMultipartUploadResult>",
        headers: checksum(whole))
    case .abort(let upload):
      ledger.abort(upload)
      return Self.response("204 No Content")
    case .statistics: return Self.document(ledger.sums.json, type: "application/json")
    case .reset:
      ledger.reset()
      return Self.document("{}", type: "application/json")
    case .look:
      return head.isHead ? Self.response("200 OK") : Self.document("<ListBucketResult/>")
    case .objectIsMissing:
      return head.isHead ? Self.response("404 Not Found") : Self.error("NoSuchKey")
    }
  }

  private func stored(_ body: Ledger.Body) -> String {
    Self.response("200 OK", headers: "ETag: \(Self.etag)\r\n" + checksum(body))
  }

  private func checksum(_ body: Ledger.Body) -> String {
    tellsChecksums ? "x-oss-hash-crc64ecma: \(body.crc64.decimal)\r\n" : ""
  }

  private static let noSuchUpload = error("NoSuchUpload")

  private static func error(_ code: String) -> String {
    let body = "<Error><Code>\(code)</Code><Message>\(code)</Message></Error>"
    return response("404 Not Found", headers: "Content-Type: application/xml\r\n", body: body)
  }

  private static func document(
    _ text: String, type: String = "application/xml", headers: String = ""
  ) -> String {
    response("200 OK", headers: "Content-Type: \(type)\r\n" + headers, body: text)
  }

  private static func response(_ status: String, headers: String = "", body: String = "") -> String
  {
    "HTTP/1.1 \(status)\r\nx-oss-request-id: 000000000000000000000000\r\n\(headers)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}
