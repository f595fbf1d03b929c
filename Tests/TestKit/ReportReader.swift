internal import Foundation

/// Reads reports as their users' programs do: with Python's parsers of JSON, CSV, XML and HTML.
package enum ReportReader {
  package struct Reading: Decodable {
    /// What is not nil of every entry, as text.
    package var entries: [[String: String]]
    /// The sums that the report states itself, as text, and what it says of the run.
    package var head: [String: String]
  }

  /// `format` is one of the program's: json, csv, junit, html.
  package static func read(_ path: String, as format: String) throws -> Reading {
    let variables = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
    let end = try Child(
      "/usr/bin/env", ["python3", "-X", "utf8", "-c", program, format, path],
      environment: variables, directory: "/"
    ).wait()
    guard end.code == 0 else { throw Problem("\(path) is no good \(format): \(end.errors)") }
    return try JSONDecoder().decode(Reading.self, from: Data(end.output.utf8))
  }

  private static let program = #"""
    import csv, html.parser, json, re, sys, xml.etree.ElementTree

    def text(value):
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)

    def unique(pairs):
        assert len(dict(pairs)) == len(pairs), f"a name stands twice: {pairs}"
        return dict(pairs)

    def refuse(constant):
        raise ValueError(constant)

    def read_json(path):
        with open(path, encoding="utf-8", newline="") as file:
            document = json.load(file, object_pairs_hook=unique, parse_constant=refuse)
        head = {**document["summary"], **{f"run.{k}": v for k, v in document.get("run", {}).items()}}
        return head, document["entries"]

    def read_csv(path):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        entries = []
        for row in rows[1:]:
            assert len(row) == len(rows[0]), row
            assert not any(re.match("[=+\\-@\t\r]", cell) for cell in row), row
            row = [re.sub("^'('*[=+\\-@\t\r])", r"\1", cell) for cell in row]
            entries.append({name: cell for name, cell in zip(rows[0], row) if cell != ""})
        return {}, entries

    def read_junit(path):
        root = xml.etree.ElementTree.parse(path).getroot()
        assert root.tag == "testsuites" and len(root) == 1
        suite = root[0]
        cases = suite.findall("testcase")
        entries = []
        for case in cases:
            entry = {item.get("name"): item.get("value") for item in case.iter("property")}
            entry["key"] = case.get("name")
            entry["class"] = case.get("classname")
            for failure in case.iter("failure"):
                entry["error"] = failure.get("message")
            skipped = len(case.findall("skipped"))
            failed = len(case.findall("failure"))
            assert (failed, skipped) == {"done": (0, 0), "unchanged": (0, 0), "failed": (1, 0)}.get(entry["outcome"], (0, 1))
            assert "time" not in case.attrib
            entries.append(entry)
        for element in (root, suite):
            assert int(element.get("tests")) == len(cases)
            assert int(element.get("failures")) == len(suite.findall("testcase/failure"))
            assert int(element.get("skipped")) == len(suite.findall("testcase/skipped"))
            assert element.get("errors") == "0"
        head = {item.get("name"): item.get("value") for item in suite.findall("properties/property")}
        return {**head, "name": suite.get("name")}, entries

    class Page(html.parser.HTMLParser):
        void = {"meta"}

        def __init__(self):
            super().__init__()
            self.stack, self.entries, self.head, self.term = [], [], {}, ""

        def handle_starttag(self, tag, attributes):
            assert tag not in ("script", "link", "img", "iframe", "object", "a", "base", "form"), tag
            assert all(not name.startswith("on") and name not in ("src", "href") for name, _ in attributes)
            if tag not in self.void:
                self.stack.append((tag, dict(attributes)))
            if tag == "tr":
                self.cells = []
            if tag == "td":
                self.cells.append({"bdi": [], "small": [], "code": []})

        def handle_endtag(self, tag):
            assert self.stack.pop()[0] == tag, f"</{tag}> is not what is open"
            if tag == "tr" and self.cells:
                key, known, _, source = self.cells
                outcome = [a["class"] for t, a in self.stack if t == "details"][0]
                entry = {"key": key["bdi"][0], "outcome": outcome, "file": source["bdi"][0]}
                if len(known["bdi"]) > 0:
                    entry["detail"] = known["bdi"][0]
                self.entries.append(entry)

        def handle_data(self, data):
            tags = [tag for tag, _ in self.stack]
            if tags[-1:] == ["dt"]:
                self.term = data
            if tags[-1:] == ["dd"]:
                self.head[self.term] = data
            if "td" in tags and tags[-1] in ("bdi", "small", "code"):
                self.cells[-1][tags[-1]].append(data)

    def read_html(path):
        page = Page()
        with open(path, encoding="utf-8", newline="") as file:
            page.feed(file.read())
        page.close()
        assert page.stack == [], page.stack
        return page.head, page.entries

    head, entries = {"json": read_json, "csv": read_csv, "junit": read_junit, "html": read_html}[sys.argv[1]](sys.argv[2])
    entries = [{name: text(value) for name, value in entry.items()} for entry in entries]
    json.dump({"entries": entries, "head": {name: text(value) for name, value in head.items()}}, sys.stdout)
    """#
}
