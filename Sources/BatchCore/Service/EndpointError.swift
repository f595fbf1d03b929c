/// Why a target cannot be reached as it is written. The description is one sentence for people; it
/// never repeats user info, which may hold a password.
package enum EndpointError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing
  case unknownScheme(String)
  case userInfo
  case notOnlyHost(String)
  case invalidHost(String)
  case invalidPort(String)
  case invalidRegion(String)
  case regionUnknown(host: String)
  case addressWithoutSubdomains(host: String)
  /// `without`: the endpoint as it should be.
  case namesBucket(without: String)

  package var description: String {
    switch self {
    case .missing:
      "no endpoint is known: set endpoint or region in the target, or OSS_ENDPOINT or OSS_REGION"
    case .unknownScheme(let scheme):
      "the endpoint begins with \(scheme)://, but only https:// and http:// are possible"
    case .userInfo:
      "the endpoint contains a user name or password; write only scheme, host and port, "
        + "credentials have places of their own"
    case .notOnlyHost(let endpoint):
      "the endpoint \(endpoint) is more than scheme, host and port; the bucket and prefix have "
        + "keys of their own in the target"
    case .invalidHost(let host):
      "the endpoint's host \"\(host)\" is not a host name or address; an example of an endpoint is "
        + "https://oss-cn-hangzhou.aliyuncs.com"
    case .invalidPort(let port):
      "the endpoint's port \"\(port)\" is not a number from 1 to 65535"
    case .invalidRegion(let region):
      "the region \"\(region)\" is not like cn-hangzhou: lower-case letters, digits and hyphens"
    case .regionUnknown(let host):
      "signature v4 needs a region and the endpoint \(host) does not name one: set region in the "
        + "target, or OSS_REGION"
    case .addressWithoutSubdomains(let host):
      "addressing virtual puts the bucket before a host name, but the endpoint \(host) is an "
        + "address: use addressing path"
    case .namesBucket(let endpoint):
      "the endpoint already has the bucket in it; write \(endpoint)"
    }
  }
}
