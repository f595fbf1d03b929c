internal import BatchCore
internal import Glibc
internal import Platform

/// The files that a glob matches, one after the other in the order of their paths' bytes. Only one
/// directory on each level is held in memory, so that a tree of any size streams through.
///
/// Regular files, and symbolic links to such. What begins with a dot is matched only by a component
/// that does. A symbolic link to a directory is entered where the pattern names it without wildcards,
/// else only with `followsLinks`, and never inside itself. (Of directories that link to each other that alone would leave
/// as many paths as their names have orders.) A directory whose name is not UTF-8 is entered as well; only what matches in it
/// is an error.
struct GlobWalk {
  enum Failure: Error {
    case system(SystemError)
    /// Its path with what is not UTF-8 replaced.
    case notText(String)
    /// A directory that lies within too many links; it ends the walk.
    case tooManyLinks(String)
  }

  /// One inside the other.
  static let maximumLinks = 4

  /// A component of one of the pattern's alternatives that may come next.
  private struct State: Hashable {
    var alternative: Int
    var component: Int
  }

  private struct Identity: Equatable {
    var device: UInt64
    var inode: UInt64
  }

  private struct Frame {
    /// Below the fixed directory; with a slash at its end, or empty.
    var path: SystemName
    var names: DirectoryNames
    var next = 0
    /// The states of the subdirectories; a row's `states` counts from 1, 0 is a file that matches.
    var states: [[State]]
    var identity: Identity?
    /// Links to directories through which the path leads.
    var links: Int
  }

  private let root: SystemName
  private let alternatives: [[PathPattern.Component]]
  private let excluded: [PathPattern]
  private let followsLinks: Bool
  private var stack: [Frame] = []
  private var hasBegun = false
  /// Matches in the directory entered last whose paths are not UTF-8, below the fixed directory.
  private var unreadable: [String] = []
  /// The fixed directory is not there.
  private(set) var isRootMissing = false

  /// `root` is the fixed directory as it can be opened.
  init(
    _ pattern: PathPattern, in root: String, excluding excluded: [PathPattern], followsLinks: Bool
  ) {
    self.root = SystemName(root)
    alternatives = pattern.alternatives
    self.excluded = excluded
    self.followsLinks = followsLinks
  }

