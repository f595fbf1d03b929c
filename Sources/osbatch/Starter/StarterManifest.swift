internal import BatchCore
internal import BatchManifest

/// A manifest to begin with: an entry for each file, or one for all of them, and the settings that most people want next, as
/// comments. It is valid as it stands; the bucket is a placeholder.
struct StarterManifest {
  static let schemaFile = "osbatch.schema.json"

  /// The directory as people named it.
  var directory: String
  /// Put before a file's path, so that it can be opened from where the manifest is.
  var prefix: String
  /// What it names.
  private(set) var files: [DirectorySurvey.File]
  /// What no object can be called, and why.
  private(set) var unusable: [(path: String, reason: String)]
  /// A pattern would also match what has to be left out, and then be an error.
  private var isBeyondPattern: Bool
  /// OSS_REGION, empty when it is not set.
  var region: String
  /// Where the manifest and its schema would be among the files; they are not to be sent.
  var ownFiles: [String]

  /// More files than this are named by a pattern.
  private static let longestList = 20

  init(
    directory: String, prefix: String, survey: DirectorySurvey, region: String, ownFiles: [String]
  ) {
    self.directory = directory
    self.prefix = prefix
    self.region = region
    self.ownFiles = ownFiles
    files = []
    unusable = []
    for file in survey.files where !ownFiles.contains(file.path) {
      if let problem = KeyRules.problem(file.path, signature: .v4) {
        unusable.append((path: file.path, reason: "as a key it \(problem)"))
      } else {
        files.append(file)
      }
    }
    isBeyondPattern = survey.isBeyondPattern || !unusable.isEmpty
  }

  private var usesGlob: Bool { files.count > Self.longestList && !isBeyondPattern }

  /// Of what it names.
  var bytes: Int { files.reduce(0) { $0 + $1.size } }

  var text: String { header + target + settings + entries }

  private var header: String {
    """
    # yaml-language-server: $schema=\(Self.schemaFile)
    # Begun by `osbatch init` with what is in \(directory.readable): \(size).
    # Change it as you like, then: osbatch validate, osbatch plan, osbatch run.
    version: 1

    """
  }

  private var size: String {
    let count = Quantity.count(files.count, "file")
    return files.isEmpty ? count : "\(count), \(Quantity.bytes(bytes))"
  }

  private var target: String {
    let isKnown = !region.isEmpty
    let place = isKnown ? YAMLScalar.written(region) : "cn-hangzhou"
    return """
      target:
        bucket: my-bucket          # your bucket's name
        region: \(place)\(isKnown ? "" : "        # your bucket's region")
        # prefix: backups/         # put before every key
        # endpoint: https://…      # where it does not follow from the region

      """
  }

  private var settings: String {
    let threshold = ObjectSettings().multipartThreshold
    let largest = files.map(\.size).max() ?? 0
    let parts =
      largest > threshold ? "  # the largest file has \(Quantity.bytes(largest))" : ""
    return """
      # concurrency: \(Manifest.defaultConcurrency)            # requests in flight
      # defaults:                  # settings of every entry; an entry's own come first
      #   storage_class: IA
      #   part_size: 16MiB\(parts)
      #   headers: {Cache-Control: no-store}
      #   overwrite: never         # an object that is there stays

      """
  }

  private var entries: String {
    guard !files.isEmpty else {
      return """
        entries: []
        #  - file: report.pdf       # relative to this file
        #    key: reports/report.pdf

        """
    }
    if usesGlob { return glob }
    var text = "entries:\n"
    for file in files {
      text +=
        "  - file: \(YAMLScalar.written(prefix + file.path))\n    key: \(YAMLScalar.written(file.path))\n"
    }
    return text
  }

  private var glob: String {
    let excluded = ownFiles.map(Self.pattern).joined(separator: ", ")
    let exclude = excluded.isEmpty ? "" : "\n    exclude: [\(excluded)]"
    return """
      entries:
        # Every file below it, under its path; a pattern of its own can have settings of its own.
        - glob: \(Self.pattern(prefix, "**/*"))\(exclude)
          key: ${file.path}

      """
  }

  /// A name as a pattern that matches only it, and what follows it.
  private static func pattern(_ name: String, _ wildcards: String) -> String {
    let escaped = name.reduce(into: "") { text, character in
      if "*?[]{}\\".contains(character) { text.append("\\") }
      text.append(character)
    }
    return YAMLScalar.written(escaped + wildcards)
  }

  private static func pattern(_ name: String) -> String { pattern(name, "") }
}
