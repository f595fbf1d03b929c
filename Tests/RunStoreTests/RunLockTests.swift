import Foundation
import Platform
import RunStore
import Testing

@Suite struct RunLockTests {
  private let home: TemporaryDirectory
  private let directory: RunDirectory

  init() throws {
    home = try TemporaryDirectory()
    directory = try home.run()
  }

  private func expectLocked() -> RunLockOwner? {
    do throws(StoreError) {
      _ = try RunLock.acquire(in: directory)
      Issue.record("the lock was free")
      return nil
    } catch {
      guard case .locked(directory.path, let owner, _) = error else {
        Issue.record("\(error)")
        return nil
      }
      return owner
    }
  }

  @Test func theSecondRunIsToldWhoHoldsTheLock() throws {
    let lock = try RunLock.acquire(in: directory)
    let owner = try #require(expectLocked())
    #expect(owner.process == getpid())
    #expect(!owner.host.isEmpty)
    #expect(owner.isAlive == true)
    #expect(abs(owner.since - WallClock.seconds) < 600)
    #expect("\(owner)".contains("process \(getpid()) on \(owner.host)"))
    #expect(try RunLockOwner.read(in: directory) == owner)
    withExtendedLifetime(lock) {}
  }

  @Test func releaseFreesItAndTakesTheNameAway() throws {
    for _ in 1...3 {
      let lock = try RunLock.acquire(in: directory)
      withExtendedLifetime(lock) {}
      _ = consume lock
      #expect(try RunLockOwner.read(in: directory) == nil)
    }
  }

  @Test func aRunHoldsItUntilItsWriterIsClosed() throws {
    let run = try OpenRun(directory)
    #expect(expectLocked()?.process == getpid())
    run.writer.close()
    _ = try RunLock.acquire(in: directory)
  }

  @Test func anotherProcessHoldsItUntilItIsKilled() throws {
    let holder = Process()
    let output = Pipe()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    holder.arguments = ["--no-fork", directory.path + "/lock", "sh", "-c", "echo held; exec cat"]
    holder.standardInput = Pipe()
    holder.standardOutput = output
    try holder.run()
    #expect(output.fileHandleForReading.readData(ofLength: 5) == Data("held\n".utf8))
    #expect(expectLocked() == nil, "that holder has not written a name")
    kill(holder.processIdentifier, SIGKILL)
    holder.waitUntilExit()
    _ = try RunLock.acquire(in: directory)
  }

  @Test func aKilledRunLeavesANameThatIsKnownToBeDead() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let lock = try RunLock.acquire(in: RunDirectory(path))
      kill(getpid(), SIGKILL)
      withExtendedLifetime(lock) {}
    }
    let owner = try #require(try RunLockOwner.read(in: directory))
    #expect(owner.process != getpid())
    #expect(owner.isAlive == false)
    _ = try RunLock.acquire(in: directory)
  }

  @Test func aLaterProcessWithTheSameNumberIsNotTheOwner() throws {
    let lock = try RunLock.acquire(in: directory)
    var owner = try #require(try RunLockOwner.read(in: directory))
    owner.process = 1
    #expect(owner.isAlive == false)
    owner.host += ".elsewhere"
    #expect(owner.isAlive == nil)
    withExtendedLifetime(lock) {}
  }

  @Test func waitingEndsWithTheOtherRun() throws {
    let run = try OpenRun(directory)
    let closing = Platform.Thread("closing") { [writer = run.writer] in writer.close() }
    _ = try RunLock.acquire(in: directory, timeout: .seconds(60))
    closing.join()
  }

  @Test func waitingEndsAtTheTimeout() throws {
    let lock = try RunLock.acquire(in: directory)
    #expect(throws: StoreError.self) {
      _ = try RunLock.acquire(in: directory, timeout: .milliseconds(30))
    }
    withExtendedLifetime(lock) {}
  }

  @Test(arguments: [
    "", "l", "garbage\n", "l host 1 2 3 00000000\n", String(repeating: "x", count: 5_000),
  ])
  func aLockFileOfAnyTextIsNoObstacle(text: String) throws {
    try write(text.utf8, to: directory.path + "/lock")
    #expect(try RunLockOwner.read(in: directory) == nil)
    let lock = try RunLock.acquire(in: directory)
    #expect(try RunLockOwner.read(in: directory)?.process == getpid())
    withExtendedLifetime(lock) {}
  }
}
