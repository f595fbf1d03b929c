internal import BatchCore

/// What the host names of Alibaba Cloud tell (OSS API reference, "Regions and endpoints"). Acceleration and custom
/// domains do not name a region.
struct ServiceHost {
  /// The region that the name contains, nil when it contains none.
  let region: String?
  /// A CloudBox: its own id is the region, and the product differs.
  let isCloudBox: Bool

  init(_ host: String) {
    var labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count > 2, labels.suffix(2).elementsEqual(["aliyuncs", "com"]) else {
      (region, isCloudBox) = (nil, false)
      return
    }
    labels.removeLast(2)
    isCloudBox = labels.count == 3 && labels[2] == "oss-cloudbox" && labels[0].hasPrefix("cb-")
    if isCloudBox {
      region = String(labels[0])
    } else {
      if labels.count == 2, labels[0] == "s3" { labels.removeFirst() }
      region = Self.region(labels).map(String.init)
    }
  }

  private static func region(_ labels: [Substring]) -> Substring? {
    switch (labels.count, labels.last) {
    // The first region's hosts are older than the names of regions.
    case (1, "oss"), (1, "oss-internal"): "cn-hangzhou"
    case (1, "oss-accelerate"), (1, "oss-accelerate-overseas"): nil
    case (1, let label?) where label.hasPrefix("oss-"): withoutSuffix(label.dropFirst(4))
    case (2, "oss"): withoutSuffix(labels[0])
    default: nil
    }
  }

  private static func withoutSuffix(_ label: Substring) -> Substring? {
    let internalSuffix = "-internal"
    let name = label.hasSuffix(internalSuffix) ? label.dropLast(internalSuffix.count) : label
    return RegionName.isRegion(name) ? name : nil
  }
}
