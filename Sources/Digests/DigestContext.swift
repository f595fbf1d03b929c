internal import CLibCrypto

/// The one owner of an `EVP_MD_CTX`, ready for the first byte after `init` and after `finalize`.
struct DigestContext: ~Copyable {
  private let context: OpaquePointer
  private let algorithm: OpaquePointer

  init(_ algorithm: OpaquePointer) {
    self.algorithm = algorithm
    context = Algorithms.required(EVP_MD_CTX_new(), "memory")
    restart()
  }

  deinit { EVP_MD_CTX_free(context) }

  private func restart() {
    Algorithms.check(EVP_DigestInit_ex(context, algorithm, nil), "EVP_DigestInit_ex")
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    Algorithms.check(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
  }

  func finalize(into digest: UnsafeMutableRawBufferPointer) {
    let size = Int(EVP_MD_get_size(algorithm))
    precondition(digest.count >= size)
    let start = digest.baseAddress?.assumingMemoryBound(to: UInt8.self)
    Algorithms.check(EVP_DigestFinal_ex(context, start, nil), "EVP_DigestFinal_ex")
    restart()
  }
}
