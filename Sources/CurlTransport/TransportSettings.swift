/// What holds for every connection of a transport.
package struct TransportSettings: Sendable {
  /// The budget: connections, and requests in flight, at most. At least 1.
  package var connections: Int
  /// The `User-Agent`, e.g. `osbatch/1.0.0`.
  package var userAgent: String
  package var connectTimeoutMilliseconds = 10_000
  /// A transfer that moves fewer bytes a second than this, for `stallSeconds`, is given up. There
  /// is no limit on the total time: it would forbid large bodies on slow lines.
  package var stallBytesPerSecond = 1_024
  package var stallSeconds = 30

  package init(connections: Int, userAgent: String) {
    self.connections = connections
    self.userAgent = userAgent
  }
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
