internal import BatchCore
internal import BatchManifest

/// The effective manifest as lines of JSON, for programs: nothing is inherited any more, so that each
/// entry can be understood alone.
struct ManifestLines {
  private let manifest: Manifest
  private let wording: ManifestWording

  init(_ manifest: Manifest, path: String) {
    self.manifest = manifest
    wording = ManifestWording(manifest, path: path)
  }

  func head() -> [UInt8] {
    var line = JSONObject()
    line.add("type", "manifest")
    line.add("version", 1)
    line.add("name", manifest.name)
    line.add("concurrency", manifest.concurrency)
    if let bandwidth = manifest.bandwidth { line.add("bandwidth", bandwidth.spans.map(object)) }
    line.add("targets", manifest.targets.map(object))
    return line.line()
  }

  func entry(_ index: EntryIndex) -> [UInt8] {
    var line = JSONObject()
    line.add("type", "entry")
    line.add(index, of: manifest)
    line.add("file", wording.file(index))
    line.add("needs", wording.needs(index))
    line.add("labels", wording.labels(index))
    line.add("priority", manifest.entries.priority(index))
    add(manifest.entries.settings[manifest.entries.settingsIndex(index)], to: &line)
    return line.line()
  }

  private func add(_ settings: ObjectSettings, to line: inout JSONObject) {
    switch settings.partSize {
    case .auto: line.add("part_size", "auto")
    case .fixed(let bytes): line.add("part_size", bytes)
    }
    line.add("multipart_threshold", settings.multipartThreshold)
    var headers = JSONObject()
    for header in settings.headers { headers.add(name: header.name, header.value) }
    line.add("headers", headers)
    line.add("overwrite", settings.overwrite.rawValue)
    line.add("checksum", settings.checksum.rawValue)
    line.add("content_md5", settings.contentMD5)
    line.add("retries", settings.retries)
  }

  private func object(_ span: Bandwidth.Span) -> JSONObject {
    var object = JSONObject()
    object.add("from", ManifestWording.time(span.from))
    object.add("to", ManifestWording.time(span.to))
    object.add("rate", span.rate)
    return object
  }

  private func object(_ target: Target) -> JSONObject {
    var object = JSONObject()
    if !target.name.isEmpty { object.add("name", target.name) }
    object.add("bucket", target.bucket)
    if let endpoint = target.endpoint { object.add("endpoint", endpoint) }
    if let region = target.region { object.add("region", region) }
    object.add("prefix", target.prefix)
    object.add("addressing", target.addressing.rawValue)
    object.add("signature", target.signature.rawValue)
    if let file = target.certificateAuthorityFile { object.add("ca_file", wording.path(file)) }
    return object
  }
}
