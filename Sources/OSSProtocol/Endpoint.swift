package import BatchCore

/// Where a target's requests go and what their signatures are scoped to: a target of the manifest
/// with everything that it leaves open resolved (OSS API reference, "Regions and endpoints").
package struct Endpoint: Sendable, Equatable {
  package let scheme: EndpointAddress.Scheme
  /// Lower case, without bucket and port; an IPv6 address has its brackets.
  package let host: String
  /// Nil: the scheme's own.
  package let port: Int?
  package let bucket: String
  package let style: EndpointAddress.Style
  /// The service in the identity of entries.
  package let realm: String
  package let signature: Target.Signature
  /// The region of signature v4, e.g. `cn-hangzhou`; empty when v1 is used and none is known.
  package let region: String
  /// The product of signature v4: `oss`, or `oss-cloudbox`.
  package let product: String

  /// Resolves a target. `environment` gives the value of a variable: `OSS_ENDPOINT` and
  /// `OSS_REGION` fill what the target does not say; an empty value counts as unset. What then is
  /// still open, `defaults` fill.
  package init(
    _ target: Target, defaults: EndpointDefaults = EndpointDefaults(),
    environment: (String) -> String?
  ) throws(EndpointError) {
    func variable(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    let region = try (target.region ?? variable("OSS_REGION")).map(RegionName.normalized)
    let defaultRegion = try defaults.region.map(RegionName.normalized)
    let written =
      target.endpoint ?? variable("OSS_ENDPOINT") ?? (region == nil ? defaults.endpoint : nil)
    guard let text = written ?? (region ?? defaultRegion).map({ "oss-\($0).aliyuncs.com" }) else {
      throw .missing
    }
    let address = try EndpointAddress(text)
    let service = ServiceHost(address.host)

    (scheme, host, port) = (address.scheme, address.host, address.port)
    bucket = target.bucket
    signature = target.signature
    style = try address.style(of: target)
    realm = address.realm
    product = service.isCloudBox ? "oss-cloudbox" : "oss"
    guard
      let known = region ?? service.region ?? defaultRegion ?? (signature == .v1 ? "" : nil)
    else {
      throw .regionUnknown(host: address.host)
    }
    self.region = known
  }
}

extension Endpoint: CustomStringConvertible {
  /// `https://oss-cn-hangzhou.aliyuncs.com`, as people know it: without the bucket.
  package var description: String {
    "\(scheme.rawValue)://\(host)\(port.map { ":\($0)" } ?? "")"
  }

  /// Everything before an encoded key in a URL of this target.
  var objectURLPrefix: String {
    let authority = "\(host)\(port.map { ":\($0)" } ?? "")"
    return switch style {
    case .virtual: "\(scheme.rawValue)://\(bucket).\(authority)/"
    case .path: "\(scheme.rawValue)://\(authority)/\(bucket)/"
    case .cname: "\(scheme.rawValue)://\(authority)/"
    }
  }
}
