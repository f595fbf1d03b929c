/// `--name VALUE`, `--name=VALUE` or `-n VALUE`: a property of a command that may be given by name.
@propertyWrapper
final class Option<Value>: ValueDeclaration<Value>, @unchecked Sendable {  // as its superclass
  var wrappedValue: Value { current }

  /// nil unless it is given.
  init<Wrapped: ExpressibleByArgument>(
    name: [Name] = [.long], help: ArgumentHelp? = nil
  ) where Value == Wrapped? {
    super.init(
      .option, name, help, values: Wrapped.self, initial: Value?.some(nil)
    ) { word, _ in Wrapped(argument: word).map { .some($0) } }
  }

  init(
    wrappedValue: Value, name: [Name] = [.long], help: ArgumentHelp? = nil
  ) where Value: ExpressibleByArgument {
    super.init(
      .option, name, help, values: Value.self, initial: wrappedValue,
      describeDefault: { "\(wrappedValue)" }
    ) { word, _ in Value(argument: word) }
  }

  /// It may be given several times.
  init<Element: ExpressibleByArgument>(
    wrappedValue: Value, name: [Name] = [.long], help: ArgumentHelp? = nil
  ) where Value == [Element] {
    super.init(
      .option, name, help, isRepeating: true, values: Element.self, initial: wrappedValue
    ) { word, before in Element(argument: word).map { (before ?? []) + [$0] } }
  }
}

/// `--name` or `-n`: true when it is there.
@propertyWrapper
final class Flag: ValueDeclaration<Bool>, @unchecked Sendable {  // as its superclass
  var wrappedValue: Bool { current }

  init(wrappedValue: Bool, name: [Name] = [.long], help: ArgumentHelp? = nil) {
    super.init(.flag, name, help, initial: wrappedValue) { word, _ in
      switch word.lowercased() {
      case "1", "true", "yes": true
      case "0", "false", "no": false
      default: nil
      }
    }
  }
}

/// A word that stands by itself and must be there, unless it has a default; as an array, one or more.
@propertyWrapper
final class Argument<Value>: ValueDeclaration<Value>, @unchecked Sendable {  // as its superclass
  var wrappedValue: Value { current }

  init(help: ArgumentHelp? = nil) where Value: ExpressibleByArgument {
    super.init(.argument, [], help, values: Value.self, initial: nil) { word, _ in
      Value(argument: word)
    }
  }

  /// It may be left out.
  init(wrappedValue: Value, help: ArgumentHelp? = nil) where Value: ExpressibleByArgument {
    super.init(
      .argument, [], help, values: Value.self, initial: wrappedValue,
      describeDefault: { "\(wrappedValue)" }
    ) { word, _ in Value(argument: word) }
  }

  init<Element: ExpressibleByArgument>(
    help: ArgumentHelp? = nil
  ) where Value == [Element] {
    super.init(
      .argument, [], help, isRepeating: true, values: Element.self, initial: nil
    ) { word, before in Element(argument: word).map { (before ?? []) + [$0] } }
  }
}

/// Declarations that several commands share.
@propertyWrapper
final class OptionGroup<Group: ParsableArguments>: DeclarationGroup, @unchecked Sendable {
  // Constant, as the superclass is.
  let wrappedValue: Group

  override var arguments: any ParsableArguments { wrappedValue }

  override init() { wrappedValue = Group() }
}
