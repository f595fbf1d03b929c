internal import BatchManifest
internal import BatchRunner
internal import Glibc
internal import Platform

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a manifest to begin with, for the files of a directory.",
    discussion: "A file that exists is never overwritten.")

  /// More names than this are counted.
  private static let longestList = 50

  var directory = "."
  var output = "osbatch.yaml"

  mutating func declare(in grammar: inout Grammar) {
    grammar.argument("directory", &directory, help: "The directory with the files.")
    grammar.option(
      "output", &output,
      help: ArgumentHelp(
        "The manifest to write, or - for standard output.", valueName: "file"))
  }

  func run(_ stream: OutputStream) throws {
    let survey: DirectorySurvey
    let prefix: String
    do throws(SystemError) {
      survey = try DirectorySurvey(of: directory)
      prefix = try self.prefix
    } catch {
      throw cannotStart(StartError("\(error)"))
    }
    guard !survey.isCut else {
      throw cannotStart(
        StartError(
          "\(directory) holds more than \(DirectorySurvey.maximumFiles) files: name a directory below it"
        ))
    }
    let ownFiles = folderAmongTheFiles.map { [$0 + outputName, $0 + StarterManifest.schemaFile] }
    let region = getenv("OSS_REGION").map { String(cString: $0) } ?? ""
    let starter = StarterManifest(
      directory: directory, prefix: prefix, survey: survey, region: region,
      ownFiles: ownFiles ?? [])
    let text = Array(starter.text.utf8)
    try check(text)
    try write(text, stream)
    report(starter, leftOut: survey.leftOut + starter.unusable, stream)
  }

  /// From where the manifest will be: in the working directory as people wrote it, else absolute.
  private var prefix: String {
    get throws(SystemError) {
      var path = directory
      if output.contains("/") {
        guard let absolute = realpath(directory, nil) else { throw SystemError("find", directory) }
        defer { free(absolute) }
        guard let text = String(validatingCString: absolute) else {
          throw SystemError("name", directory, code: EILSEQ)
        }
        path = text
      }
      while path.hasPrefix("./") { path.removeFirst(2) }
      return path == "." || path.isEmpty ? "" : Self.withSlash(path)
    }
  }

  private static func withSlash(_ path: String) -> String {
    path.hasSuffix("/") ? path : path + "/"
  }

  /// Of the manifest, as it is written; with a slash at its end, or empty.
  private var outputFolder: String {
    output.lastIndex(of: "/").map { String(output[...$0]) } ?? ""
  }

  private var outputName: String { String(output.dropFirst(outputFolder.count)) }

  /// Where below the directory the manifest is put, with a slash at its end, or empty; nil: elsewhere.
  private var folderAmongTheFiles: String? {
    guard output != "-", let there = realpath(directory, nil) else { return nil }
    defer { free(there) }
    guard let here = realpath(outputFolder.isEmpty ? "." : outputFolder, nil) else { return nil }
    defer { free(here) }
    let (folder, root) = (
      Self.withSlash(String(cString: here)), Self.withSlash(String(cString: there))
    )
    let isBelow = folder.utf8.starts(with: root.utf8)
    return isBelow ? String(decoding: folder.utf8.dropFirst(root.utf8.count), as: UTF8.self) : nil
  }

  /// What comes from outside, a region or a path, could make it wrong.
  private func check(_ text: [UInt8]) throws(CommandEnd) {
    do throws(ManifestErrors) {
      _ = try ManifestReader.read(
        bytes: text, path: output == "-" ? "<stdout>" : output,
        in: ManifestContext(environment: [:], run: RunMoment { .fresh() }))
    } catch {
      let first = error.diagnostics.first?.message ?? ""
      throw cannotStart(StartError("no valid manifest can be made of this: \(first)"))
    }
  }

  private func write(_ text: [UInt8], _ stream: OutputStream) throws(CommandEnd) {
    if output == "-" { return stream.write(text) }
    do throws(SystemError) {
      let file = try FileDescriptor.open(output, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
      try text.withUnsafeBufferPointer { (text) throws(SystemError) in
        try file.write(UnsafeRawBufferPointer(text), path: output)
      }
    } catch {
      guard error.code == EEXIST else { throw cannotStart(StartError("\(error)")) }
      throw cannotStart(
        StartError("\(output) exists already: name another file with --output, or remove it"))
    }
  }

  private func report(
    _ starter: StarterManifest, leftOut: [(path: String, reason: String)], _ stream: OutputStream
  ) {
    let notes = OutputStream(STDERR_FILENO)
    for (path, reason) in leftOut.prefix(Self.longestList) {
      notes.write(line: "osbatch: left out: \(path): \(reason)")
    }
    if leftOut.count > Self.longestList {
      notes.write(line: "osbatch: left out: \(leftOut.count - Self.longestList) more")
    }
    notes.flush()
    guard output != "-" else { return }
    let lines = [
      "\(output): \(Quantity.count(starter.files.count, "file")) of \(directory), "
        + Quantity.bytes(starter.bytes),
      "next: write your bucket and region into it, then",
      "  osbatch validate \(output)",
      "  osbatch plan \(output)",
      "  osbatch run \(output)",
      "for an editor that completes its keys: osbatch schema > "
        + outputFolder + StarterManifest.schemaFile,
    ]
    for line in lines { stream.write(line: line) }
  }
}
