import BatchCore
import OSSProtocol
import Testing

/// Whether an object can have been stored with an entry's settings, by what HEAD shows of it.
@Suite struct StoredHeadersTests {
  private static let wanted = [
    "x-oss-meta-owner": "me", "x-oss-meta-city": "北京", "x-oss-storage-class": "IA",
    "cache-control": "no-cache",
  ]

  private func areContradicted(by changes: [String: String?]) -> Bool {
    var head = Self.wanted
    head["Content-Type"] = "text/plain"
    for (name, value) in changes { head[name] = value }
    return settings(Self.wanted).areContradicted(
      by: reply(200, head).head, contentType: "text/plain")
  }

  @Test(
    arguments: [
      [:], ["x-oss-meta-city": "=?UTF-8?B?5YyX5Lqs?="], ["x-oss-storage-class": nil],
      ["Content-Type": nil], ["Content-Type": "TEXT/plain"], ["cache-control": "none"],
      ["x-oss-meta-owner": nil, "X-OSS-META-OWNER": " me "], ["etag": "e", "date": "never"],
    ] as [[String: String?]])
  func whatMayBeSoIsNoContradiction(changes: [String: String?]) {
    #expect(!areContradicted(by: changes))
  }

  @Test(
    arguments: [
      ["x-oss-meta-owner": "other"], ["x-oss-meta-owner": nil], ["x-oss-meta-city": nil],
      ["x-oss-meta-more": "1"], ["x-oss-storage-class": "Standard"], ["Content-Type": "text/html"],
    ] as [[String: String?]])
  func whatCannotBeSoIs(changes: [String: String?]) {
    #expect(areContradicted(by: changes))
  }
}
