internal import BatchCore

/// The JSON Schema (draft-07, what yaml-language-server understands) of the manifest's language, made
/// of the same descriptions that the decoder uses. It describes YAML as editors see it: values typed by
/// YAML's core schema, aliases and merge keys resolved.
package enum ManifestSchema {
  /// The document, with its last line's end.
  package static var text: String {
    var root: [(String, JSONNode)] = [
      ("$schema", "http://json-schema.org/draft-07/schema#"),
      ("title", "osbatch manifest, version 1"),
    ]
    root += object(.root)
    // A list's rows are not YAML.
    let others = MappingKind.allCases.filter { $0 != .root && $0 != .row }
    root.append(
      ("definitions", .object(others.map { ($0.definition, .object(object($0))) })))
    return JSONNode.object(root).text + "\n"
  }

  /// A mapping with its keys.
  private static func object(_ kind: MappingKind) -> [(String, JSONNode)] {
    var members: [(String, JSONNode)] = [
      ("type", "object"),
      ("properties", .object(kind.keys.map { ($0.name, property($0)) })),
    ]
    let required = kind.keys.filter(\.isRequired).map { JSONNode.string($0.name) }
    if !required.isEmpty { members.append(("required", .array(required))) }
    if !kind.alternatives.isEmpty {
      let alternatives = kind.alternatives.map {
        JSONNode.object([("required", .array([.string($0)]))])
      }
      members.append(("oneOf", .array(alternatives)))
    }
    if let prefix = kind.ignoredPrefix {
      members.append(("patternProperties", .object([("^\(prefix)", .object([]))])))
    }
    members.append(("additionalProperties", .boolean(false)))
    return members
  }

  private static func property(_ key: KeyDescription) -> JSONNode {
    let description = key.summary + (key.standard.isEmpty ? "" : " (default: \(key.standard))")
    var choices = values(key.kind)
    if key.null != .refused { choices.append([("type", "null")]) }
    let value = choices.count == 1 ? choices[0] : [("anyOf", .array(choices.map(JSONNode.object)))]
    return .object([("description", .string(description))] + value)
  }

  /// What the value may be: one of these.
  private static func values(_ kind: ValueKind) -> [[(String, JSONNode)]] {
    switch kind {
    case .text: [scalar]
    case .word, .path: [scalar + [("minLength", .integer(1))]]
    case .integer(let range): [integer(range), interpolated]
    case .size(let range): [integer(range), size, interpolated]
    case .automaticSize(let range): [words(["auto"]), integer(range), size, interpolated]
    case .rate: rate
    case .timeOfDay: [string("^([01][0-9]:[0-5][0-9]|2[0-3]:[0-5][0-9]|24:00)$"), interpolated]
    case .rateOrList(let kind): rate + values(.list(kind))
    case .boolean: [[("type", "boolean")], interpolated]
    case .choice(let words): [self.words(words), interpolated]
    case .words:
      [scalar + [("minLength", .integer(1))], [("type", "array"), ("items", .object(scalar))]]
    case .texts: [map(.object(scalar(orNull: true)))]
    case .mapping(let kind): [reference(kind)]
    case .mappings(let kind, atLeast: let least):
      [map(.object(reference(kind))) + (least > 0 ? [("minProperties", .integer(least))] : [])]
    case .list(let kind): [[("type", "array"), ("items", .object(reference(kind)))]]
    case .choiceOrMapping(let words, let kind):
      [self.words(words), interpolated, reference(kind)]
    }
  }

  /// Where text is expected `007`, `1.10` and `true` are texts too.
  private static var scalar: [(String, JSONNode)] { scalar(orNull: false) }

  private static func scalar(orNull: Bool) -> [(String, JSONNode)] {
    [("type", .array(["string", "number", "boolean"] + (orNull ? ["null"] : [])))]
  }

  private static func integer(_ range: ClosedRange<Int>) -> [(String, JSONNode)] {
    [
      ("type", "integer"), ("minimum", .integer(range.lowerBound)),
      ("maximum", .integer(range.upperBound)),
    ]
  }

  /// Whether it is in its range a pattern cannot say.
  private static var size: [(String, JSONNode)] { string("^\(sizePattern)$") }

  private static var rate: [[(String, JSONNode)]] {
    [integer(Bandwidth.rates), string("^\(sizePattern)(/s)?$"), interpolated]
  }

  private static var sizePattern: String {
    "[0-9]+(\\.[0-9]+)?(\(ByteSize.unitNames.joined(separator: "|")))"
  }

  private static func string(_ pattern: String) -> [(String, JSONNode)] {
    [("type", "string"), ("pattern", .string(pattern))]
  }

  /// Nobody knows yet what will stand there.
  private static var interpolated: [(String, JSONNode)] {
    string("\\$\\{")
  }

  private static func words(_ words: [String]) -> [(String, JSONNode)] {
    [("enum", .array(words.map(JSONNode.string)))]
  }

  private static func map(_ value: JSONNode) -> [(String, JSONNode)] {
    [("type", "object"), ("additionalProperties", value)]
  }

  private static func reference(_ kind: MappingKind) -> [(String, JSONNode)] {
    [("$ref", .string("#/definitions/\(kind.definition)"))]
  }
}

extension MappingKind {
  fileprivate var definition: String { "\(self)" }
}
