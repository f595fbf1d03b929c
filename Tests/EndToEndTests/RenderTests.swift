import Foundation
import TestKit
import Testing

/// What `render` prints runs to the same plan.
@Suite struct RenderTests {
  private func stage() throws -> Stage {
    let stage = try Stage()
    for name in ["logs/b.gz", "logs/web/a $x.gz", "photos/1.jpg", "photos/no", "S: #"] {
      try stage.directory.write(name, content(500, seed: UInt64(name.utf8.count)))
    }
    try stage.directory.write(
      "photos/list.csv", Array("file,key,labels,tags.a\n1.jpg,,x;y,1\nno,$${k}: null,,\n".utf8))
    try stage.directory.write("large", content(300_000))
    try stage.manifest(
      text: """
        version: 1
        vars: {host: none}
        targets:
          near: {bucket: bucket, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou, prefix: "${run.id}/"}
          far: {bucket: other, endpoint: "\(stage.server.endpoint)", region: cn-hangzhou}
        defaults: {target: near, part_size: 100KiB, metadata: {host: "${vars.host}"}}
        templates:
          web: {acl: public-read, headers: {Cache-Control: max-age=60}}
        entries:
          - {glob: "logs/**/*.gz", key: "logs/${file.path}", use: web, labels: logs}
          - {list: photos/list.csv, key: "photos/${file.name}", storage_class: IA}
          - {id: large, file: large, key: large, multipart_threshold: 100KiB, target: far}
          - {file: "S: #", key: SUCCESS, metadata: null, needs: [large, "tag:logs", "*"]}
          - {file: missing, key: missing, priority: -3}

        """)
    return stage
  }

  /// Without the line, since entries stand elsewhere, and the moment.
  private func plan(_ stage: Stage, _ manifest: String, _ options: String...) throws -> [String] {
    let words = ["plan", manifest, "--json", "--state-dir", "state"] + options
    let end = try stage.start(words).wait()
    #expect(end.code == 1, "one file is missing: \(end.errors)")
    return end.output.split(separator: "\n").map {
      String($0.replacing(/"line":[0-9]+|"time":"[^"]*"/, with: ""))
    }
  }

  @Test func aPartIsAManifestWhereItCanStandAlone() throws {
    let stage = try stage()
    let part = try stage.command("render", "manifest.yaml", "--only", "tag:logs", "--only", "large")
    #expect(part.code == 0, "\(part.errors)")
    try stage.directory.write("part.yaml", Array(part.output.utf8))
    #expect(try stage.command("validate", "part.yaml").output.contains("valid, 3 entries"))
    let gaps = [
      (["SUCCESS", "tag:logs"], "needs large,"), (["SUCCESS", "large"], "needs tag:logs,"),
    ]
    for (only, words) in gaps {
      let options = only.flatMap { ["--only", $0] }
      let end = try stage.start(["render", "manifest.yaml"] + options).wait()
      #expect(end.code == 2 && end.output.isEmpty)
      #expect(end.errors.contains(words), "\(end.errors)")
      let lines = try stage.start(["render", "manifest.yaml", "--json"] + options).wait()
      #expect(lines.code == 0)
      #expect(lines.output.split(separator: "\n").count == (only[1] == "large" ? 3 : 4))
    }
    let whole = try stage.command("render", "manifest.yaml", "--skip", "missing")
    #expect(whole.code == 0, "\(whole.errors)")
    #expect(try stage.command("render", "manifest.yaml", "--only", "none").code == 2)
  }

  @Test func theRenderedManifestHasTheSamePlan() throws {
    let stage = try stage()
    let run = try stage.run("--state-dir", "state", "--set", "host=db$1")
    #expect(run.code == 1, "\(run.errors)")
    try stage.directory.write("large", content(400_000, seed: 2))
    let render = try stage.command(
      "render", "manifest.yaml", "--state-dir", "state", "--set", "host=db$1")
    #expect(render.code == 0, "\(render.errors)")
    #expect(render.errors.isEmpty)
    #expect(render.output.contains("host: \"db$$1\""))
    try stage.directory.write("rendered.yaml", Array(render.output.utf8))
    let expected = try plan(stage, "manifest.yaml", "--set", "host=db$1")
    #expect(expected.count == 10)
    #expect(expected.filter { $0.contains("\"action\":\"unchanged\"") }.count >= 4)
    #expect(try plan(stage, "rendered.yaml") == expected)
    #expect(try stage.command("render", "rendered.yaml").output == render.output)
    let fresh = try stage.command("render", "manifest.yaml", "--state-dir", "state", "--new-run")
    #expect(
      !fresh.output.contains(
        try #require(run.events.first { $0.text("key") != nil }?.text("key")?.prefix(16))))
  }

  @Test func programsGetEveryEntryWhole() throws {
    let stage = try stage()
    let end = try stage.command("render", "manifest.yaml", "--json")
    #expect(end.code == 0)
    let lines = try end.output.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
    #expect(
      lines.map { $0["type"] as? String } == ["manifest"] + Array(repeating: "entry", count: 7))
    #expect(
      (lines[0]["targets"] as? [[String: Any]])?.map { $0["name"] as? String } == ["near", "far"])
    let photo = try #require(lines.first { $0["file"] as? String == "photos/1.jpg" })
    let headers = ["x-oss-meta-host": "none", "x-oss-storage-class": "IA", "x-oss-tagging": "a=1"]
    #expect(photo["headers"] as? [String: String] == headers)
    #expect(photo["labels"] as? [String] == ["x", "y"])
    #expect((photo["key"] as? String)?.hasSuffix("/photos/1.jpg") == true)
    let marker = try #require(lines.first { $0["file"] as? String == "S: #" })
    #expect(marker["needs"] as? [String] == ["*", "large", "tag:logs"])
    #expect(marker["part_size"] as? Int == 102_400)
    #expect(marker["retries"] as? Int == 8)
  }

  /// A manifest that ends too early would be one with fewer entries.
  @Test func whatCannotBePrintedWholeIsAnError() throws {
    let stage = try stage()
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let end = try stage.start(["render", "manifest.yaml"], output: full).wait()
    #expect(end.code == 5)
    #expect(end.errors.contains("not the whole manifest"))
  }

  @Test func errorsOfTheManifestAreThoseOfValidate() throws {
    let stage = try Stage()
    try stage.manifest("  - {file: a, kee: b}")
    let render = try stage.command("render", "manifest.yaml")
    #expect(render.code == 3)
    #expect(render.output.isEmpty)
    #expect(render.errors == (try stage.command("validate", "manifest.yaml").errors))
  }
}
