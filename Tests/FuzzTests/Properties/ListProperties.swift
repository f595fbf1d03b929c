import BatchManifest
import RunStore

/// A list is read the same each time; every row that it has is an entry or an error; its errors lie inside
/// the list.
enum ListProperties {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let first = bytes.first else { return }
    let list = Array(bytes.dropFirst())
    let scene = try StateScene("list")
    try scene.write(list, to: scene.directory.path + "/rows")
    let format = first & 1 == 0 ? "csv" : "ndjson"
    let key = first & 2 == 0 ? "" : ", key: \"k/${file.path}\""
    let manifest = Array(
      "version: 1\ntarget: {bucket: backups}\nentries: [{list: rows, format: \(format)\(key)}]\n"
        .utf8)
    let path = scene.directory.path + "/m.yaml"
    let reading = ManifestReading(manifest, path: path)
    try reading.requireShowable()
    try require(
      ManifestReading(manifest, path: path) == reading, "a second reading gives something else")
    guard case .refused(let errors) = reading else { return }
    for diagnostic in errors.diagnostics {
      guard let place = diagnostic.place else { throw BrokenProperty("an error has no place") }
      let isInList = diagnostic.file != nil
      try place.requireInside(isInList ? list : manifest, diagnostic.message)
    }
  }
}
