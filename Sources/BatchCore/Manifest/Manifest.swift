/// A valid manifest: what the user asked for, with defaults merged and every value checked.
package struct Manifest: Sendable {
  /// `name:`, else the file's name without its extension.
  package var name: String
  /// In the file's order. `target:` alone gives one target with an empty name.
  package var targets: [Target]
  /// The one budget: requests in flight, and connections of the pool.
  package var concurrency: Int
  /// nil: as much as goes.
  package var bandwidth: Bandwidth?
  package var entries: EntryTable

  package static let defaultConcurrency = 16
  /// More connections than this to one service is a mistake, not a wish.
  package static let maximumConcurrency = 4096

  package init(
    name: String, targets: [Target], concurrency: Int, bandwidth: Bandwidth? = nil,
    entries: EntryTable
  ) {
    self.bandwidth = bandwidth
    self.name = name
    self.targets = targets
    self.concurrency = concurrency
    self.entries = entries
  }
}

/// A bucket and how it is reached, as the manifest states it; what is nil comes from the
/// environment (`OSS_ENDPOINT`, `OSS_REGION`) or from the endpoint's host.
package struct Target: Sendable, Equatable {
  package enum Addressing: String, Sendable, CaseIterable { case auto, virtual, path, cname }
  package enum Signature: String, Sendable, CaseIterable { case v4, v1 }

  /// The name under `targets:`, empty for the single `target:`.
  package var name: String
  package var bucket: String
  /// With or without a scheme; without one it means https.
  package var endpoint: String?
  package var region: String?
  /// Already put before every key of the entry table.
  package var prefix: String
  package var addressing: Addressing
  package var signature: Signature
  /// A PEM file of private roots, as it can be opened.
  package var certificateAuthorityFile: String?
  /// The manifest's line on which the target begins, from 1.
  package var line: Int

  package init(
    name: String = "", bucket: String, endpoint: String? = nil, region: String? = nil,
    prefix: String = "", addressing: Addressing = .auto, signature: Signature = .v4,
    certificateAuthorityFile: String? = nil, line: Int = 0
  ) {
    self.name = name
    self.bucket = bucket
    self.endpoint = endpoint
    self.region = region
    self.prefix = prefix
    self.addressing = addressing
    self.signature = signature
    self.certificateAuthorityFile = certificateAuthorityFile
    self.line = line
  }
}
