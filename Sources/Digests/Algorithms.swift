internal import CLibCrypto

/// The algorithms of libcrypto, each looked up once: a look-up per call costs more than a digest.
/// They live as long as the process, and libcrypto allows their use from any thread.
enum Algorithms {
  // The pointees are immutable and reference-counted by libcrypto.
  nonisolated(unsafe) static let sha256 = required(EVP_MD_fetch(nil, "SHA256", nil), "SHA-256")
  nonisolated(unsafe) static let hmac = required(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")

  /// MD5 from a library context of its own: a system configured for FIPS hides it from the default
  /// one, and here it detects damage in transit, it protects no secret.
  nonisolated(unsafe) static let md5 = required(
    EVP_MD_fetch(required(OSSL_LIB_CTX_new(), "a library context"), "MD5", nil), "MD5")

  /// A libcrypto without these cannot sign a single request: there is nothing to fall back to.
  static func required<Value>(_ value: Value?, _ what: String) -> Value {
    guard let value else { preconditionFailure("libcrypto gives no \(what)") }
    return value
  }

  /// Digest calls fail only for want of memory or by a programming error.
  static func check(_ status: CInt, _ call: StaticString) {
    precondition(status == 1, "libcrypto: \(call) failed")
  }
}
