internal import BatchCore
internal import Platform

/// Entries from the matches of a glob.
extension ManifestDecoder {
  /// So many matches are always looked for at once: most globs have fewer, and what is wrong with the
  /// matches of a large one mostly shows in the first of them.
  static var matchesAtOnce: Int { 1000 }

  mutating func appendMatches(of draft: EntryDraft, _ mold: EntryMold) {
    guard let written = draft.pattern, let glob = globPattern(written) else { return }
    var excluded: [PathPattern] = []
    for word in draft.excluded {
      do throws(PathPattern.Problem) {
        excluded.append(try PathPattern(word.text))
      } catch {
        return self.error("exclude is not a pattern: \(error.message)", at: word.place)
      }
    }
    let root = resolved(glob.directory)
    var walk = GlobWalk(
      glob.pattern, in: root, excluding: excluded, followsLinks: draft.followsSymlinks)
    let (first, errors) = (entries.count, report.count)
    var count = 0
    do throws(GlobWalk.Failure) {
      while let path = try walk.next() {
        count += 1
        appendMatch(SourceName(path: path, file: root + path), mold, written.place)
        if count == Self.matchesAtOnce, report.count == errors,
          let shape = lateKeyShape(of: mold, glob.pattern, at: written.place)
        {
          return leave(
            LateGlob(
              place: written.place, walk: walk, root: root, pattern: glob.pattern,
              excluded: excluded, shape: shape, rows: first..<entries.count), mold)
        }
      }
    } catch {
      return self.error(error.message, at: written.place)
    }
    guard count == 0, !draft.isOptional, !toleratesMissingMatches else { return }
    let missing = walk.isRootMissing && !root.isEmpty
    error(
      "no file matches \(quoted(written.text))", at: written.place,
      notes: (missing ? [Diagnostic.Note("there is no directory \(quoted(root))")] : [])
        + [Diagnostic.Note("\"optional: true\" accepts that")])
  }

  private mutating func globPattern(_ written: PlacedWord) -> GlobPattern? {
    do throws(GlobPattern.ParseError) {
      return try GlobPattern(written.text)
    } catch {
      self.error("glob \(error.message)", at: written.place)
      return nil
    }
  }

  private mutating func appendMatch(
    _ name: SourceName, _ mold: EntryMold, _ place: SourcePlace
  ) {
    if let problem = Self.problem(path: name.file) {
      return error("the path of the match \(quoted(name.file)) \(problem)", at: place)
    }
    append(mold, file: name, isMatch: true)
  }
}

extension GlobWalk.Failure {
  var message: String {
    switch self {
    case .system(let failure):
      "cannot \(failure.operation) \(quoted(failure.path)): \(failure.reason)"
    case .notText(let path):
      "\(quoted(path)) is not UTF-8 text, so it cannot be a key; give the file another name or"
        + " leave it out with a narrower pattern"
    case .tooManyLinks(let path):
      "\(quoted(path)) lies within more than \(GlobWalk.maximumLinks) symbolic links to directories;"
        + " follow_symlinks goes no deeper: leave such links out with exclude"
    }
  }

  /// What it is about, as it can be opened.
  var path: String {
    switch self {
    case .system(let failure): failure.path
    case .notText(let path), .tooManyLinks(let path): path
    }
  }
}