  /// The next match as its path below the fixed directory; nil: there are no more. After an error the
  /// walk can go on: it passes over what the error names.
  mutating func next() throws(Failure) -> String? {
    if !hasBegun {
      hasBegun = true
      let start = closure(alternatives.indices.map { State(alternative: $0, component: 0) })
      isRootMissing = try !enter(SystemName(""), start)
    }
    while true {
      if let path = unreadable.popLast() { throw .notText(root.text + path) }
      guard let frame = stack.last else { return nil }
      guard frame.next < frame.names.count else {
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      let row = frame.names.rows[frame.next]
      let path = frame.path + frame.names.name(frame.next)
      if row.states == 0 { return path.text }
      _ = try enter(path, frame.states[row.states - 1])
    }
  }

  /// What comes next lies in a directory that has to be read first.
  var isBeforeDirectory: Bool {
    guard let frame = stack.last(where: { $0.next < $0.names.count }) else { return false }
    return frame.names.rows[frame.next].states != 0
  }

  /// Reads a directory and puts it on the stack; false when it is not there.
  private mutating func enter(
    _ directory: SystemName, _ states: [State]
  ) throws(Failure) -> Bool {
    let identity = followsLinks ? identity(directory) : nil
    if let identity, stack.contains(where: { $0.identity == identity }) { return true }
    let links =
      (stack.last?.links ?? 0) + (followsLinks && type(ofLink: directory) == S_IFLNK ? 1 : 0)
    let path = directory.isEmpty ? directory : directory + SystemName("/")
    guard links <= Self.maximumLinks else {
      stack = []
      throw .tooManyLinks((root + path).text)
    }
    var known: [[State]: Int] = [:]
    var sets: [[State]] = []
    var unreadable: [String] = []
    let walk = self
    func look(_ name: SystemName, _ row: inout DirectoryNames.Row) -> Bool {
      guard let found = walk.looked(at: name, row.kind, in: path, states) else { return false }
      row.kind = found.isEmpty ? .file : .directory
      guard !found.isEmpty else {
        if path.isText, name.isText { return true }
        unreadable.append(path.text + name.text)
        return false
      }
      let index = known[found] ?? sets.count
      if index == sets.count {
        sets.append(found)
        known[found] = index
      }
      row.states = index + 1
      return true
    }
    var names = DirectoryNames()
    if let literals = literals(states) {
      for name in literals.map(\.text) {
        var row = DirectoryNames.Row(kind: .unknown, states: 0)
        if look(SystemName(name), &row) { names.add(name, row) }
      }
      names.sort()
    } else {
      do throws(SystemError) {
        guard let read = try DirectoryNames(path: opened(path), keep: look) else { return false }
        names = read
      } catch {
        throw .system(error)
      }
    }
    self.unreadable = unreadable
    stack.append(Frame(path: path, names: names, states: sets, identity: identity, links: links))
    return true
  }

  /// nil: it does not matter. Empty: a file that matches. Else a directory in which these states go on.
  private func looked(
    at name: SystemName, _ kind: DirectoryNames.Kind, in path: SystemName, _ states: [State]
  ) -> [State]? {
    let text = name.text
    var matches = false
    var below: [State] = []
    var belowLinks: [State] = []
    for state in states {
      let components = alternatives[state.alternative]
      let isLast = state.component == components.count - 1
      let following = State(alternative: state.alternative, component: state.component + 1)
      switch components[state.component] {
      case .anyDepth where text.utf8.first == UInt8(ascii: "."): break
      case .anyDepth:
        if isLast { matches = true }
        below.append(state)
      case .name(let pattern):
        let isHidden = text.utf8.first == UInt8(ascii: ".") && !pattern.beginsWithDot
        guard !isHidden, pattern.matches(text) else { continue }
        if isLast {
          matches = true
        } else {
          below.append(following)
          if pattern.literal != nil { belowLinks.append(following) }
        }
      }
    }
    guard matches || !below.isEmpty else { return nil }
    let path = path + name
    let (kind, isLink) = resolved(kind, path)
    switch kind {
    case .file: return matches && !isExcluded(path.text) ? [] : nil
    case .directory:
      let states = closure(isLink && !followsLinks ? belowLinks : below)
      return states.isEmpty || isExcludedWhole(path.text) ? nil : states
    default: return nil
    }
  }

  /// What a name is when the directory does not say, or what a link leads to.
  private func resolved(
    _ kind: DirectoryNames.Kind, _ path: SystemName
  ) -> (kind: DirectoryNames.Kind, isLink: Bool) {
    guard kind == .link || kind == .unknown else { return (kind, false) }
    let own = kind == .link ? S_IFLNK : type(ofLink: path)
    let isLink = own == S_IFLNK
    switch isLink ? status(path).map({ $0.st_mode & S_IFMT }) : own {
    case S_IFREG: return (.file, isLink)
    case S_IFDIR: return (.directory, isLink)
    default: return (.other, isLink)
    }
  }

  /// What the name itself is, a link or not; nil: it is not there.
  private func type(ofLink path: SystemName) -> mode_t? {
    var status = Glibc.stat()
    return opened(path).withCString { lstat($0, &status) } == 0 ? status.st_mode & S_IFMT : nil
  }

  private func identity(_ path: SystemName) -> Identity? {
    status(path).map { Identity(device: UInt64($0.st_dev), inode: UInt64($0.st_ino)) }
  }

  /// nil: it is not there.
  private func status(_ path: SystemName) -> stat? {
    var status = Glibc.stat()
    return opened(path).withCString { stat($0, &status) } == 0 ? status : nil
  }

  /// A path below the fixed directory as it can be opened.
  private func opened(_ path: SystemName) -> SystemName {
    let whole = root + path
    return whole.isEmpty ? SystemName(".") : whole
  }

  /// `**` may stand for no directory at all, so that what follows it may come at once.
  private func closure(_ states: [State]) -> [State] {
    var result: [State] = []
    var seen: Set<State> = []
    var open = Array(states.reversed())
    while let state = open.popLast() {
      guard seen.insert(state).inserted else { continue }
      result.append(state)
      let components = alternatives[state.alternative]
      if components[state.component] == .anyDepth, state.component + 1 < components.count {
        open.append(State(alternative: state.alternative, component: state.component + 1))
      }
    }
    return result
  }

  /// The only names that can matter; nil: any can. Then the directory need not be read.
  private func literals(_ states: [State]) -> Set<ExactText>? {
    var names: Set<ExactText> = []
    for state in states {
      guard case .name(let pattern) = alternatives[state.alternative][state.component],
        let literal = pattern.literal
      else { return nil }
      names.insert(ExactText(literal))
    }
    return names
  }

  private func isExcluded(_ path: String) -> Bool { excluded.contains { $0.matches(path) } }

  /// A pattern that ends with `**` and matches one thing in a directory matches all in it.
  private func isExcludedWhole(_ path: String) -> Bool {
    excluded.contains { pattern in
      pattern.alternatives.allSatisfy { $0.last == .anyDepth } && pattern.matches(path + "/x")
    }
  }
}
