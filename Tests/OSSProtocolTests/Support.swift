import BatchCore
import Testing

@testable import OSSProtocol

/// 2023-12-16T16:20:57Z, the moment of the published vectors.
let signingTime: Int64 = 1_702_743_657

func testCredentials(token: String? = nil) throws -> Credentials {
  try Credentials(accessKeyID: "ak", accessKeySecret: "sk", securityToken: token)
}

func endpoint(
  _ host: String = "oss-cn-hangzhou.aliyuncs.com", bucket: String = "bucket",
  signature: Target.Signature = .v4, addressing: Target.Addressing = .auto
) throws -> Endpoint {
  var target = Target(bucket: bucket, endpoint: host, addressing: addressing, signature: signature)
  if host.contains("127.0.0.1") { target.region = "cn-hangzhou" }
  return try Endpoint(target) { _ in nil }
}

func settings(_ headers: [String: String] = [:], overwrite: ObjectSettings.Overwrite = .always)
  -> PreparedSettings
{
  var settings = ObjectSettings()
  settings.headers = headers.map { HeaderField($0.key, $0.value) }.sorted()
  settings.overwrite = overwrite
  return PreparedSettings(settings)
}

extension SignedRequest {
  var urlText: String { String(decoding: url.dropLast(), as: UTF8.self) }

  var lines: [String] {
    headerLines.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Header lines by name, the signature left out.
  func value(_ name: String) -> String? {
    lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  var names: Set<String> {
    Set(lines.map { String($0.prefix { !":;".contains($0) }) })
  }
}

func reply(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> RawReply {
  let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
  let head = "HTTP/1.1 \(status) Status\r\n\(lines.joined())\r\n"
  return RawReply(
    status: status, head: Array(head.utf8), body: Array(body.utf8), asked: 1_702_743_700,
    answered: 1_702_743_702)
}

func interpret(_ reply: RawReply, to operation: Operation = .putObject) throws -> Interpretation {
  var clock = ServiceClock()
  return ReplyInterpreter(try endpoint()).interpret(reply, to: operation, &clock)
}

func failure(_ reply: RawReply, to operation: Operation = .putObject) throws -> Failure {
  switch try interpret(reply, to: operation).outcome {
  case .success(let success):
    throw UnexpectedSuccess(reply: success)
  case .failure(let failure):
    return failure
  }
}

struct UnexpectedSuccess: Error { var reply: Reply }

/// One of each kind of operation.
let everyOperation: [BatchCore.Operation] = [
  .putObject, .initiateMultipartUpload, .uploadPart(uploadID: "U", number: 1, range: 0..<5),
  .listParts(uploadID: "U", marker: 0),
  .completeMultipartUpload(uploadID: "U", parts: [CompletedPart(number: 1, etag: "\"A\"")]),
  .abortMultipartUpload(uploadID: "U"), .headObject, .listMultipartUploads(marker: nil),
]
