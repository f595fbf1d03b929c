import BatchCore
import Checksum
import Testing

@testable import OSSProtocol

/// The table of "Request headers" in the OSS API reference, as seen on the wire.
@Suite struct PlacementTests {
  /// Operation names in the order of `everyOperation`.
  private static let names = [
    "put", "initiate", "part", "parts", "complete", "abort", "head", "uploads",
  ]

  private func carriers(
    of header: String, _ prepared: PreparedSettings
  ) throws -> Set<String> {
    let signer = RequestSigner(try endpoint())
    var result: Set<String> = []
    for (name, operation) in zip(Self.names, everyOperation) {
      let request = try signer.sign(
        ObjectRequest(operation, key: "k"), settings: prepared,
        credentials: try testCredentials(token: "token"), at: signingTime)
      if request.names.contains(header) { result.insert(name) }
    }
    return result
  }

  @Test(arguments: [
    ("cache-control", ["put", "initiate"]), ("content-disposition", ["put", "initiate"]),
    ("expires", ["put", "initiate"]), ("x-oss-meta-a", ["put", "initiate"]),
    ("x-oss-storage-class", ["put", "initiate"]), ("x-oss-tagging", ["put", "initiate"]),
    ("x-oss-server-side-encryption", ["put", "initiate"]),
    ("x-oss-server-side-encryption-key-id", ["put", "initiate"]),
    ("x-oss-server-side-data-encryption", ["put", "initiate"]),
    ("x-oss-persistent-headers", ["put", "initiate"]), ("x-oss-object-acl", ["put", "complete"]),
    ("x-oss-forbid-overwrite", ["put", "initiate", "complete"]),
    ("x-oss-callback", ["put", "complete"]), ("x-oss-callback-var", ["put", "complete"]),
    ("x-oss-traffic-limit", ["put", "part"]), ("x-oss-request-payer", names),
    ("x-oss-complete-all", []), ("host", []), ("content-length", []), ("transfer-encoding", []),
  ])
  func headersOfTheSettings(header: String, requests: [String]) throws {
    #expect(try carriers(of: header, settings([header: "v"])) == Set(requests))
  }

  @Test func headersOfTheRequestItself() throws {
    #expect(try carriers(of: "x-oss-security-token", settings()) == Set(Self.names))
    #expect(try carriers(of: "authorization", settings()) == Set(Self.names))
    #expect(
      try carriers(of: "x-oss-forbid-overwrite", settings(overwrite: .never))
        == ["put", "initiate", "complete"])
    #expect(try carriers(of: "content-type", settings()) == ["put", "initiate", "complete"])
    #expect(try carriers(of: "content-md5", settings()) == ["complete"])
  }

  @Test func noHeaderOfARequestComesTwice() throws {
    let prepared = settings(
      [
        "content-type": "a/b", "content-md5": "x", "x-oss-date": "x", "date": "x",
        "x-oss-security-token": "x", "x-oss-content-sha256": "x", "authorization": "x",
        "x-oss-forbid-overwrite": "false",
      ], overwrite: .never)
    for operation in everyOperation {
      let request = try RequestSigner(try endpoint()).sign(
        ObjectRequest(operation, key: "k", contentMD5: "m"), settings: prepared,
        credentials: try testCredentials(token: "t"), at: signingTime)
      #expect(request.lines.count == request.names.count)
      #expect(!request.lines.contains { $0.hasSuffix(": x") })
    }
  }

  @Test func contentTypeComesFromTheSettingElseTheFileElseTheKey() {
    let fixed = settings(["content-type": "a/b"])
    #expect(fixed.contentType(file: "x.gz", key: "y.txt") == "a/b")
    #expect(settings().contentType(file: "x.gz", key: "y.txt") == "application/gzip")
    #expect(settings().contentType(file: "dir.gz/x", key: "y.txt") == "text/plain")
    #expect(settings().contentType(file: "x", key: "y") == "application/octet-stream")
  }

  @Test(arguments: [
    ("a.JPG", "image/jpeg"), ("a.tar.gz", "application/gzip"), ("a.zst", "application/zstd"),
    ("a.parquet", "application/vnd.apache.parquet"), ("a.json", "application/json"),
    ("a.html", "text/html"), ("a.csv", "text/csv"), ("a.mp4", "video/mp4"),
    ("a.js", "text/javascript"),
    (".gz", "application/octet-stream"), ("a.", "application/octet-stream"),
    ("a.unheard", "application/octet-stream"), ("", "application/octet-stream"),
    ("a.png/", "application/octet-stream"), (".x.svg", "image/svg+xml"),
  ])
  func contentTypes(name: String, type: String) {
    #expect(ContentTypes.type(file: name, key: "") == type)
    #expect(ContentTypes.type(file: "nothing", key: name) == type)
  }

  @Test func everyExtensionOfTheTableHasItsType() {
    for line in contentTypeTable.split(separator: "\n") {
      let words = line.split(separator: " ")
      for word in words.dropFirst() {
        #expect(ContentTypes.type(file: "a.\(word)", key: "") == words[0])
        #expect(ContentTypes.type(file: "a.\(word.uppercased())", key: "") == words[0])
        #expect(ContentTypes.type(file: "a.\(word)\(word)~", key: "") == ContentTypes.fallback)
      }
    }
  }

  @Test func theTableNamesNoExtensionTwice() {
    var seen: Set<Substring> = []
    var types: [Substring] = []
    for line in contentTypeTable.split(separator: "\n") {
      let words = line.split(separator: " ")
      types.append(words[0])
      for word in words.dropFirst() { #expect(seen.insert(word).inserted, "\(word)") }
    }
    #expect(types == types.sorted())
    #expect(seen.count > 400)
  }
}

