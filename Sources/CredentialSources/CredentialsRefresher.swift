package import OSSProtocol
internal import Platform

/// Keeps a run's credentials new: on a thread of its own asks their source before they expire, and
/// whenever they were refused. One question at a time: whoever asks meanwhile gets its answer.
package final class CredentialsRefresher: Sendable {
  package enum News: Sendable, Equatable {
    case renewed(Credentials)
    /// They were looked for by the way, and are the same.
    case unchanged
    /// Those at hand stay, and why; in words that name the source.
    case unavailable(String)
  }

  private enum Order: Sendable { case refresh, reread, stop }

  private let orders = Inbox<Order>()
  private let cancellation = Cancellation()
  private let thread: Thread

  /// `deliver` is called on the refresher's thread.
  package init(_ lease: CredentialLease, deliver: @escaping @Sendable (News) -> Void) {
    let (orders, cancellation) = (orders, cancellation)
    thread = Thread("credentials") {
      var loop = Loop(lease: lease, orders: orders, cancellation: cancellation, deliver: deliver)
      loop.run()
    }
  }

  /// Newer credentials are needed now: news follow.
  package func refresh() { orders.post(.refresh) }

  /// Newer credentials are to be used if there are any: news follow.
  package func reread() { orders.post(.reread) }

  /// Ends the thread, and a process that it may be waiting for. Call it once.
  package func stop() {
    cancellation.cancel()
    orders.post(.stop)
    thread.join()
  }

  private struct Loop {
    var lease: CredentialLease
    let orders: Inbox<Order>
    let cancellation: Cancellation
    let deliver: @Sendable (News) -> Void

    mutating func run() {
      var due = RefreshSchedule.due(expiration: lease.issued.expiration, at: WallClock.seconds)
      var batch: [Order] = []
      while true {
        let wait = due.map { Duration.seconds(max($0 - WallClock.seconds, 0)) }
        orders.wait(into: &batch, until: wait.map { Instant.now + $0 })
        if cancellation.isSet { return }
        let asked = batch
        batch.removeAll(keepingCapacity: true)
        due = ask(asked)
        if cancellation.isSet { return }
      }
    }

    /// When to ask next.
    private mutating func ask(_ asked: [Order]) -> Int64? {
      do throws(CredentialProblem) {
        switch try lease.renew(cancellation) {
        case .renewed(let credentials):
          takeOrders()
          deliver(.renewed(credentials))
          return RefreshSchedule.due(expiration: lease.issued.expiration, at: WallClock.seconds)
        case .unchanged:
          // Before they expire that is nothing to speak of.
          let asked = asked + takeOrders()
          if asked.contains(.refresh) {
            deliver(.unavailable(lease.staleness))
          } else if asked.contains(.reread) {
            deliver(.unchanged)
          }
        }
      } catch {
        takeOrders()
        deliver(.unavailable(error.message))
      }
      return RefreshSchedule.dueAgain(
        expiration: lease.issued.expiration, at: WallClock.seconds)
    }

    /// What was asked for while the question was under way. (Its end shows in `cancellation`.)
    @discardableResult
    private func takeOrders() -> [Order] {
      var batch: [Order] = []
      orders.take(into: &batch)
      return batch
    }
  }
}
