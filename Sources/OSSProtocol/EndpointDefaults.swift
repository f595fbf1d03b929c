/// What a profile says of endpoints: it counts where neither the target nor the environment names
/// an endpoint or a region.
package struct EndpointDefaults: Sendable, Equatable {
  package var endpoint: String?
  package var region: String?

  package init(endpoint: String? = nil, region: String? = nil) {
    self.endpoint = endpoint
    self.region = region
  }
}
