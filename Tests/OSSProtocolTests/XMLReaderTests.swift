import Testing

@testable import OSSProtocol

@Suite struct XMLReaderTests {
  private func read(_ text: String) throws(XMLError) -> XMLElement {
    try XMLElement.root(of: Array(text.utf8))
  }

  private func reason(_ text: String) -> XMLError.Reason? {
    do throws(XMLError) {
      _ = try read(text)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func everythingThatRepliesMayHold() throws {
    let root = try read(
      """
      \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
      <!-- a - comment -->
      <n:Root xmlns:n="http://example.com/" xmlns='x' a = "1>">
        <Key>a&amp;b&lt;c&gt;&quot;&apos;&#x76EE;&#128512;</Key>
        <n:Empty/><Spaced  >  in  side  </Spaced >
        <Data>x<![CDATA[<&]]]]>y<?pi ?><!--c-->z</Data>
      </n:Root>
      """)
    #expect(root.name == "Root")
    #expect(root["Key"] == "a&b<c>\"'目😀")
    #expect(root["Empty"] == "")
    #expect(root["Spaced"] == "in  side")
    #expect(root["Data"] == "x<&]]yz")
    #expect(root["Missing"] == nil)
  }

  @Test(arguments: [
    ("", XMLError.Reason.ended), ("   ", .ended), ("<a>", .ended), ("<a", .ended), ("<a b", .ended),
    ("<a b='", .ended), ("<a/>x", .misplacedText), ("x<a/>", .misplacedText),
    ("<a/><b/>", .misplacedText), ("<![CDATA[x]]><a/>", .misplacedText),
    ("<a></b>", .mismatchedTag),
    ("<a></n:a>", .mismatchedTag), ("</a>", .mismatchedTag), ("<a>&bomb;</a>", .unknownEntity),
    ("<a>&#0;</a>", .unknownEntity), ("<a>&#xD800;</a>", .unknownEntity),
    ("<a>&#x110000;</a>", .unknownEntity), ("<a>&#-1;</a>", .unknownEntity),
    ("<a>&#x+1;</a>", .unknownEntity), ("<a>&;</a>", .unknownEntity),
    ("<a>&amp</a>              ", .unknownEntity), ("<a>\u{1}</a>", .malformed),
    ("<a b></a>", .malformed),
    ("<a b=c/>", .malformed), ("<a b='<'/>", .malformed), ("<a b='1'c='2'/>", .malformed),
    ("< a/>", .malformed), ("<1/>", .malformed), ("<a/ >", .malformed),
    ("<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>", .documentType),
    ("<a><!ELEMENT b></a>", .documentType),
  ])
  func whatIsRefused(text: String, expected: XMLError.Reason) {
    #expect(reason(text) == expected)
  }

  @Test func anEntityBombCannotBeginToExpand() {
    let bomb = """
      <?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">\
      <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>
      """
    #expect(reason(bomb) == .documentType)
  }

  @Test func invalidUTF8IsRefused() {
    let bytes = Array("<a>".utf8) + [0xFF, 0xFE] + Array("</a>".utf8)
    #expect(throws: XMLError(reason: .invalidText, offset: 3)) { try XMLElement.root(of: bytes) }
    let name = Array("<a".utf8) + [0xC3] + Array("/>".utf8)
    #expect(throws: XMLError(reason: .invalidText, offset: 1)) { try XMLElement.root(of: name) }
  }

  @Test func depthCountAndSizeAreLimited() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(reason(nested(XMLReader.maximumDepth)) == nil)
    #expect(reason(nested(XMLReader.maximumDepth + 1)) == .tooDeep)
    #expect(reason(String(repeating: "<a>", count: 1_000_000)) == .tooDeep)
    let many = String(repeating: "<a/>", count: XMLReader.maximumElements)
    #expect(reason("<r>" + many + "</r>") == .tooManyElements)
    let large = "<r>" + String(repeating: "x", count: 10 << 20) + "</r>"
    #expect(reason(large) == .tooLarge)
  }

  @Test func aDocumentCutAnywhereIsAnErrorAndNeverAResult() {
    let whole = Array(
      """
      <?xml version="1.0"?><R a="b"><K>x&amp;&#x41;</K><!--c--><D><![CDATA[d]]></D><E/></R>
      """.utf8)
    #expect((try? XMLElement.root(of: whole)) != nil)
    for count in 0..<whole.count {
      #expect((try? XMLElement.root(of: Array(whole[..<count]))) == nil, "cut at \(count)")
    }
  }
}
