import BatchCore
import Testing

@Suite struct PathPatternTests {
  @Test(arguments: [
    ("a.txt", "a.txt", true), ("a.txt", "b.txt", false), ("*.txt", "a.txt", true),
    ("*.txt", "d/a.txt", false), ("*", "", true), ("**", "a", true), ("**", "a/b/c", true),
    ("**/*.gz", "x.gz", true), ("**/*.gz", "a/b/x.gz", true), ("**/*.gz", "a/b/x.zst", false),
    ("logs/**/*.gz", "logs/x.gz", true), ("logs/**/*.gz", "logs/1/2/x.gz", true),
    ("logs/**/*.gz", "log/x.gz", false), ("logs/**", "logs/a/b", true), ("logs/**", "logs", false),
    ("a/**/b/**/c", "a/x/b/y/b/c", true), ("a/**/b/**/c", "a/x/b/y/d", false),
    ("**/**/c", "c", true), ("a**b", "a/b", false), ("a**b", "axxb", true),
    ("?.txt", "ä.txt", true), ("?.txt", "ab.txt", false), ("a?c", "a/c", false),
    ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true),
    ("[^a-c]x", "ax", false), ("[]]x", "]x", true), ("[a-]x", "-x", true), ("[\\]]x", "]x", true),
    ("*a*b*c", "xxaxxbxxc", true), ("*a*b*c", "xxaxxbxx", false),
    ("{a,b}.txt", "b.txt", true), ("{a,b}.txt", "c.txt", false), ("{a,}x", "x", true),
    ("{a,b{c,d}}", "bd", true), ("{a,b{c,d}}", "b", false), ("{a/**,b}/x", "a/1/2/x", true),
    ("[{]x", "{x", true), ("\\{a\\}", "{a}", true), ("a}", "a}", true), ("\\*", "*", true),
    ("\\*", "a", false), ("a//b", "a//b", true), ("a/b", "a//b", false), ("logs/", "logs/", true),
  ])
  func itMatchesWhatItSays(pattern: String, path: String, expected: Bool) throws {
    #expect(try PathPattern(pattern).matches(path) == expected)
  }

  @Test(arguments: [
    ("", PathPattern.Problem.empty), ("[a", .unclosedClass), ("{a,b", .unclosedBrace),
    ("[z-a]", .reversedRange("z-a")), ("a\\", .danglingEscape), ("[a\\", .unclosedClass),
    (String(repeating: "{a,b}", count: 10), .tooManyAlternatives),
  ])
  func whatIsNoPatternSaysWhy(text: String, problem: PathPattern.Problem) {
    #expect(throws: problem) { try PathPattern(text) }
  }

  @Test func manyStarsEndSoon() throws {
    let pattern = try PathPattern(String(repeating: "*a", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 4_000)))
  }

  @Test func aWalkerLearnsItsComponents() throws {
    let pattern = try PathPattern("logs/**/.[a-z]*")
    let components = try #require(pattern.alternatives.first)
    #expect(components.count == 3)
    guard case .name(let fixed) = components[0], case .name(let last) = components[2] else {
      Issue.record("\(components)")
      return
    }
    #expect(fixed.literal == "logs" && components[1] == .anyDepth)
    #expect(last.literal == nil && last.beginsWithDot && last.matches(".profile"))
  }
}
