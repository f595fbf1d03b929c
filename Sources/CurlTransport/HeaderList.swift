internal import CLibCurl
internal import Glibc

/// The header list that libcurl walks, built without an allocation per line: the nodes are kept and
/// point into the request's own bytes, which must outlive the transfer.
struct HeaderList: ~Copyable {
  private var nodes: UnsafeMutablePointer<curl_slist>
  private var capacity: Int

  /// A header with nothing after its colon takes out what libcurl would add by itself. They stand
  /// after the request's lines, so a header that the request has wins. `Expect` would cost a round
  /// trip, or a second with servers that ignore it; an added `Content-Type` is part of what some
  /// services sign.
  private static let suppressed: [StaticString] = ["Expect:", "Accept:", "Content-Type:"]

  init() {
    capacity = 32
    nodes = .allocate(capacity: capacity)
  }

  deinit { nodes.deallocate() }

  /// The list of all lines in `lines`, each NUL-terminated, then the suppressions; good until the
  /// next call.
  mutating func link(_ lines: [UInt8]) -> UnsafeMutablePointer<curl_slist> {
    var used = 0
    var rest = UnsafeMutableRawPointer(mutating: stableAddress(lines))
      .assumingMemoryBound(to: CChar.self)
    let end = rest + lines.count
    while rest < end {
      append(rest, &used)
      rest += strlen(rest) + 1
    }
    for line in Self.suppressed {
      // libcurl reads the list only; its type says otherwise for historical reasons.
      let bytes = UnsafeMutablePointer(mutating: line.utf8Start)
      append(UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: CChar.self), &used)
    }
    for index in 0..<used - 1 { nodes[index].next = nodes + index + 1 }
    return nodes
  }

  private mutating func append(_ line: UnsafeMutablePointer<CChar>, _ used: inout Int) {
    if used == capacity {
      let larger = UnsafeMutablePointer<curl_slist>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: nodes, count: used)
      nodes.deallocate()
      nodes = larger
      capacity *= 2
    }
    (nodes + used).initialize(to: curl_slist(data: line, next: nil))
    used += 1
  }
}
