internal import Platform
internal import Synchronization

/// The bandwidth of a transport, shared by its loops. Any thread may change it.
final class Pacer: Sendable {
  private let bucket = Lock<TokenBucket?>(nil)
  private let hasLimit = Atomic<Bool>(false)

  /// Asked for every body: without a limit nothing else is.
  var isLimited: Bool { hasLimit.load(ordering: .relaxed) }

  /// `rate`: bytes a second, nil: no limit. The same rate once more changes nothing.
  func limit(_ rate: Int?) {
    bucket.withLock { bucket in
      guard bucket?.rate != rate.map(Double.init) else { return }
      bucket = rate.map { TokenBucket(rate: $0, at: Instant.now.nanoseconds) }
    }
    hasLimit.store(rate != nil, ordering: .relaxed)
  }

  func take(_ count: Int) -> Int {
    bucket.withLock { $0?.take(count, at: Instant.now.nanoseconds) ?? count }
  }

  /// What was taken has not been used.
  func giveBack(_ count: Int) {
    guard count > 0, isLimited else { return }
    bucket.withLock { $0?.giveBack(count) }
  }

  func takeWhole(_ count: Int) -> Bool {
    bucket.withLock { $0?.takeWhole(count, at: Instant.now.nanoseconds) ?? true }
  }

  /// When something may go again.
  var due: Instant {
    let now = Instant.now.nanoseconds
    return Instant(nanoseconds: now + bucket.withLock { $0?.wait(at: now) ?? 0 })
  }
}

/// The transfers of one loop that wait for bandwidth, in the order in which they go on.
final class PausedTransfers {
  private var transfers: [Transfer] = []

  var isEmpty: Bool { transfers.isEmpty }

  func append(_ transfer: Transfer) { transfers.append(transfer) }

  /// Lets all go on; those for which nothing is left come back behind the others.
  func resume() {
    let all = transfers
    transfers.removeAll(keepingCapacity: true)
    for transfer in all { transfer.resume() }
  }
}
