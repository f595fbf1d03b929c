internal import BatchCore

/// The XML that CompleteMultipartUpload sends (OSS API reference, "CompleteMultipartUpload").
enum CompletionDocument {
  static func bytes(_ parts: [CompletedPart]) -> [UInt8] {
    var xml: [UInt8] = []
    xml.reserveCapacity(64 + parts.count * 96)
    xml.append("<CompleteMultipartUpload>" as StaticString)
    for part in parts {
      xml.append("<Part><PartNumber>" as StaticString)
      xml.append(String(part.number))
      xml.append("</PartNumber><ETag>" as StaticString)
      appendEscaped(part.etag, to: &xml)
      xml.append("</ETag></Part>" as StaticString)
    }
    xml.append("</CompleteMultipartUpload>" as StaticString)
    return xml
  }

  private static func appendEscaped(_ text: String, to xml: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): xml.append("&amp;" as StaticString)
      case UInt8(ascii: "<"): xml.append("&lt;" as StaticString)
      case UInt8(ascii: ">"): xml.append("&gt;" as StaticString)
      default: xml.append(byte)
      }
    }
  }
}
