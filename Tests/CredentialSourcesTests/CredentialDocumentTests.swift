import Testing

@testable import CredentialSources
@testable import OSSProtocol

@Suite struct CredentialDocumentTests {
  private func issued(_ text: String) throws(CredentialProblem) -> IssuedCredentials {
    try CredentialDocument.issued(Array(text.utf8), by: "the document")
  }

  @Test func temporaryCredentials() throws {
    let issued = try issued(
      #" {"AccessKeyId" : "ak", "AccessKeySecret":"s\u006b\/", "Expiration":"2023-12-29T07:45:02Z","#
        + #" "SecurityToken": "token", "Other": [1, {"a": null}, "x", -2.5e3, true], "More": {}} "#)
    #expect(issued.credentials.accessKeyID == "ak")
    #expect(issued.credentials.accessKeySecret == "sk/")
    #expect(issued.credentials.securityToken == "token")
    #expect(issued.expiration == 1_703_835_902)
  }

  @Test func lastingCredentialsDoNotExpire() throws {
    let issued = try issued(#"{"AccessKeyId":"ak","AccessKeySecret":"sk","SecurityToken":""}"#)
    #expect(issued.expiration == nil)
    #expect(issued.credentials.securityToken == nil)
  }

  @Test(arguments: [
    ("", "not a JSON object"), ("[]", "not a JSON object"), ("Segmentation fault", "not a JSON"),
    (#"{"AccessKeyId":"ak"}"#, "secret is empty"), (#"{"AccessKeySecret":"ak"}"#, "id is empty"),
    (#"{"AccessKeyId":1,"AccessKeySecret":"sk"}"#, "id is empty"),
    (#"{"AccessKeyId":"ak","AccessKeySecret":"s\nk"}"#, "control character"),
    (#"{"AccessKeyId":"ak","AccessKeySecret":"sk","Expiration":"soon"}"#, "Expiration"),
    (#"{"Code":"Failed","AccessKeyId":"ak","AccessKeySecret":"sk"}"#, "Code"),
    (#"{"AccessKeyId":"ak","AccessKeySecret":"sk"} and more"#, "not a JSON object"),
    (#"{"AccessKeyId":"ak","AccessKeySecret":"s\ud800k"}"#, "not a JSON object"),
  ])
  func whatIsWrongIsSaidWithoutRepeatingIt(text: String, words: String) {
    let error = #expect(throws: CredentialProblem.self) { try issued(text) }
    #expect(error?.kind == .broken)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func depthAndDamageAreBounded() {
    #expect(
      CredentialDocument.textMembers(Array(String(repeating: "{\"a\":", count: 50_000).utf8)) == nil
    )
    #expect(
      CredentialDocument.textMembers(Array(String(repeating: "[", count: 50_000).utf8)) == nil)
    let good = Array(#"{"a":"b\u00e9\ud83d\ude00","c":[1,{"d":"e"}],"f":null}"#.utf8)
    #expect(CredentialDocument.textMembers(good) == ["a": "bé😀"])
    for cut in good.indices { #expect(CredentialDocument.textMembers(Array(good[..<cut])) == nil) }
  }

  @Test(
    arguments: [
      ("2023-12-29T07:45:02Z", 1_703_835_902), ("2023-12-29T07:45:02.123Z", 1_703_835_902),
      ("2023-12-29T15:45:02+08:00", 1_703_835_902), ("2023-12-28T23:15:02.5-08:30", 1_703_835_902),
      ("2023-12-29T07:45:02", nil), ("2023-12-29T07:45:02+8:00", nil), ("", nil), ("+08:00", nil),
      ("2023-12-29T07:45:02+25:00", nil), ("2023-13-29T07:45:02Z", nil),
    ] as [(String, Int64?)])
  func timesWithAnyOffset(text: String, seconds: Int64?) {
    #expect(RFC3339Time.seconds(text) == seconds)
  }

  @Test func whatProgramsSayIsShownWithoutWhatMayBeSecret() {
    let said =
      "cannot log in as robot@example.com:\n\u{1b}[31m key=AbCdEf0123456789xyz /usr/lib/x2\n"
    let shown = Redaction.shown(Array(said.utf8))
    #expect(shown.contains("cannot log in as robot@example.com:"))
    #expect(shown.contains("/usr/lib/x2"))
    #expect(!shown.contains("AbCdEf"))
    #expect(!shown.contains("\n"))
    #expect(!shown.contains("\u{1b}"))
    let secrets = ["/AbCdEf0123456789xyzAbCdEf0123", "abcdefghijklmnopqrstuvwxyz"]
    for secret in secrets {
      let shown = Redaction.shown(Array("no key \(secret) for you".utf8))
      #expect(shown == "no key [redacted] for you")
    }
    let plain = "cannot run /usr/lib/git-core/git-credential-manager --credential-process-timeout"
    #expect(Redaction.shown(Array(plain.utf8)) == plain)
    let long = Redaction.shown(Array(String(repeating: "word ", count: 10_000).utf8))
    #expect(long.utf8.count < 320)
    #expect(Redaction.shown([0xFF, 0xFE, 0x00]).utf8.count < 20)
  }
}
