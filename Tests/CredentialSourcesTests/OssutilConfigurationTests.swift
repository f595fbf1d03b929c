import Testing

@testable import CredentialSources

@Suite struct OssutilConfigurationTests {
  private func parse(_ text: String) throws(OssutilConfiguration.Problem) -> OssutilConfiguration {
    try OssutilConfiguration.parse(Array(text.utf8))
  }

  private func texts(_ text: String, of profile: String) throws -> [String: String]? {
    try parse(text).values(of: profile)?.mapValues(\.text)
  }

  @Test(arguments: ["accessKeyID", "access-key-id", "access_key_id", "ACCESSKEYID", "accesskeyid"])
  func spellingsOfAKeyAreOne(spelling: String) throws {
    let values = try texts("[default]\n\(spelling) = id\n", of: "default")
    #expect(values == ["accesskeyid": "id"])
  }

  @Test func sectionsValuesAndComments() throws {
    let text = """
      \u{FEFF}# a comment
      ; another
      [Default]\r
        accessKeyID = "quoted id"\r
      accessKeySecret='a=b#c;d'
      region=
      [profile  Nightly Job]
      mode = Process
      credential-process = "/bin/tool" --flag "x"
      [buckets dev]
      one = region=cn-hangzhou
      region = twice
      region = twice
      """
    #expect(
      try texts(text, of: "DEFAULT")
        == ["accesskeyid": "quoted id", "accesskeysecret": "a=b#c;d", "region": ""])
    // Quotes that are part of a command stay.
    #expect(
      try texts(text, of: "nightly job")?["credentialprocess"] == "/bin/tool\" --flag \"x")
    #expect(try texts(text, of: "dev") == nil)
  }

  @Test func profileDefaultIsDefaultAndCredentialsToo() throws {
    #expect(try texts("[profile default]\nregion = a", of: "default") == ["region": "a"])
    #expect(
      try texts("[Credentials]\nendpoint = a\n[Default]\nloglevel = info", of: "default")
        == ["loglevel": "info"])
    #expect(try texts("[Credentials]\nendpoint = a", of: "default") == ["endpoint": "a"])
    #expect(try texts("[Credentials]\nendpoint = a", of: "other") == nil)
  }

  @Test func aSourceProfileStandsBehind() throws {
    let text = """
      [profile dev]
      region = mine
      source-profile = cred
      [profile cred]
      region = theirs
      access-key-id = ak
      """
    let values = try texts(text, of: "dev")
    #expect(values?["region"] == "mine")
    #expect(values?["accesskeyid"] == "ak")
  }

  @Test(
    arguments: [
      ("[default]\nsecret-text-without-equals", 2, "expected"),
      ("key = value", 1, "before the first"),
      ("[default\n", 1, "does not end"), ("[default]\n = x", 2, "missing"),
      ("[default]\na = 1\nA = 2", 3, "first on line 2"),
      ("[default]\n[profile default]", 2, "first on line 1"), ("[profile]", 1, "no name"),
      ("[Credentials]\n[credentials]", 2, "again"), ("[default]\na = \u{1}x", 2, "not text"),
    ] as [(String, Int, String)])
  func whatIsWrongIsSaidWithItsLine(text: String, line: Int, words: String) {
    let error = #expect(throws: OssutilConfiguration.Problem.self) { try parse(text) }
    #expect(error?.line == line)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("secret-text") == false)
  }

  @Test func profilesThatNameEachOtherAndOnesThatAreNotThere() throws {
    let loop = try parse("[profile a]\nsource-profile = b\n[profile b]\nsource-profile = a")
    let error = #expect(throws: OssutilConfiguration.Problem.self) { try loop.values(of: "a") }
    #expect(error?.line == 4)
    let lost = try parse("[default]\nsource_profile = nobody")
    let missing = #expect(throws: OssutilConfiguration.Problem.self) {
      try lost.values(of: "default")
    }
    #expect(missing?.line == 2)
  }

  @Test func anyBytesGiveAConfigurationOrAnErrorWithALine() {
    let good = Array("[default]\nmode = AK\naccessKeyID = \"id\"\n[profile p]\nx=y\r\n# c\n".utf8)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<4_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
        }
      }
      do throws(OssutilConfiguration.Problem) {
        _ = try OssutilConfiguration.parse(bytes).values(of: "default")
      } catch {
        #expect(error.line >= 1)
      }
    }
  }
}
