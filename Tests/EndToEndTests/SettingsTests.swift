import Foundation
import TestKit
import Testing

/// What an entry asks to be stored with its object, on the one request that stores it.
@Suite struct SettingsTests {
  private static let settings = """
    headers: {Cache-Control: no-store, Content-Disposition: 'attachment; filename="a b.txt"'},
        content_type: text/x-test, metadata: {host: "name, with comma", number: 007},
        tags: {kind: "a b+c=d", empty: ""}, acl: public-read, storage_class: IA,
        encryption: AES256
    """

  private static let stored = [
    "cache-control": "no-store", "content-disposition": "attachment; filename=\"a b.txt\"",
    "content-type": "text/x-test", "x-oss-meta-host": "name, with comma",
    "x-oss-meta-number": "007", "x-oss-object-acl": "public-read", "x-oss-storage-class": "IA",
    "x-oss-server-side-encryption": "AES256",
  ]

  @Test(arguments: ["v4", "v1"])
  func settingsAreStoredWithObjectsOfEverySize(signature: String) throws {
    let stage = try Stage()
    try stage.directory.write("small", content(10))
    try stage.directory.write("large", content(3 * Stage.partSize))
    try stage.manifest(
      """
        - {file: small, key: small, \(Self.settings)}
        - {file: large, key: large, \(Self.settings)}
      """, target: "signature: \(signature)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.errors)")
    for key in ["small", "large"] {
      let headers = try #require(try stage.server.object(key)).headers
      for (name, value) in Self.stored { #expect(headers[name] == value, "\(name) of \(key)") }
      let tags = Set((headers["x-oss-tagging"] ?? "").split(separator: "&").map(String.init))
      let decoded = Set(tags.map { $0.removingPercentEncoding })
      #expect(tags.count == 2)
      #expect(decoded == ["kind=a b+c=d", "empty="] || decoded == ["kind=a b+c=d", "empty"])
    }
  }

  @Test func defaultsReachEveryEntryUnlessTakenBack() throws {
    let stage = try Stage()
    try stage.directory.write("page.html", [1])
    try stage.manifest(
      text: """
        version: 1
        target: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou, prefix: p/}
        defaults: {headers: {Cache-Control: no-store}, metadata: {a: x}}
        entries:
          - {file: page.html, key: inherits}
          - {file: page.html, key: overrides, headers: {cache-control: private}}
          - {file: page.html, key: removes.html, headers: {Cache-Control: null}, metadata: null}
        """)
    #expect(try stage.run().code == 0)
    let objects = try stage.server.objects().mapValues(\.headers)
    #expect(objects["p/inherits"]?["cache-control"] == "no-store")
    #expect(objects["p/inherits"]?["x-oss-meta-a"] == "x")
    #expect(objects["p/overrides"]?["cache-control"] == "private")
    #expect(objects["p/removes.html"]?["cache-control"] == nil)
    #expect(objects["p/removes.html"]?["x-oss-meta-a"] == nil)
    #expect(objects["p/removes.html"]?["content-type"] == "text/html")
  }

  @Test func anExistingObjectStaysWhenItMustNotBeOverwritten() throws {
    let stage = try Stage()
    try stage.small(1)
    let large = try stage.large(parts: 3)
    try stage.manifest("  - {file: small-0, key: a}\n  - {file: large, key: b}")
    #expect(try stage.run().code == 0)
    let before = try stage.server.object("a")?.bytes
    try stage.directory.write("small-0", content(999, seed: 5))
    try stage.directory.write("large", content(3 * Stage.partSize - 1, seed: 6))
    try stage.manifest(
      "  - {file: small-0, key: a, overwrite: never}\n  - {file: large, key: b, overwrite: never}")
    let run = try stage.run("--state-dir", "other-state")
    #expect(run.code == 0)
    #expect(run["unchanged"] == 2)
    #expect(run.events("unchanged").allSatisfy { $0.text("reason") == "exists" })
    #expect(try stage.server.object("a")?.bytes == before)
    try stage.expectStored("b", large)
    #expect(try stage.server.statistics().open_uploads == 0)
  }

  @Test func ourOwnLostReplyDoesNotCountAsSomebodyElsesObject() throws {
    let stage = try Stage()
    try stage.small(1, settings: "overwrite: never")
    try stage.server.fault("put reset=after-effect")
    let run = try stage.run()
    #expect(run.code == 0)
    #expect(run["done"] == 1)
    #expect(try stage.server.operations() == ["put", "put", "head"])
  }
}
