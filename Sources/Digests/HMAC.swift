/// HMAC (RFC 2104) with one key, for many messages: the key is absorbed once, and every message after that costs only its own
/// bytes.
struct HMAC<Hash: BlockHash>: Sendable {
  /// Both hashes as they are behind their block of the key (RFC 2104 §2).
  private let inner: Hash
  private let outer: Hash

  init(key: [UInt8]) {
    var block = key.count > Hash.blockSize ? key.withUnsafeBytes { Hash.bytes(of: $0) } : key
    block += [UInt8](repeating: 0, count: Hash.blockSize - block.count)
    inner = Self.hash(behind: block, 0x36)
    outer = Self.hash(behind: block, 0x5C)
  }

  private static func hash(behind block: [UInt8], _ pad: UInt8) -> Hash {
    var hash = Hash()
    block.map { $0 ^ pad }.withUnsafeBytes { hash.update($0) }
    return hash
  }

  /// Writes the code of `bytes` into the first bytes of `code`.
  func authenticate(_ bytes: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer) {
    var hash = inner
    hash.update(bytes)
    hash.finalize(into: code)
    hash = outer
    hash.update(UnsafeRawBufferPointer(rebasing: code[..<Hash.count]))
    hash.finalize(into: code)
  }

  static func code(of bytes: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Hash.count)
    let hmac = HMAC(key: Array(key))
    Array(bytes).withUnsafeBytes { bytes in
      code.withUnsafeMutableBytes { hmac.authenticate(bytes, into: $0) }
    }
    return code
  }
}

// What other modules see is not generic: in them it would not be specialized.

/// HMAC-SHA-256 with one key, for many messages.
package struct HMACSHA256: Sendable {
  /// Bytes of a code.
  package static let count = SHA256.count

  private let hmac: HMAC<SHA256>

  package init(key: [UInt8]) { hmac = HMAC(key: key) }

  /// Writes the code of `bytes` into the first 32 bytes of `code`.
  package func authenticate(
    _ bytes: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer
  ) {
    hmac.authenticate(bytes, into: code)
  }

  package static func code(of bytes: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
    HMAC<SHA256>.code(of: bytes, key: key)
  }
}

/// HMAC-SHA-1 with one key, for many messages: signature V1.
package struct HMACSHA1: Sendable {
  /// Bytes of a code.
  package static let count = SHA1.count

  private let hmac: HMAC<SHA1>

  package init(key: [UInt8]) { hmac = HMAC(key: key) }

  /// Writes the code of `bytes` into the first 20 bytes of `code`.
  package func authenticate(
    _ bytes: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer
  ) {
    hmac.authenticate(bytes, into: code)
  }

  package static func code(of bytes: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
    HMAC<SHA1>.code(of: bytes, key: key)
  }
}