@Suite struct SettingsDigestTests {
  private func digest(
    _ headers: [String: String], type: String = "a/b",
    _ change: (inout ObjectSettings) -> Void = { _ in }
  ) -> UInt64 {
    var settings = ObjectSettings()
    settings.headers = headers.map { HeaderField($0.key, $0.value) }.sorted()
    change(&settings)
    return PreparedSettings(settings).digest(contentType: type)
  }

  @Test func whatIsStoredChangesIt() {
    let digests = [
      digest([:]), digest([:], type: "a/c"), digest(["x-oss-meta-a": "1"]),
      digest(["x-oss-meta-a": "2"]), digest(["x-oss-meta-a1": ""]), digest(["x-oss-meta-b": "1"]),
      digest(["x-oss-object-acl": "private"]), digest(["x-oss-tagging": "a=b"]),
      digest(["cache-control": "no-store"]), digest(["x-oss-storage-class": "IA"]),
    ]
    #expect(Set(digests).count == digests.count)
  }

  @Test func howItIsSentDoesNot() {
    let plain = digest(["x-oss-meta-a": "1"])
    let other = digest([
      "x-oss-meta-a": "1", "x-oss-forbid-overwrite": "true", "x-oss-traffic-limit": "819200",
      "x-oss-request-payer": "requester", "x-oss-callback": "e30=",
    ]) { settings in
      settings.partSize = .fixed(1 << 20)
      settings.multipartThreshold = 1
      settings.overwrite = .never
      settings.checksum = .none
      settings.contentMD5 = true
      settings.retries = 0
    }
    #expect(plain == other)
  }

  /// Fingerprints of earlier runs must stay what they were.
  @Test func itIsTheChecksumOfTheStoredHeadersInTheOrderOfTheirNames() {
    let bytes = Array("cache-control\0no-store\0content-type\0a/b\0x-oss-meta-a\01\0".utf8)
    var expected = CRC64()
    bytes.withUnsafeBytes { expected.update($0) }
    #expect(digest(["x-oss-meta-a": "1", "cache-control": "no-store"]) == expected.value)
  }

  @Test func anExplicitTypeEqualToTheResolvedOneIsTheSame() {
    #expect(digest(["content-type": "a/b"]) == digest([:]))
  }
}
