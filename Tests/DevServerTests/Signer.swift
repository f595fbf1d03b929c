import CLibCrypto
import Foundation

/// What a client signs with.
struct Signer {
  enum Version: CaseIterable { case v1, v4 }

  var identifier = "test-id"
  var secret = "test-secret"
  var token: String?
  var region = "cn-hangzhou"
  var version = Version.v4
  var date = Date()

  /// The headers that make a request a signed one.
  func headers(for request: TestRequest) -> [(String, String)] {
    var headers = request.headers
    if let token { headers.append(("x-oss-security-token", token)) }
    switch version {
    case .v1: return headers + version1(request, headers)
    case .v4: return headers + version4(request, headers)
    }
  }

  private func version1(
    _ request: TestRequest, _ headers: [(String, String)]
  ) -> [(String, String)] {
    let date = format("EEE, dd MMM yyyy HH:mm:ss 'GMT'")
    func value(_ name: String) -> String {
      headers.first { $0.0.lowercased() == name }?.1 ?? ""
    }
    let canonical = headers.map { ($0.0.lowercased(), $0.1) }.filter { $0.0.hasPrefix("x-oss-") }
      .sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)\n" }.joined()
    let signed = request.query.filter { ["uploads", "uploadId", "partNumber"].contains($0.0) }
      .sorted { $0.0 < $1.0 }.map { $0.1.isEmpty ? $0.0 : "\($0.0)=\($0.1)" }
    let resource =
      "/\(request.bucket)/\(request.key)"
      + (signed.isEmpty ? "" : "?" + signed.joined(separator: "&"))
    let text =
      [request.method, value("content-md5"), value("content-type"), date]
      .joined(separator: "\n") + "\n" + canonical + resource
    let code = hmac(EVP_sha1(), Array(secret.utf8), text)
    return [
      ("Date", date), ("Authorization", "OSS \(identifier):\(Data(code).base64EncodedString())"),
    ]
  }

  private func version4(
    _ request: TestRequest, _ headers: [(String, String)]
  ) -> [(String, String)] {
    let time = format("yyyyMMdd'T'HHmmss'Z'")
    let added = [("x-oss-date", time), ("x-oss-content-sha256", "UNSIGNED-PAYLOAD")]
    let canonical = (headers + added).map { ($0.0.lowercased(), $0.1) }
      .filter { $0.0.hasPrefix("x-oss-") || ["content-type", "content-md5"].contains($0.0) }
      .sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)\n" }.joined()
    let query = request.query.map { (percentEncoded($0.0), percentEncoded($0.1)) }
      .sorted { $0.0 < $1.0 }.map { $0.1.isEmpty ? $0.0 : "\($0.0)=\($0.1)" }
    let path = "/\(request.bucket)/\(percentEncoded(request.key, keeping: "/"))"
    let canonicalRequest = [
      request.method, path, query.joined(separator: "&"), canonical, "", "UNSIGNED-PAYLOAD",
    ].joined(separator: "\n")
    let scope = [String(time.prefix(8)), region, "oss", "aliyun_v4_request"]
    var digest = [UInt8](repeating: 0, count: 32)
    SHA256(canonicalRequest, canonicalRequest.utf8.count, &digest)
    let text = ["OSS4-HMAC-SHA256", time, scope.joined(separator: "/"), hexadecimal(digest)]
      .joined(separator: "\n")
    let key = scope.reduce(Array("aliyun_v4\(secret)".utf8)) { hmac(EVP_sha256(), $0, $1) }
    let credential = "\(identifier)/\(scope.joined(separator: "/"))"
    let code = hexadecimal(hmac(EVP_sha256(), key, text))
    return added + [
      ("Authorization", "OSS4-HMAC-SHA256 Credential=\(credential),Signature=\(code)")
    ]
  }

  private func format(_ pattern: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = pattern
    return formatter.string(from: date)
  }
}

private func hmac(_ algorithm: OpaquePointer?, _ key: [UInt8], _ text: String) -> [UInt8] {
  var code = [UInt8](repeating: 0, count: 64)
  var length: UInt32 = 0
  HMAC(algorithm, key, Int32(key.count), text, text.utf8.count, &code, &length)
  return Array(code[..<Int(length)])
}

func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { String(format: "%02x", $0) }.joined()
}

func percentEncoded(_ text: String, keeping extra: String = "") -> String {
  let kept = CharacterSet(
    charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~" + extra)
  return text.addingPercentEncoding(withAllowedCharacters: kept) ?? text
}
