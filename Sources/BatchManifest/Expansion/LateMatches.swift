package import BatchCore
internal import Platform

/// The matches that a manifest's globs have beside those in its table.
///
/// The manifest is valid whatever they are. One that cannot be sent (its key would be too long, its name is
/// not text, its directory cannot be read) is an entry with a problem, so that it is told and counted.
package struct LateMatches: EntrySource {
  private static let batchSize = 1024
  /// The next directory may take long: so many matches do not wait for it.
  private static let smallBatchSize = 64
  /// Nor do fewer of them, after this long.
  private static let patience = Duration.milliseconds(100)

  private var globs: [LateGlob]

  /// nil: there are none.
  init?(_ globs: [LateGlob]) {
    guard !globs.isEmpty else { return nil }
    self.globs = globs
  }

  package mutating func next() -> EntryBatch? {
    while !globs.isEmpty {
      var batch = EntryBatch(origin: globs[0].origin)
      let isOver = fill(&batch)
      if isOver { globs.removeFirst() }
      if batch.count > 0 { return batch }
    }
    return nil
  }

  /// True when the first glob has no more matches.
  private mutating func fill(_ batch: inout EntryBatch) -> Bool {
    let due = Instant.now + Self.patience
    while batch.count == 0 || mayWait(batch, until: due) {
      do throws(GlobWalk.Failure) {
        guard let path = try globs[0].walk.next() else { return true }
        add(path, to: &batch)
      } catch {
        // Below the fixed directory, which could be read.
        let path = String(
          decoding: error.path.utf8.dropFirst(globs[0].root.utf8.count), as: UTF8.self)
        batch.append(
          file: error.path, key: globs[0].shape.head + path, problem: error.message)
      }
    }
    return false
  }

  private func mayWait(_ batch: EntryBatch, until due: Instant) -> Bool {
    if batch.count >= Self.batchSize || Instant.now >= due { return false }
    return batch.count < Self.smallBatchSize || !globs[0].walk.isBeforeDirectory
  }

  private func add(_ path: String, to batch: inout EntryBatch) {
    let (file, key) = (globs[0].root + path, globs[0].shape.key(of: path))
    if let problem = ManifestDecoder.problem(path: file) {
      batch.append(
        file: file, key: key, problem: "the path of the match \(quoted(file)) \(problem)")
    } else if let problem = KeyRules.problem(key, signature: globs[0].shape.signature) {
      batch.append(file: file, key: key, problem: "key \(problem)")
    } else {
      batch.append(file: file, key: key)
    }
  }
}
