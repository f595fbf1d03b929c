internal import CLibCrypto

/// libcrypto's collection of all algorithms and their names, which the first TLS connection asks for.
package enum AlgorithmNames {
  /// Collects them, if nobody has. Any thread.
  package static func prepare() { EVP_MD_free(EVP_MD_fetch(nil, "SHA256", nil)) }
}
