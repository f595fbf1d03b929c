import CurlTransport
import Glibc
import Platform
import Testing

/// A test that hangs ends; under a sanitizer tests wait long for each other.
let timeLimit: TimeLimitTrait.Duration = .minutes(getenv("OSBATCH_SANITIZER") == nil ? 5 : 60)

/// A transport with the inbox that its completions go to.
final class Client: Sendable {
  let completions = Inbox<HTTPCompletion>()
  let transport: HTTPTransport

  /// The transport honours proxies from the environment; tests talk to this machine only. Once,
  /// before the first transport has threads that read the environment.
  private static let withoutProxy: Void = {
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
      unsetenv(name)
    }
  }()

  init(
    connections: Int = 4, profiles: [ConnectionProfile] = [ConnectionProfile()],
    adjust: (inout TransportSettings) -> Void = { _ in }
  ) throws {
    _ = Self.withoutProxy
    var settings = TransportSettings(connections: connections, userAgent: "test-agent/1")
    adjust(&settings)
    transport = try HTTPTransport(settings, profiles: profiles) { [completions] batch in
      completions.post(draining: &batch)
    }
  }

  /// Submits all requests at once; their completions in the order of the tokens.
  func perform(_ requests: [HTTPRequest]) throws -> [HTTPCompletion] {
    submit(requests)
    return try collect(requests.count)
  }

  func perform(_ request: HTTPRequest) throws -> HTTPCompletion {
    try #require(try perform([request]).first)
  }

  func submit(_ requests: [HTTPRequest]) {
    var requests = requests
    transport.submit(&requests)
  }

  /// Waits for `count` completions.
  func collect(_ count: Int) throws -> [HTTPCompletion] {
    var all: [HTTPCompletion] = []
    var batch: [HTTPCompletion] = []
    while all.count < count {
      completions.wait(
        into: &batch, until: Instant(nanoseconds: Instant.now.nanoseconds + 50_000_000_000))
      try #require(!batch.isEmpty, "only \(all.count) of \(count) requests ended")
      all += batch
      batch = []
    }
    return all.sorted { $0.token < $1.token }
  }
}

extension HTTPRequest {
  init(_ method: Method, _ url: String, _ headers: [String] = [], token: UInt64 = 0) {
    self.init(
      token: token, method: method, url: Array(url.utf8) + [0],
      headerLines: headers.flatMap { Array($0.utf8) + [0] })
  }

  init(_ method: Method, _ url: String, body: Body, token: UInt64 = 0) {
    self.init(method, url, token: token)
    self.body = body
    wantsChecksum = true
  }
}

extension HTTPCompletion {
  var reply: HTTPReply? { try? result.get() }
  var failure: TransportFailure? {
    if case .failure(let failure) = result { failure } else { nil }
  }
}

/// A file with these bytes that has no name any more.
func temporaryFile(_ bytes: [UInt8], in directory: String = "/tmp") throws -> SourceFile {
  let descriptor = try namelessFile("\(directory)/osbatch-test-XXXXXX")
  try bytes.withUnsafeBytes { try descriptor.write($0) }
  return SourceFile(owning: descriptor, path: "data.bin", waitsFor: 1)
}

/// The same behind a hole of `offset` bytes: in memory, since file systems on disks have smaller limits.
func sparseFile(_ bytes: [UInt8], at offset: Int) throws -> SourceFile {
  let descriptor = try namelessFile("/dev/shm/osbatch-test-XXXXXX")
  try #require(lseek(descriptor.raw, offset, SEEK_SET) == offset)
  try bytes.withUnsafeBytes { try descriptor.write($0) }
  return SourceFile(owning: descriptor, path: "data.bin", waitsFor: 1)
}

private func namelessFile(_ template: String) throws -> FileDescriptor {
  var template = Array(template.utf8CString)
  let raw = mkstemp(&template)
  try #require(raw >= 0)
  unlink(template)
  return FileDescriptor(owning: raw)
}

/// Bytes without a period that a shifted or repeated block could hide behind.
func variedBytes(_ count: Int) -> [UInt8] {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}
