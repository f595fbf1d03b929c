import DevServer
import Foundation
import Testing

@Suite struct ListingTests {
  private func elements(
    _ server: TestServer, _ element: String, _ query: [(String, String)]
  ) throws -> [String] {
    try server.send(TestRequest("GET", "", query)).elements(element)
  }

  @Test func pagesMeetEveryKeyOnce() throws {
    let server = try TestServer()
    let keys = (0..<7).map { "k\($0)" } + ["目/录", "a b"]
    for key in keys { try server.put(key) }
    var marker = ""
    var seen: [String] = []
    repeat {
      let query = [("max-keys", "2"), ("marker", marker), ("encoding-type", "url")]
      let page = try server.send(TestRequest("GET", "", query))
      seen += page.elements("Key").compactMap(\.removingPercentEncoding)
      marker = page.element("NextMarker")?.removingPercentEncoding ?? ""
    } while !marker.isEmpty
    #expect(seen == keys.sorted())
    var token = ""
    seen = []
    repeat {
      let query = [("list-type", "2"), ("max-keys", "4"), ("continuation-token", token)]
      let page = try server.send(TestRequest("GET", "", query))
      seen += page.elements("Key")
      token = page.element("NextContinuationToken") ?? ""
    } while !token.isEmpty
    #expect(seen == keys.sorted())
  }

  @Test func delimitersMakeFolders() throws {
    let server = try TestServer()
    for key in ["a/1", "a/2", "b/1", "top"] { try server.put(key) }
    #expect(try elements(server, "Key", [("delimiter", "/")]) == ["top"])
    let folders = try server.send(TestRequest("GET", "", [("delimiter", "/")]))
      .elements("CommonPrefixes")
    #expect(folders == ["<Prefix>a/</Prefix>", "<Prefix>b/</Prefix>"])
    #expect(try elements(server, "Key", [("prefix", "a/"), ("delimiter", "/")]) == ["a/1", "a/2"])
    let query = [("delimiter", "/"), ("max-keys", "1")]
    let first = try server.send(TestRequest("GET", "", query))
    #expect(first.element("NextMarker") == "a/")
    let second = try server.send(TestRequest("GET", "", query + [("marker", "a/")]))
    #expect(second.elements("CommonPrefixes") == ["<Prefix>b/</Prefix>"])
  }

  @Test func uploadsAreListedInPages() throws {
    let server = try TestServer()
    var opened: [String] = []
    for key in ["b", "a", "b", "b", "c"] { opened.append(try server.initiate(key)) }
    var markers: [(String, String)] = []
    var seen: [String] = []
    while true {
      let query = [("uploads", ""), ("max-uploads", "2")] + markers
      let page = try server.send(TestRequest("GET", "", query))
      seen += page.elements("UploadId")
      guard page.element("IsTruncated") == "true" else { break }
      markers = [
        ("key-marker", try #require(page.element("NextKeyMarker"))),
        ("upload-id-marker", try #require(page.element("NextUploadIdMarker"))),
      ]
    }
    #expect(seen.count == 5)
    #expect(Set(seen) == Set(opened))
    let ofB = try elements(server, "UploadId", [("uploads", ""), ("prefix", "b")])
    #expect(Set(ofB) == [opened[0], opened[2], opened[3]])
  }

  @Test func bucketsTellOfThemselves() throws {
    let server = try TestServer { $0.region = "cn-test" }
    var signer = Signer()
    signer.region = "cn-test"
    let info = try server.send(TestRequest("GET", "", [("bucketInfo", "")]), signer)
    #expect(info.element("Name") == "bucket")
    #expect(info.element("Location") == "oss-cn-test")
    let location = try server.send(TestRequest("GET", "", [("location", "")]), signer)
    #expect(location.element("LocationConstraint") == "oss-cn-test")
    #expect(try server.send(TestRequest("PUT")).code == "InvalidArgument")
    #expect(try server.send(TestRequest("PUT"), signer).status == 200)
  }
}
