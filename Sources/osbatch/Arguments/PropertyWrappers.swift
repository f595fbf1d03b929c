/// `--name VALUE`, `--name=VALUE` or `-n VALUE`: a property of a command that may be given by name.
@propertyWrapper
struct Option<Value>: Declaring {
  private let value: ValueDeclaration<Value>

  var wrappedValue: Value { value.current }
  var declaration: Declaration { value }

  /// nil unless it is given.
  init<Wrapped: ExpressibleByArgument>(
    name: [Name] = [.long], help: ArgumentHelp? = nil
  ) where Value == Wrapped? {
    value = ValueDeclaration(
      .option, name, help, values: Wrapped.self, initial: Value?.some(nil)
    ) { word, _ in Wrapped(argument: word).map { .some($0) } }
  }

  init(
    wrappedValue: Value, name: [Name] = [.long], help: ArgumentHelp? = nil
  ) where Value: ExpressibleByArgument {
    value = ValueDeclaration(
      .option, name, help, values: Value.self, initial: wrappedValue,
      defaultText: "\(wrappedValue)"
    ) { word, _ in Value(argument: word) }
  }

  /// It may be given several times.
  init<Element: ExpressibleByArgument>(
    wrappedValue: Value, name: [Name] = [.long], help: ArgumentHelp? = nil
  ) where Value == [Element] {
    value = ValueDeclaration(
      .option, name, help, isRepeating: true, values: Element.self, initial: wrappedValue
    ) { word, before in Element(argument: word).map { (before ?? []) + [$0] } }
  }
}

/// `--name` or `-n`: true when it is there.
@propertyWrapper
struct Flag: Declaring {
  private let value: ValueDeclaration<Bool>

  var wrappedValue: Bool { value.current }
  var declaration: Declaration { value }

  init(wrappedValue: Bool, name: [Name] = [.long], help: ArgumentHelp? = nil) {
    value = ValueDeclaration(.flag, name, help, initial: wrappedValue) { word, _ in
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
struct Argument<Value>: Declaring {
  private let value: ValueDeclaration<Value>

  var wrappedValue: Value { value.current }
  var declaration: Declaration { value }

  init(help: ArgumentHelp? = nil) where Value: ExpressibleByArgument {
    value = ValueDeclaration(.argument, [], help, values: Value.self, initial: nil) { word, _ in
      Value(argument: word)
    }
  }

  /// It may be left out.
  init(wrappedValue: Value, help: ArgumentHelp? = nil) where Value: ExpressibleByArgument {
    value = ValueDeclaration(
      .argument, [], help, values: Value.self, initial: wrappedValue,
      defaultText: "\(wrappedValue)"
    ) { word, _ in Value(argument: word) }
  }

  init<Element: ExpressibleByArgument>(
    help: ArgumentHelp? = nil
  ) where Value == [Element] {
    value = ValueDeclaration(
      .argument, [], help, isRepeating: true, values: Element.self, initial: nil
    ) { word, before in Element(argument: word).map { (before ?? []) + [$0] } }
  }
}

/// Declarations that several commands share.
@propertyWrapper
struct OptionGroup<Group: ParsableArguments>: DeclaringGroup {
  let wrappedValue: Group

  var group: any ParsableArguments { wrappedValue }

  init() { wrappedValue = Group() }
}

/// A property that declares something. The wrappers are what conforms.
protocol Declaring {
  var declaration: Declaration { get }
}

protocol DeclaringGroup {
  var group: any ParsableArguments { get }
}
