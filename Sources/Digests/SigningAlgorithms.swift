/// What requests are signed with.
package enum SigningAlgorithms {
  /// Makes ready what the first signature would have to wait for. Any thread.
  package static func prepare() {
    _ = Algorithms.sha256
    _ = Algorithms.hmac
  }
}
