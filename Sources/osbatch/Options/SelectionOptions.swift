internal import BatchCore
internal import BatchManifest
internal import BatchRunner

/// Which entries a command is about, for every command that goes through them.
struct SelectionOptions: ParsableArguments {
  var only: [Selector] = []
  var skip: [Selector] = []

  mutating func declare(in grammar: inout Grammar) {
    grammar.option(
      "only", &only,
      help: ArgumentHelp(
        "Only these entries: an id, a pattern of keys, tag:LABEL, or state:failed, pending, done.",
        discussion: "May be given several times; an entry that one of them names is in.",
        valueName: "sel"))
    grammar.option(
      "skip", &skip,
      help: ArgumentHelp("Not these entries, named in the same way.", valueName: "sel"))
  }

  /// Every entry is meant.
  var isEverything: Bool { only.isEmpty && skip.isEmpty }

  func apply(to options: inout RunOptions) {
    options.select = { [only, skip] (manifest, state) throws(StartError) in
      do throws(Selector.Unmatched) {
        return try Selection(of: manifest, only: only, skip: skip, state: state)
      } catch {
        throw StartError(Self.sentence(error.selector, manifest), code: .usage)
      }
    }
  }

  private static func sentence(_ selector: Selector, _ manifest: Manifest) -> String {
    let text = "no entry has the id, key or label that \"\(selector.text)\" asks for"
    guard
      let near = Suggestion.nearest(to: selector.text, among: Selector.candidates(manifest)),
      near != selector.text
    else { return text }
    return text + "; did you mean \"\(near)\"?"
  }
}

extension Selector: ExpressibleByArgument {
  init?(argument: String) {
    do throws(Malformed) { try self.init(argument) } catch { return nil }
  }

  static func problem(with argument: String) -> String? {
    do throws(Malformed) {
      _ = try Selector(argument)
      return nil
    } catch {
      return error.message
    }
  }
}
