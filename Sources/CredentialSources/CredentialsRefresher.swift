package import OSSProtocol
internal import Platform

/// Keeps a run's credentials new: on a thread of its own asks their source before they expire, and
/// whenever they were refused. One question at a time. (The thread begins when there is something to wait for: credentials
/// that never expire need none as long as they are accepted.)
package final class CredentialsRefresher: Sendable {
  package enum News: Sendable, Equatable {
    /// `reread`: somebody wanted them read again.
    case renewed(Credentials, reread: Bool)
    /// They were read again, and are the same.
    case unchanged
    /// Those at hand stay, and why; in words that name the source.
    case unavailable(String)
  }

  private enum Order: Sendable { case refresh, reread, stop }

  private let orders = Inbox<Order>()
  private let cancellation = Cancellation()
  private let loop: @Sendable () -> Void
  private let thread = Lock<Thread?>(nil)

  /// `deliver` is called on the refresher's thread.
  package init(_ lease: CredentialLease, deliver: @escaping @Sendable (News) -> Void) {
    let (orders, cancellation) = (orders, cancellation)
    loop = {
      var loop = Loop(lease: lease, orders: orders, cancellation: cancellation, deliver: deliver)
      loop.run()
    }
    if lease.issued.expiration != nil { begin() }
  }

  private func begin() {
    thread.withLock { thread in
      if thread == nil { thread = Thread("credentials", loop) }
    }
  }

  private func post(_ order: Order) {
    orders.post(order)
    begin()
  }

  /// Newer credentials are needed now: news follow, of a question that may be under way.
  package func refresh() { post(.refresh) }

  /// Newer credentials are to be used if there are any: news follow, of a question that begins after
  /// this call, because one under way may have seen what was there before.
  package func reread() { post(.reread) }

  /// Ends the thread, and a process that it may be waiting for. Call it once.
  package func stop() {
    cancellation.cancel()
    orders.post(.stop)
    thread.withLock(\.self)?.join()
  }

  private struct Loop {
    var lease: CredentialLease
    let orders: Inbox<Order>
    let cancellation: Cancellation
    let deliver: @Sendable (News) -> Void
    var schedule = RefreshSchedule()

    mutating func run() {
      var due = RefreshSchedule.due(expiration: lease.issued.expiration, at: WallClock.seconds)
      var asked: [Order] = []
      while true {
        let wait = due.map { Duration.seconds(max($0 - WallClock.seconds, 0)) }
        if asked.isEmpty { orders.wait(into: &asked, until: wait.map { Instant.now + $0 }) }
        if cancellation.isSet { return }
        (due, asked) = ask(asked)
        if cancellation.isSet { return }
      }
    }

    /// When to ask next, and what is to be asked at once. (The end shows in `cancellation`.)
    private mutating func ask(_ asked: [Order]) -> (due: Int64?, next: [Order]) {
      let answer: Result<CredentialLease.Renewal, CredentialProblem>
      do throws(CredentialProblem) { answer = .success(try lease.renew(cancellation)) } catch {
        answer = .failure(error)
      }
      var late: [Order] = []
      orders.take(into: &late)
      let isNeeded = asked.contains(.refresh) || late.contains(.refresh)
      if let news = news(answer, isNeeded, reread: asked.contains(.reread)) { deliver(news) }
      return (due(after: answer), late.filter { $0 == .reread })
    }

    /// Before they expire it is nothing to speak of that they are the same.
    private func news(
      _ answer: Result<CredentialLease.Renewal, CredentialProblem>, _ isNeeded: Bool, reread: Bool
    ) -> News? {
      switch answer {
      case .success(.renewed(let credentials)): .renewed(credentials, reread: reread)
      case .success(.unchanged) where isNeeded: .unavailable(lease.staleness)
      case .success(.unchanged): reread ? .unchanged : nil
      case .failure(let problem): .unavailable(problem.message)
      }
    }

    private mutating func due(
      after answer: Result<CredentialLease.Renewal, CredentialProblem>
    ) -> Int64? {
      let (expiration, now) = (lease.issued.expiration, WallClock.seconds)
      if case .success(.renewed) = answer {
        return schedule.paced(RefreshSchedule.due(expiration: expiration, at: now), at: now)
      }
      return schedule.paced(RefreshSchedule.dueAgain(expiration: expiration, at: now), at: now)
    }
  }
}
