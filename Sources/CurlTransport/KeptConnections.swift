internal import Platform

/// Which servers close kept connections without a word. Who meets such an end has no reply and cannot know whether its
/// request was taken; so what may not be repeated stays away from the kept connections of that server for a while.
final class KeptConnections: Sendable {
  /// Whoever does it once does it again: by a limit of its own, mostly, which stays as it is.
  private static let distrust = Duration.seconds(60)

  /// By profile.
  private let distrustedUntil = Lock<[Int: Instant]>([:])

  /// One of them ended under a request before a reply.
  func noteEnd(of profile: Int) {
    distrustedUntil.withLock { $0[profile] = .now + Self.distrust }
  }

  func areTrusted(of profile: Int) -> Bool {
    distrustedUntil.withLock { $0[profile].map { $0 < .now } ?? true }
  }
}
