internal import CLibCrypto

/// The one owner of a keyed `EVP_MAC_CTX`. The key is absorbed once; every message after that costs
/// only its own bytes.
struct KeyedContext: ~Copyable {
  private let context: OpaquePointer

  /// `digest` is libcrypto's name of the hash.
  init(key: [UInt8], digest: String) {
    context = Algorithms.required(EVP_MAC_CTX_new(Algorithms.hmac), "memory")
    // A null key would mean "keep the present one", so an empty key, too, has an address.
    let terminated = key + [0]
    var name = Array(digest.utf8CString)
    // EVP_MAC-HMAC(7) names the parameter; both strings must outlive the call of EVP_MAC_init.
    "digest".withCString { parameter in
      name.withUnsafeMutableBufferPointer { name in
        let parameters = [
          OSSL_PARAM_construct_utf8_string(parameter, name.baseAddress, 0),
          OSSL_PARAM_construct_end(),
        ]
        Algorithms.check(EVP_MAC_init(context, terminated, key.count, parameters), "EVP_MAC_init")
      }
    }
  }

  deinit { EVP_MAC_CTX_free(context) }

  /// Writes the code of `bytes` into `code`, which must have room for it, and begins anew.
  func authenticate(_ bytes: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer) {
    let message = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let start = code.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var count = 0
    Algorithms.check(EVP_MAC_update(context, message, bytes.count), "EVP_MAC_update")
    Algorithms.check(EVP_MAC_final(context, start, &count, code.count), "EVP_MAC_final")
    Algorithms.check(EVP_MAC_init(context, nil, 0, nil), "EVP_MAC_init")
  }
}

/// HMAC-SHA-256 with one key, for many messages. One value belongs to one thread at a time.
// `@unchecked`: the context moves with its only owner.
package struct HMACSHA256: ~Copyable, @unchecked Sendable {
  /// Bytes of a code.
  package static let count = 32

  private let context: KeyedContext

  package init(key: [UInt8]) { context = KeyedContext(key: key, digest: "SHA256") }

  /// Writes the code of `bytes` into the first 32 bytes of `code`.
  package mutating func authenticate(
    _ bytes: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer
  ) {
    context.authenticate(bytes, into: code)
  }

  package static func code(of bytes: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: count)
    var hmac = HMACSHA256(key: Array(key))
    Array(bytes).withUnsafeBytes { bytes in
      code.withUnsafeMutableBytes { hmac.authenticate(bytes, into: $0) }
    }
    return code
  }
}

/// HMAC-SHA-1 with one key, for many messages: signature V1. One value belongs to one thread at a
/// time.
// `@unchecked`: the context moves with its only owner.
package struct HMACSHA1: ~Copyable, @unchecked Sendable {
  /// Bytes of a code.
  package static let count = 20

  private let context: KeyedContext

  package init(key: [UInt8]) { context = KeyedContext(key: key, digest: "SHA1") }

  /// Writes the code of `bytes` into the first 20 bytes of `code`.
  package mutating func authenticate(
    _ bytes: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer
  ) {
    context.authenticate(bytes, into: code)
  }

  package static func code(of bytes: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: count)
    var hmac = HMACSHA1(key: Array(key))
    Array(bytes).withUnsafeBytes { bytes in
      code.withUnsafeMutableBytes { hmac.authenticate(bytes, into: $0) }
    }
    return code
  }
}
