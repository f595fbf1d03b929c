import OSSProtocol
import Platform
import TestKit
import Testing

@testable import CredentialSources

/// A source that plays a script, one line for each question.
private final class ScriptedSource: CredentialSource {
  let name: String
  private let script: Lock<[Result<IssuedCredentials, CredentialProblem>]>
  private let questions = Lock(0)
  /// What happens before it answers the next question.
  let meanwhile = Lock<(@Sendable () -> Void)?>(nil)

  init(_ name: String, _ script: Result<IssuedCredentials, CredentialProblem>...) {
    self.name = name
    self.script = Lock(script)
  }

  var asked: Int { questions.withLock { $0 } }

  func issue(_ cancellation: Cancellation) throws(CredentialProblem) -> IssuedCredentials {
    questions.withLock { $0 += 1 }
    let answer = script.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    meanwhile.withLock { hook in
      defer { hook = nil }
      return hook
    }?()
    return try answer.get()
  }
}

private func key(_ id: String, expiration: Int64? = nil) throws -> IssuedCredentials {
  IssuedCredentials(
    try Credentials(accessKeyID: id, accessKeySecret: "s"), expiration: expiration)
}

@Suite struct CredentialChainTests {
  @Test func theFirstSourceThatHasSomeCounts() throws {
    let last = ScriptedSource("last", .success(try key("c")))
    let lease = try CredentialChain([
      ScriptedSource("first", .failure(.absent("nothing"))),
      ScriptedSource("second", .success(try key("b"))), last,
    ]).lease()
    #expect(lease.credentials.accessKeyID == "b")
    #expect(last.asked == 0)
  }

