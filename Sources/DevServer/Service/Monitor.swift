internal import Platform

/// What the server has received so far, for tests: a log with a line per request in the order of
/// arrival, and counts.
final class Monitor: Sendable {
  /// When the log is this long, its older half is forgotten.
  private static let maximumEntries = 1_000_000

  struct Entry: Sendable {
    var request: Request
    /// nil: nothing was sent, or not yet.
    var status: Int?
    var bodyBytes = 0
  }

  private struct Counts: Sendable {
    var requests: [Operation: Int] = [:]
    var activeRequests = 0
    var maximumRequests = 0
    var connections = 0
    var activeConnections = 0
    var maximumConnections = 0
  }

  private struct State: Sendable {
    var entries: [Entry] = []
    /// The number of the first entry, counted from the server's start.
    var firstNumber = 0
    var counts = Counts()
  }

  private let state = Lock(State())

  /// Notes an arriving request; the result is its number for `end`.
  func begin(_ request: Request) -> Int {
    state.withLock { state in
      if state.entries.count == Monitor.maximumEntries {
        let half = Monitor.maximumEntries / 2
        state.entries.removeFirst(half)
        state.firstNumber += half
      }
      state.entries.append(Entry(request: request))
      state.counts.requests[request.operation, default: 0] += 1
      state.counts.activeRequests += 1
      state.counts.maximumRequests = max(state.counts.maximumRequests, state.counts.activeRequests)
      return state.firstNumber + state.entries.count - 1
    }
  }

  func end(_ number: Int, status: Int?, bodyBytes: Int) {
    state.withLock { state in
      state.counts.activeRequests -= 1
      let index = number - state.firstNumber
      guard index >= 0 else { return }
      state.entries[index].status = status
      state.entries[index].bodyBytes = bodyBytes
    }
  }

  func connectionOpened() {
    state.withLock { state in
      state.counts.connections += 1
      state.counts.activeConnections += 1
      state.counts.maximumConnections = max(
        state.counts.maximumConnections, state.counts.activeConnections)
    }
  }

  func connectionClosed() { state.withLock { $0.counts.activeConnections -= 1 } }

  func clearLog() {
    state.withLock { state in
      state.firstNumber += state.entries.count
      state.entries = []
    }
  }

  /// Starts the counts anew; what is under way stays counted as active.
  func clearCounts() {
    state.withLock { state in
      state.counts.requests = [:]
      state.counts.connections = state.counts.activeConnections
      state.counts.maximumConnections = state.counts.activeConnections
      state.counts.maximumRequests = state.counts.activeRequests
    }
  }

  /// Method, bucket, key, query, operation, status, body bytes: separated by tabs, `-` for nothing.
  /// The key is percent-encoded except for slashes, the query as it was sent.
  var log: String {
    state.withLock(\.entries).map { entry in
      let target = entry.request.target
      let key = target.key.map { PercentEncoding.encode($0.bytes, keepingSlashes: true) }
      let fields = [
        entry.request.method, target.bucket ?? "-", key ?? "-",
        target.query.raw.isEmpty ? "-" : target.query.raw, entry.request.operation.rawValue,
        entry.status.map(String.init) ?? "-", String(entry.bodyBytes),
      ]
      return fields.joined(separator: "\t") + "\n"
    }.joined()
  }

  /// The counts as one JSON object.
  func statistics(objects: Int, openUploads: Int) -> String {
    let counts = state.withLock(\.counts)
    let requests = Operation.allCases.compactMap { operation in
      counts.requests[operation].map { "\"\(operation.rawValue)\":\($0)" }
    }
    let numbers: KeyValuePairs = [
      "connections": counts.connections, "active_connections": counts.activeConnections,
      "max_connections": counts.maximumConnections, "active_requests": counts.activeRequests,
      "max_requests": counts.maximumRequests, "open_uploads": openUploads, "objects": objects,
    ]
    let rest = numbers.map { "\"\($0.key)\":\($0.value)" }
    return "{\"requests\":{\(requests.joined(separator: ","))},\(rest.joined(separator: ","))}\n"
  }
}
