import Digests
import Testing

@Suite struct DigestsTests {
  @Test func publishedDigests() {
    #expect(
      Hexadecimal.lowercase(SHA256.digest(of: "abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Hexadecimal.lowercase(SHA256.digest(of: []))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(Base64.encode(MD5.digest(of: [])) == "1B2M2Y8AsgTpgAmY7PhCfg==")
    #expect(Base64.encode(MD5.digest(of: "hello world".utf8)) == "XrY7u+Ae7tCTyyK7j1rNww==")
    #expect(
      Hexadecimal.uppercase(MD5.digest(of: "abc".utf8)) == "900150983CD24FB0D6963F7D28E17F72")
  }

  @Test func aStreamInPiecesHasTheDigestOfTheWholeAndMayBeginAgain() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var sha = SHA256()
    var md5 = MD5()
    for _ in 0..<2 {
      for start in stride(from: 0, to: bytes.count, by: 37) {
        bytes[start..<min(start + 37, bytes.count)].withUnsafeBytes {
          sha.update($0)
          md5.update($0)
        }
      }
      #expect(sha.finalize() == SHA256.digest(of: bytes))
      #expect(md5.finalize() == MD5.digest(of: bytes))
    }
  }

  /// RFC 4231 §4.2, §4.3, §4.7 and RFC 2202 §3.
  @Test func publishedCodes() {
    #expect(
      Hexadecimal.lowercase(
        HMACSHA256.code(of: "Hi There".utf8, key: [UInt8](repeating: 11, count: 20)))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      Hexadecimal.lowercase(
        HMACSHA256.code(of: "what do ya want for nothing?".utf8, key: "Jefe".utf8))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      Hexadecimal.lowercase(
        HMACSHA256.code(
          of: "Test Using Larger Than Block-Size Key - Hash Key First".utf8,
          key: [UInt8](repeating: 0xAA, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    #expect(
      Hexadecimal.lowercase(
        HMACSHA1.code(of: "what do ya want for nothing?".utf8, key: "Jefe".utf8))
        == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    #expect(
      Hexadecimal.lowercase(HMACSHA256.code(of: [], key: []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  /// A key of one block is taken as it is, a longer one is hashed (RFC 2104 §2): by Python's hmac.
  @Test(arguments: [
    (63, "b98d37cf042ea0bb022b42fe633a375c2f9d1c873114498ed05687389bd72f0a"),
    (64, "85917068a37039035ee3acc1849016792b1db8dbc8bb1399fe5d3e4b29746675"),
    (65, "2dae4f569913129ce86a519300c5f0e666141944a8e4215968810f961394b0b9"),
  ])
  func keysAroundABlock(length: Int, expected: String) {
    let code = HMACSHA256.code(of: "message".utf8, key: [UInt8](repeating: 7, count: length))
    #expect(Hexadecimal.lowercase(code) == expected)
  }

  @Test func oneKeySignsManyMessages() {
    let key = Array("key".utf8)
    let sha256 = HMACSHA256(key: key)
    let sha1 = HMACSHA1(key: key)
    for count in 0..<200 {
      let message = [UInt8](repeating: UInt8(count), count: count)
      var long = [UInt8](repeating: 0, count: HMACSHA256.count)
      var short = [UInt8](repeating: 0, count: HMACSHA1.count)
      message.withUnsafeBytes { message in
        long.withUnsafeMutableBytes { sha256.authenticate(message, into: $0) }
        short.withUnsafeMutableBytes { sha1.authenticate(message, into: $0) }
      }
      #expect(long == HMACSHA256.code(of: message, key: key))
      #expect(short == HMACSHA1.code(of: message, key: key))
    }
  }

  /// RFC 4648 §10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
  }

  @Test(arguments: ["Z", "Zg=", "Zg", "====", "Z===", "Zg==Zg==", "Zm9v\n", "Zm-v", "=Zg="])
  func whatIsNotBase64IsRefused(text: String) {
    #expect(Base64.decode(text.utf8) == nil)
  }

  @Test func everyByteSurvivesBase64() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
  }
}
