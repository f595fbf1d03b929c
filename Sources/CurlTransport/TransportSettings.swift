/// What holds for every connection of a transport.
package struct TransportSettings: Sendable {
  /// The budget: connections, and requests in flight, at most. At least 1.
  package var connections: Int
  /// The `User-Agent`, e.g. `osbatch/1.0.0`.
  package var userAgent: String
  package var connectTimeoutMilliseconds = 10_000
  /// A request that moves fewer than `leastStallBytes` in this time is given up.
  package var stallLimit = Self.defaultStallLimit

  package static let defaultStallLimit = Duration.seconds(30)
  private static let leastBytesPerSecond = 1_024.0

  package init(connections: Int, userAgent: String) {
    self.connections = connections
    self.userAgent = userAgent
  }

  /// 1 KiB a second.
  var leastStallBytes: Int { max(1, Int(stallLimit / .seconds(1) * Self.leastBytesPerSecond)) }
  /// From the last byte of a body to the first of its reply, unless the request needs more.
  var replyLimit: Duration { stallLimit * 2 }
}

/// What may differ between servers; requests name theirs by index.
package struct ConnectionProfile: Sendable, Equatable {
  /// A PEM file of the roots to trust instead of the system's; nil for the system's.
  package var caFile: String?
  /// Straight to the server, whatever the environment says of proxies.
  package var bypassesProxies: Bool

  package init(caFile: String? = nil, bypassesProxies: Bool = false) {
    self.caFile = caFile
    self.bypassesProxies = bypassesProxies
  }
}