  @Test func aBrokenSourceEndsTheSearch() throws {
    let last = ScriptedSource("last", .success(try key("c")))
    let error = #expect(throws: NoCredentials.self) {
      try CredentialChain([
        ScriptedSource("first", .failure(.absent("nothing"))),
        ScriptedSource("second", .failure(.broken("half of it"))), last,
      ]).lease()
    }
    #expect(error?.description == "no credentials: first: nothing; second: half of it")
    #expect(last.asked == 0)
  }

  @Test func aLeaseTellsNewerOnesFromTheSame() throws {
    let source = ScriptedSource(
      "s", .success(try key("a")), .success(try key("a", expiration: 0)),
      .failure(.broken("away")), .success(try key("b")))
    var lease = try CredentialChain([source]).lease()
    #expect(try lease.renew(Cancellation()) == .unchanged)
    #expect(lease.staleness.contains("1970-01-01T00:00:00Z"))
    let error = #expect(throws: CredentialProblem.self) { try lease.renew(Cancellation()) }
    #expect(error?.message == "s: away")
    #expect(try lease.renew(Cancellation()) == .renewed(try key("b").credentials))
  }

  @Test(arguments: [
    (["OSS_ACCESS_KEY_ID": "a"], "OSS_ACCESS_KEY_SECRET is not"),
    (["ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a"], "ALIBABA_CLOUD_ACCESS_KEY_ID is not"),
    (["OSS_ACCESS_KEY_ID": "a\n", "OSS_ACCESS_KEY_SECRET": "b"], "control character"),
  ])
  func halfOfAKeyIsAnError(environment: [String: String], words: String) throws {
    let error = #expect(throws: NoCredentials.self) {
      try CredentialChain(environment: environment, profile: nil).lease()
    }
    #expect(error?.tried.count == 1)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func everySourceIsNamedWhenNoneHasAny() throws {
    let error = #expect(throws: NoCredentials.self) {
      try CredentialChain(
        environment: ["HOME": "/no-such-home", "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"],
        profile: nil
      ).lease()
    }
    let text = error?.description ?? ""
    for part in [
      "environment: OSS_ACCESS_KEY_ID", "profile default: there is no /no-such-home/.ossutilconfig",
      "ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED",
    ] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test(arguments: [
    ("[default]\nmode = RamRoleArn\n", ":2: osbatch knows the modes"),
    ("[default]\nmode = Process\n", ":2: the profile has no credential-process"),
    ("[default]\naccessKeyID = a\n", ":2: the profile has no access-key-secret"),
    ("[default]\naccessKeySecret = a\n", ":2: the profile has no access-key-id"),
    (
      "[default]\nmode=Process\ncredential-process=x\ncredential-process-timeout=0",
      ":4: the timeout"
    ),
    ("[default]\nnonsense", ":2: expected"),
    ("[default]\nmode=Process\ncredential-process=exit 3", "exit code 3"),
    ("[default]\nmode=Process\ncredential-process=kill -9 $$", "signal 9"),
    ("[default]\nmode=Process\ncredential-process=echo no", "not a JSON object"),
    ("[default]\nmode=Process\ncredential-process=yes", "more than 65536 bytes"),
    (
      "[default]\nmode=Process\ncredential-process=sleep 600 & sleep 600\ncredential-process-timeout=1",
      "did not end within 1 s"
    ),
    ("[default]\nmode=EcsRamRole\necs-role-name=../../user-data", "other characters"),
  ])
  func whatIsWrongWithAProfileIsSaidWithItsPlace(text: String, words: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(".ossutilconfig", Array(text.utf8))
    // A port where nobody answers: the name is checked before anything is asked for it.
    let environment = [
      "HOME": directory.path, "OSBATCH_ECS_METADATA_ENDPOINT": "http://127.0.0.1:\(try deaf())",
    ]
    let error = #expect(throws: NoCredentials.self) {
      try CredentialChain(environment: environment, profile: nil).lease()
    }
    let said = error?.description ?? ""
    #expect(said.contains(words), "\(said)")
    #expect(error?.tried.count == 2)
  }

  /// Also one that names nothing else: there is no other sense in it.
  @Test(arguments: ["mode = Ali-EcsRamRole\n", "mode = EcsRamRole\n", ""])
  func aRoleThatAProfileNamesIsNotPassedOver(mode: String) throws {
    let directory = try TemporaryDirectory()
    let text = "[default]\n\(mode)ecs-role-name = BackupRole\n"
    try directory.write(".ossutilconfig", Array(text.utf8))
    let environment = [
      "HOME": directory.path,
      "OSBATCH_ECS_METADATA_ENDPOINT": "http://127.0.0.1:\(try closedPort())",
    ]
    let error = #expect(throws: NoCredentials.self) {
      try CredentialChain(environment: environment, profile: nil).lease()
    }
    let words = "profile default: ECS RAM role: cannot connect to"
    #expect(error?.tried.last?.hasPrefix(words) == true, "\(error?.description ?? "")")
    #expect(error?.tried.count == 2)
  }

  /// A service that answers with a page.
  private func deaf() throws -> Int {
    try PageServer.shared.get().port
  }

  @Test func aCommandDoesNotSeeOurSecrets() throws {
    let directory = try TemporaryDirectory()
    let script = "[default]\nmode=Process\ncredential-process=env > \(directory("env")); exit 1"
    try directory.write(".ossutilconfig", Array(script.utf8))
    let environment = [
      "HOME": directory.path, "PATH": "/usr/bin:/bin", "OSS_SESSION_TOKEN": "left-over",
      "MINE": "stays",
    ]
    #expect(throws: NoCredentials.self) {
      try CredentialChain(environment: environment, profile: nil).lease()
    }
    let variables = String(decoding: try directory.read("env"), as: UTF8.self)
    #expect(variables.contains("MINE=stays"))
    #expect(!variables.contains("left-over"))
  }
}

extension PageServer {
  fileprivate static let shared = Result { try PageServer() }
}

@Suite struct CredentialsRefresherTests {
  private func start(
    _ source: ScriptedSource
  ) throws -> (CredentialsRefresher, Inbox<CredentialsRefresher.News>) {
    let inbox = Inbox<CredentialsRefresher.News>()
    let lease = try CredentialChain([source]).lease()
    return (CredentialsRefresher(lease) { inbox.post($0) }, inbox)
  }

