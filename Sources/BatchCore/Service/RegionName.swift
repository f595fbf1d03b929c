/// What regions are called.
package enum RegionName {
  /// The service reports regions as `oss-cn-hangzhou` but signs with `cn-hangzhou`.
  package static func normalized(_ region: String) throws(EndpointError) -> String {
    let name = region.hasPrefix("oss-") ? region.dropFirst(4) : region[...]
    guard isRegion(name) else { throw .invalidRegion(region) }
    return String(name)
  }

  package static func isRegion(_ name: Substring) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
