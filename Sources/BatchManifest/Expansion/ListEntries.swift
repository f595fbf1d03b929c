internal import BatchCore

/// Entries from the rows of a list.
extension ManifestDecoder {
  mutating func appendRows(of draft: EntryDraft, over base: Int) throws(SyntaxError) {
    let errors = report.count
    try readRows(of: draft, over: base)
    if report.count > errors { needs.refuseUnknown() }
  }

  private mutating func readRows(of draft: EntryDraft, over base: Int) throws(SyntaxError) {
    guard let written = draft.list else { return }
    let path = resolved(written.text)
    guard let format = draft.format ?? ListFormat(path: path) else {
      return error(
        "how the list is written cannot be told from its name: give format: csv or ndjson",
        at: written.place)
    }
    let input: ManifestInput
    do throws(ManifestInput.Failure) {
      input = try self.input(ofListAt: path)
    } catch {
      return self.error(error.message, at: written.place)
    }
    let inherited =
      draft.layer.isEmpty ? base : self.base(over: base, adding: draft.layer)
    let list = ListInUse(
      path: path, directory: ManifestReader.directory(of: path), place: written.place,
      firstRow: entries.count)
    self.list = list
    defer {
      self.list = nil
      listRows.append((rows: list.firstRow..<entries.count, list: list))
    }
    var reader = ListReader(input, format)
    guard readHeader(&reader) else { return }
    while true {
      do throws(RowProblem) {
        guard let row = try reader.next() else { return }
        events.insert(row: row)
      } catch {
        report(error)
        if error.endsList { return }
        continue
      }
      try decodeRow(try nextValue(), draft, over: inherited)
    }
  }

  private mutating func input(ofListAt path: String) throws(ManifestInput.Failure) -> ManifestInput
  {
    if let stream = streams[ExactText(path)] { return stream }
    let input = try ManifestInput(path: path, what: "the list \(quoted(path))")
    if input.isStream { streams[ExactText(path)] = input }
    return input
  }

  /// false: reported.
  private mutating func readHeader(_ reader: inout ListReader) -> Bool {
    do throws(RowProblem) {
      let problems = try reader.readHeader()
      for problem in problems { report(problem) }
      return problems.isEmpty
    } catch {
      report(error)
      return false
    }
  }

  private mutating func report(_ problem: RowProblem) {
    error(
      problem.message, at: problem.place, notes: problem.notes, unknown: problem.unknown)
  }
}
