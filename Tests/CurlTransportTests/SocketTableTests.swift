import CLibCurl
import Glibc
import Testing

@testable import CurlTransport

/// Sockets between epoll and libcurl, with real ones of both.
@Suite struct SocketTableTests {
  private let epoll: CInt
  private let table: SocketTable
  /// The ends of a connection: what the table has, and the server's.
  private let ends: [CInt]

  init() throws {
    epoll = epoll_create1(0)
    table = SocketTable(epoll: epoll)
    var ends: [CInt] = [0, 0]
    try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
    self.ends = ends
  }

  /// The events that are there now, of whichever sockets epoll watches.
  private func events() -> [epoll_event] {
    var events = [epoll_event](repeating: epoll_event(), count: 4)
    let count = epoll_wait(epoll, &events, CInt(events.count), 0)
    return Array(events.prefix(Int(max(0, count))))
  }

  private func send() { #expect(write(ends[1], "x", 1) == 1) }

  /// The other end is told at once, even while a program that another test is just starting has this one, too.
  private func end(_ socket: CInt) {
    #expect(shutdown(socket, CInt(SHUT_RDWR)) == 0)
    close(socket)
  }

  @Test func aConnectionStaysWatchedBetweenTwoRequests() {
    table.opened(ends[0])
    table.watch(ends[0], CURL_POLL_IN)
    table.watch(ends[0], CURL_POLL_REMOVE)
    send()
    #expect(events().map(\.data.fd) == [ends[0]])
    table.watch(ends[0], CURL_POLL_IN)
    #expect(events().map(\.data.fd) == [ends[0]])
    #expect(table.isWanted(ends[0]))
    #expect(table.close(ends[0]) == 0)
    close(ends[1])
    close(epoll)
  }

  /// Else the loop would hear of it without end.
  @Test func whatComesOnAnIdleConnectionIsHeardOnce() {
    table.opened(ends[0])
    table.watch(ends[0], CURL_POLL_IN)
    table.watch(ends[0], CURL_POLL_REMOVE)
    end(ends[1])
    #expect(events().count == 1)
    #expect(!table.isWanted(ends[0]))
    #expect(events().isEmpty)
    table.watch(ends[0], CURL_POLL_IN)
    #expect(events().count == 1, "a request that uses it hears of its end")
    #expect(table.close(ends[0]) == 0)
    close(epoll)
  }

  @Test func aNewConnectionUnderAnOldNumberIsWatchedAnew() throws {
    // A number that nobody else takes meanwhile: others get the lowest.
    let number = fcntl(ends[0], F_DUPFD, 900)
    try #require(number >= 900)
    table.opened(number)
    table.watch(number, CURL_POLL_IN)
    table.watch(number, CURL_POLL_REMOVE)
    #expect(table.close(number) == 0)
    end(ends[0])
    try #require(fcntl(ends[1], F_DUPFD, number) == number)
    table.opened(number)
    table.watch(number, CURL_POLL_IN)
    #expect(events().map(\.data.fd) == [number], "the other end is closed")
    #expect(table.close(number) == 0)
    close(ends[1])
    close(epoll)
  }

  /// As some versions of libcurl do with one that was never connected.
  @Test func aSocketThatIsClosedWithoutAWordLeavesNothingBehind() throws {
    let number = fcntl(ends[0], F_DUPFD, 800)
    try #require(number >= 800)
    table.opened(number)
    table.watch(number, CURL_POLL_OUT)
    close(number)
    table.watch(number, CURL_POLL_REMOVE)
    // The resolver's, twice.
    for _ in 0..<2 {
      try #require(fcntl(ends[0], F_DUPFD, number) == number)
      table.watch(number, CURL_POLL_IN)
      send()
      #expect(events().map(\.data.fd) == [number])
      table.watch(number, CURL_POLL_REMOVE)
      close(number)
    }
    // And one that goes before libcurl says so.
    for _ in 0..<2 {
      try #require(fcntl(ends[0], F_DUPFD, number) == number)
      table.opened(number)
      table.watch(number, CURL_POLL_OUT)
      close(number)
    }
    close(ends[0])
    close(ends[1])
    close(epoll)
  }

  /// They could be written to all the time.
  @Test func whatIsNotOnlyReadIsNotKept() {
    table.opened(ends[0])
    table.watch(ends[0], CURL_POLL_INOUT)
    #expect(events().count == 1)
    table.watch(ends[0], CURL_POLL_REMOVE)
    #expect(events().isEmpty)
    #expect(table.close(ends[0]) == 0)
    close(ends[1])
    close(epoll)
  }

  /// Those of libcurl's resolver come and go without a word.
  @Test func whatIsNoConnectionIsNotKept() {
    table.watch(ends[0], CURL_POLL_IN)
    send()
    #expect(events().count == 1)
    table.watch(ends[0], CURL_POLL_REMOVE)
    #expect(events().isEmpty)
    close(ends[0])
    close(ends[1])
    close(epoll)
  }
}