  @Test func whoAsksGetsNews() throws {
    let source = ScriptedSource(
      "s", .success(try key("a")), .success(try key("a")), .failure(.broken("away")),
      .success(try key("b")))
    let (refresher, inbox) = try start(source)
    refresher.refresh()
    #expect(inbox.next() == .unavailable("s: it still gives the same credentials"))
    refresher.refresh()
    #expect(inbox.next() == .unavailable("s: away"))
    refresher.refresh()
    #expect(inbox.next() == .renewed(try key("b").credentials, reread: false))
    refresher.stop()
    #expect(source.asked == 4, "once for each question")
  }

  @Test func whoOnlyWantsThemReadAgainGetsNewsToo() throws {
    let source = ScriptedSource(
      "s", .success(try key("a")), .success(try key("a")), .success(try key("b")),
      .failure(.broken("away")))
    let (refresher, inbox) = try start(source)
    refresher.reread()
    #expect(inbox.next() == .unchanged)
    refresher.reread()
    #expect(inbox.next() == .renewed(try key("b").credentials, reread: true))
    refresher.reread()
    #expect(inbox.next() == .unavailable("s: away"))
    refresher.stop()
  }

  /// What a question sees may be older than the wish.
  @Test func aQuestionUnderWayDoesNotAnswerAWishToReadThemAgain() throws {
    let source = ScriptedSource(
      "s", .success(try key("a")), .success(try key("a")), .success(try key("b")))
    let (refresher, inbox) = try start(source)
    source.meanwhile.withLock { $0 = { for _ in 0..<3 { refresher.reread() } } }
    refresher.reread()
    #expect(inbox.next() == .unchanged)
    #expect(inbox.next() == .renewed(try key("b").credentials, reread: true))
    refresher.stop()
    #expect(source.asked == 3, "one question more for them all")
  }

  @Test func aQuestionUnderWayAnswersWhoNeedsNewerOnes() throws {
    let source = ScriptedSource(
      "s", .success(try key("a")), .success(try key("b")), .success(try key("c")))
    let (refresher, inbox) = try start(source)
    source.meanwhile.withLock { $0 = { refresher.refresh() } }
    refresher.reread()
    #expect(inbox.next() == .renewed(try key("b").credentials, reread: true))
    refresher.stop()
    #expect(source.asked == 2)
  }

  /// A source whose credentials are other ones each time, and always about to expire.
  private final class RestlessSource: CredentialSource {
    let name = "s"
    private let questions = Lock(0)

    func issue(_ cancellation: Cancellation) throws(CredentialProblem) -> IssuedCredentials {
      let number = questions.withLock { questions in
        questions += 1
        return questions
      }
      guard let issued = try? key("\(number)", expiration: WallClock.seconds + 2) else {
        throw .broken("a key of the test's own")
      }
      return issued
    }
  }

  @Test func credentialsThatAlwaysExpireAtOnceAreNotAskedForAllTheTime() throws {
    let inbox = Inbox<CredentialsRefresher.News>()
    let lease = try CredentialChain([RestlessSource()]).lease()
    let refresher = CredentialsRefresher(lease) { inbox.post($0) }
    #expect(inbox.next() == .renewed(try key("2").credentials, reread: false))
    let start = ContinuousClock.now
    #expect(inbox.next() == .renewed(try key("3").credentials, reread: false))
    #expect(inbox.next() == .renewed(try key("4").credentials, reread: false))
    #expect(ContinuousClock.now - start > .seconds(3), "after 2 s, and then 4 s")
    let beforeRefusal = ContinuousClock.now
    refresher.refresh()
    #expect(inbox.next() == .renewed(try key("5").credentials, reread: false))
    #expect(ContinuousClock.now - beforeRefusal < .seconds(8), "who needs them does not wait")
    refresher.stop()
  }

  @Test func theyAreRenewedBeforeTheyExpireWithoutBeingAsked() throws {
    let source = ScriptedSource(
      "s", .success(try key("a", expiration: WallClock.seconds + 2)), .success(try key("b")))
    let (refresher, inbox) = try start(source)
    #expect(inbox.next() == .renewed(try key("b").credentials, reread: false))
    refresher.stop()
    #expect(source.asked == 2)
  }
}
