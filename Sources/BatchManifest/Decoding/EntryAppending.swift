internal import BatchCore

/// Entries on their way into the table.
extension ManifestDecoder {
  /// Checks what concerns one entry as a whole, and puts it into the table. `isMatch`: the file was
  /// found by a glob, so messages have to name it.
  mutating func append(_ mold: EntryMold, file: SourceName, isMatch: Bool = false) {
    let subject = Subject(file: file, isMatch: isMatch)
    let id = checkedID(mold, subject)
    guard let settings = settings(of: mold, subject), let key = checkedKey(mold, subject) else {
      return needs.refuse(id.map { .text($0) })
    }
    let entry = Entry(
      id: id, target: mold.traits.target, file: file.file, key: key, settings: settings,
      labels: mold.traits.labels, priority: mold.traits.priority,
      line: (list?.place ?? mold.place).line)
    reportRepetitions(of: entry, mold, subject)
    if !mold.needs.isEmpty { needs.add(row: entries.count, mold.needs, list) }
    entries.append(entry)
  }

  /// All that can be said of an entry whose source is wrong.
  mutating func checkAlone(_ mold: EntryMold) {
    needs.refuse(mold.id)
    guard !mold.key.isLate else { return }
    _ = checkedKey(mold, Subject(file: SourceName(path: "", file: ""), isMatch: false))
  }

  /// What messages about an entry have to add to its place.
  struct Subject {
    let file: SourceName
    let isMatch: Bool

    var notes: [Diagnostic.Note] {
      isMatch ? [Diagnostic.Note("for the match \(quoted(file.file))")] : []
    }
  }

  /// nil: something in them is wrong, and was reported.
  private mutating func settings(of mold: EntryMold, _ subject: Subject) -> Int? {
    switch mold.traits.settings {
    case .known(let index): return index
    case .late(let layer):
      let errors = report.count
      let settled = settled(layer, file: subject.file, notes: subject.notes)
      checkSums(settled, own: layer)
      return report.count == errors ? entries.intern(settled.resolved()) : nil
    }
  }

  private mutating func checkedID(_ mold: EntryMold, _ subject: Subject) -> String? {
    guard let late = mold.id,
      let id = text(late, file: subject.file, notes: subject.notes)
    else { return nil }
    guard late.isLate else { return id }
    return check(id: id, at: mold.idPlace, notes: subject.notes) ? id : nil
  }

  /// The full key with the target's prefix.
  private mutating func checkedKey(_ mold: EntryMold, _ subject: Subject) -> String? {
    guard let name = text(mold.key, file: subject.file, notes: subject.notes) else { return nil }
    let prefix = mold.traits.prefix
    let key = prefix.isEmpty ? name : prefix + name
    let problem =
      name.isEmpty ? "must not be empty" : KeyRules.problem(key, signature: mold.traits.signature)
    guard let problem else { return key }
    error("key \(problem)", at: mold.keyPlace, notes: subject.notes)
    return nil
  }

  /// A repeated entry is an error, and still gets its row: later entries are compared with it.
  private mutating func reportRepetitions(
    of entry: Entry, _ mold: EntryMold, _ subject: Subject
  ) {
    let table = entries
    let row = table.count
    let hash = Self.hash(entry.key, seed: entry.target)
    let first = keys.insert(hash: hash, row: row, at: mold.keyPlace) { other in
      let index = EntryIndex(other)
      return table.target(index) == entry.target
        && ExactText(table.key(index)) == ExactText(entry.key)
    }
    if let first {
      error(
        "the key \(quoted(entry.key)) is given to two entries of one target",
        at: place(mold.keyPlace, after: first, mold, subject),
        notes: [firstNote(first)] + filesNote(first, entry, subject))
    }
    guard let id = entry.id else { return }
    let firstID = ids.insert(hash: Self.hash(id, seed: 0), row: row, at: mold.idPlace) { other in
      ExactText(table.id(EntryIndex(other)) ?? "") == ExactText(id)
    }
    guard let firstID else { return }
    error(
      "the id \(quoted(id)) is given to two entries",
      at: place(mold.idPlace, after: firstID, mold, subject),
      notes: [firstNote(firstID)] + filesNote(firstID, entry, subject))
  }

  /// What came through an anchor stands at one place both times: then the second entry is named itself.
  private func place(
    _ place: SourcePlace, after first: DuplicateIndex.Found, _ mold: EntryMold, _ subject: Subject
  ) -> SourcePlace {
    place == first.place && !subject.isMatch && list == nil ? mold.ownPlace : place
  }

  private func firstNote(_ first: DuplicateIndex.Found) -> Diagnostic.Note {
    Diagnostic.Note("first given here", at: first.place, in: file(ofRow: first.row))
  }

  /// Two matches of one glob stand at one place: only the files tell them apart.
  private func filesNote(
    _ first: DuplicateIndex.Found, _ entry: Entry, _ subject: Subject
  ) -> [Diagnostic.Note] {
    guard subject.isMatch else { return [] }
    let other = entries.file(EntryIndex(first.row))
    return [Diagnostic.Note("for the files \(quoted(other)) and \(quoted(entry.file))")]
  }

  /// Where the entry in this row of the table stands.
  func file(ofRow row: Int) -> Diagnostic.Note.File {
    if let list, row >= list.firstRow { return .list(list.path) }
    guard let rows = listRows.first(where: { $0.rows.contains(row) }) else { return .manifest }
    return .list(rows.list.path)
  }

  static func hash(_ text: String, seed: Int) -> Int {
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(ExactText(text))
    return hasher.finalize()
  }
}
