import BatchCore
import Testing

@testable import OSSProtocol

@Suite struct EndpointTests {
  private func resolve(
    _ endpoint: String?, region: String? = nil, addressing: Target.Addressing = .auto,
    signature: Target.Signature = .v4, environment: [String: String] = [:]
  ) throws(EndpointError) -> Endpoint {
    try Endpoint(
      Target(
        bucket: "bucket", endpoint: endpoint, region: region, addressing: addressing,
        signature: signature)
    ) { environment[$0] }
  }

  @Test(arguments: [
    ("oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
    ("OSS-CN-Hangzhou.aliyuncs.com", "cn-hangzhou"),
    ("oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"),
    ("cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou"),
    ("cn-hangzhou-internal.oss.aliyuncs.com", "cn-hangzhou"),
    ("s3.oss-us-west-1.aliyuncs.com", "us-west-1"),
    ("s3.oss-us-west-1-internal.aliyuncs.com", "us-west-1"),
    ("oss.aliyuncs.com", "cn-hangzhou"), ("oss-internal.aliyuncs.com", "cn-hangzhou"),
    ("cb-f8z7yvzgwfkl9q0h.cn-shanghai.oss-cloudbox.aliyuncs.com", "cb-f8z7yvzgwfkl9q0h"),
  ])
  func theHostNamesTheRegion(host: String, region: String) throws {
    let endpoint = try resolve("http://\(host)/")
    #expect(endpoint.region == region)
    #expect(endpoint.realm == "aliyuncs.com")
    #expect(endpoint.style == .virtual)
    #expect(endpoint.product == (host.contains("cloudbox") ? "oss-cloudbox" : "oss"))
  }

  @Test(arguments: [
    "oss-accelerate.aliyuncs.com", "oss-accelerate-overseas.aliyuncs.com", "files.example.com",
    "127.0.0.1", "[::1]", "localhost", "aliyuncs.com", "example.aliyuncs.com", "oss-x.example.com",
  ])
  func aHostWithoutARegionNeedsOneForVersion4(host: String) throws {
    #expect(throws: EndpointError.regionUnknown(host: host)) { try resolve(host) }
    #expect(try resolve(host, region: "oss-cn-beijing").region == "cn-beijing")
    #expect(try resolve(host, environment: ["OSS_REGION": "eu-central-1"]).region == "eu-central-1")
    #expect(try resolve(host, signature: .v1).region == "")
  }

  @Test func theSettingComesBeforeTheEnvironmentAndTheHost() throws {
    let environment = ["OSS_REGION": "cn-beijing", "OSS_ENDPOINT": "http://example.com:81"]
    #expect(try resolve(nil, environment: environment).description == "http://example.com:81")
    #expect(
      try resolve("oss-cn-hangzhou.aliyuncs.com", environment: environment).region == "cn-beijing")
    #expect(
      try resolve("example.com", region: "cn-shanghai", environment: environment).region
        == "cn-shanghai")
    #expect(throws: EndpointError.missing) {
      try resolve(nil, environment: ["OSS_ENDPOINT": "", "OSS_REGION": ""])
    }
  }

  @Test func aRegionAloneIsEnough() throws {
    let endpoint = try resolve(nil, region: "cn-hangzhou")
    #expect(endpoint.description == "https://oss-cn-hangzhou.aliyuncs.com")
    #expect(endpoint.objectURLPrefix == "https://bucket.oss-cn-hangzhou.aliyuncs.com/")
  }

  @Test(arguments: [
    ("http://127.0.0.1:9000", Target.Addressing.auto, "http://127.0.0.1:9000/bucket/"),
    ("http://[::1]:9000/", .auto, "http://[::1]:9000/bucket/"),
    ("[FE80::1]", .auto, "https://[fe80::1]/bucket/"),
    ("localhost:8080", .auto, "https://localhost:8080/bucket/"),
    ("http://localhost", .virtual, "http://bucket.localhost/"),
    ("HTTPS://Example.COM:443", .auto, "https://bucket.example.com:443/"),
    ("example.com", .path, "https://example.com/bucket/"),
    ("http://127.0.0.1:9000", .cname, "http://127.0.0.1:9000/"),
    ("files.example.com", .cname, "https://files.example.com/"),
    ("oss_server:9000", .auto, "https://bucket.oss_server:9000/"),
    ("256.1.1.1", .auto, "https://bucket.256.1.1.1/"),
  ])
  func addressing(endpoint: String, addressing: Target.Addressing, prefix: String) throws {
    let resolved = try resolve(endpoint, region: "cn-hangzhou", addressing: addressing)
    #expect(resolved.objectURLPrefix == prefix)
  }

  @Test(arguments: [
    ("ftp://example.com", EndpointError.unknownScheme("ftp")),
    ("https://u:p@example.com", .userInfo),
    ("example.com/bucket", .notOnlyHost("example.com/bucket")),
    ("example.com?x", .notOnlyHost("example.com?x")), ("example.com:0", .invalidPort("0")),
    ("example.com:65536", .invalidPort("65536")), ("example.com:", .invalidPort("")),
    ("example.com:+80", .invalidPort("+80")), ("[::1]:x", .invalidPort("x")),
    ("", .invalidHost("")),
    ("http://", .invalidHost("")), ("a b.com", .invalidHost("a b.com")),
    ("a..com", .invalidHost("a..com")), ("[::1", .invalidHost("[")), ("[1]", .invalidHost("[1]")),
    ("[::1]x", .invalidHost("[::1]x")), ("bücher.example", .invalidHost("bücher.example")),
    ("a.com\r\nx", .invalidHost("a.com\r\nx")), ("//", .notOnlyHost("//")),
    (
      "bucket.oss-cn-hangzhou.aliyuncs.com",
      .namesBucket(without: "https://oss-cn-hangzhou.aliyuncs.com")
    ),
    (
      "http://bucket.oss-cn-hangzhou.aliyuncs.com:8080/",
      .namesBucket(without: "http://oss-cn-hangzhou.aliyuncs.com:8080")
    ),
  ])
  func mistakes(endpoint: String, error: EndpointError) {
    #expect(throws: error) { try resolve(endpoint, region: "cn-hangzhou") }
    #expect(!error.description.contains("u:p"))
  }

  @Test func anAddressHasNoSubdomains() {
    #expect(throws: EndpointError.addressWithoutSubdomains(host: "10.0.0.1")) {
      try resolve("10.0.0.1", region: "cn-hangzhou", addressing: .virtual)
    }
  }

  @Test(arguments: ["", "CN-Hangzhou", "oss-", "cn hangzhou", "cn/hangzhou"])
  func whatIsNoRegion(region: String) {
    #expect(throws: EndpointError.invalidRegion(region)) {
      try resolve("example.com", region: region)
    }
  }

  @Test func theRealmIsTheServiceWhateverTheHost() throws {
    #expect(try resolve("http://127.0.0.1:9000", region: "x").realm == "127.0.0.1:9000")
    #expect(try resolve("https://S3.Example.com:1", region: "x").realm == "s3.example.com:1")
    #expect(try resolve("notaliyuncs.com", region: "x").realm == "notaliyuncs.com:443")
    #expect(try resolve("http://127.0.0.1", region: "x").realm == "127.0.0.1:80")
    #expect(try resolve("http://127.0.0.1:80", region: "x").realm == "127.0.0.1:80")
    #expect(try resolve("https://127.0.0.1", region: "x").realm == "127.0.0.1:443")
    #expect(try resolve("http://[::1]", region: "x").realm == "[::1]:80")
    #expect(try resolve("http://oss.aliyuncs.com:80", region: "x").realm == "aliyuncs.com")
    #expect(try resolve("oss-accelerate.aliyuncs.com", region: "x").realm == "aliyuncs.com")
  }

  @Test func credentialsDoNotShowTheirSecrets() throws {
    let credentials = try Credentials(
      accessKeyID: "LTAI-id", accessKeySecret: "hush-secret", securityToken: "hush-token")
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in [
      "\(credentials)", String(reflecting: credentials), dumped, String(describing: [credentials]),
      "\(String(describing: Optional(credentials)))",
    ] {
      #expect(!text.contains("hush"))
      #expect(!text.contains("LTAI"))
    }
  }

  @Test(
    arguments: [
      // Nothing else says anything.
      (nil, nil, "oss-cn-hangzhou-internal.aliyuncs.com cn-hangzhou"),
      // A region of the target is an endpoint, too.
      (nil, "cn-beijing", "oss-cn-beijing.aliyuncs.com cn-beijing"),
      // The region of a host is the host's, and only what it leaves open is the profile's.
      ("oss-cn-beijing.aliyuncs.com", nil, "oss-cn-beijing.aliyuncs.com cn-beijing"),
      ("files.example.com", nil, "files.example.com cn-shanghai"),
    ] as [(String?, String?, String)])
  func theProfileFillsWhatIsOpen(endpoint: String?, region: String?, result: String) throws {
    let defaults = EndpointDefaults(
      endpoint: "oss-cn-hangzhou-internal.aliyuncs.com", region: "cn-shanghai")
    let resolved = try Endpoint(
      Target(bucket: "bucket", endpoint: endpoint, region: region), defaults: defaults
    ) { _ in nil }
    #expect("\(resolved.host) \(resolved.region)" == result)
    let alone = try Endpoint(
      Target(bucket: "bucket"), defaults: EndpointDefaults(region: "cn-shanghai")
    ) { _ in nil }
    #expect(alone.host == "oss-cn-shanghai.aliyuncs.com")
  }

  @Test(
    arguments: [
      ("", "s", nil, CredentialsError.empty("access key id")),
      ("i", "", nil, .empty("access key secret")),
      ("i\n", "s", nil, .controlCharacter("access key id")),
      ("i", "s\r", nil, .controlCharacter("access key secret")),
      ("i", "s", "t\0", .controlCharacter("session token")),
    ] as [(String, String, String?, CredentialsError)])
  func unusableCredentials(id: String, secret: String, token: String?, error: CredentialsError) {
    #expect(throws: error) {
      try Credentials(accessKeyID: id, accessKeySecret: secret, securityToken: token)
    }
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT", "19700101T000000Z"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "20000229T000000Z"),
      (1_702_743_657, "Sat, 16 Dec 2023 16:20:57 GMT", "20231216T162057Z"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT", "21000228T235959Z"),
      (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "19691231T235959Z"),
    ] as [(Int64, String, String)])
  func timesOfTheCalendar(seconds: Int64, httpDate: String, compact: String) {
    let time = CalendarTime(seconds: seconds)
    #expect(time.httpDate == httpDate)
    #expect(time.compact == compact)
    #expect(CalendarTime(httpDate: httpDate)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "Sat, 16 Dec 2023 16:20:57", "Sat, 16 Foo 2023 16:20:57 GMT",
    "Sat, 40 Dec 2023 16:20:57 GMT",
    "Sat, 16 Dec 2023 16:20 GMT", "Sat, 16 Dec 99999 16:20:57 GMT", "Sat, 16 Dec 2023 25:20:57 GMT",
    "Sat, -1 Dec 2023 16:20:57 GMT",
  ])
  func whatIsNoDate(text: String) {
    #expect(CalendarTime(httpDate: text) == nil)
    #expect(CalendarTime(rfc3339: text) == nil)
  }
}
