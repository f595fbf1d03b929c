/// The parts that a CompleteMultipartUpload names, checked against those that are there
/// (OSS API reference, "CompleteMultipartUpload").
struct CompletionList {
  let parts: [StoredPart]

  init(_ request: Request, _ document: [UInt8], _ upload: OpenUpload) throws(ServiceError) {
    if request.isSet("x-oss-complete-all", "yes") {
      guard document.isEmpty else {
        throw ServiceError.invalidArgument(
          "x-oss-complete-all goes with an empty body.", "x-oss-complete-all", "yes",
          errorCode: "0042-00000216")
      }
      parts = upload.parts.values.sorted { $0.number < $1.number }
      guard !parts.isEmpty else { throw CompletionList.invalidPart(0, "", upload, nil) }
    } else {
      parts = try CompletionList.named(CompletionList.read(document), in: upload)
    }
    for part in parts.dropLast() where part.size < StoredPart.minimumSize {
      throw ServiceError(
        400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size.",
        errorCode: "0042-00000213"
      ).with("ProposedSize", String(part.size))
        .with("MinSizeAllowed", String(StoredPart.minimumSize))
        .with("PartNumber", String(part.number)).with("ETag", part.entityTag)
    }
  }

  private typealias NamedPart = (number: Int, entityTag: String)

  private static func read(_ document: [UInt8]) throws(ServiceError) -> [NamedPart] {
    let root: XMLElement
    do throws(XMLFailure) { root = try XMLParser.parse(document) } catch {
      throw ServiceError.malformedXML()
    }
    guard root.name == "CompleteMultipartUpload", !root.children.isEmpty else {
      throw ServiceError.malformedXML()
    }
    var named: [NamedPart] = []
    for element in root.children where element.name == "Part" {
      guard let number = element.child("PartNumber").flatMap({ Int($0.text.trimmed) }),
        let tag = element.child("ETag")?.text
      else { throw ServiceError.malformedXML() }
      named.append((number, tag.trimmed.filter { $0 != "\"" }.uppercased()))
    }
    guard !named.isEmpty else { throw ServiceError.malformedXML() }
    return named
  }

  private static func named(
    _ named: [NamedPart], in upload: OpenUpload
  ) throws(ServiceError) -> [StoredPart] {
    var parts: [StoredPart] = []
    for (number, entityTag) in named {
      guard StoredPart.numbers.contains(number) else {
        throw ServiceError.invalidArgument(
          "Part number must be an integer between 1 and 10000, inclusive.", "PartNumber",
          String(number), errorCode: "0017-00000220")
      }
      guard number > parts.last?.number ?? 0 else {
        throw ServiceError(
          400, "InvalidPartOrder",
          "The list of parts was not in ascending order. The parts list must be specified in order "
            + "by part number.", errorCode: "0042-00000209"
        ).with("UploadId", upload.identifier)
      }
      guard let part = upload.parts[number], part.entityTag == entityTag else {
        throw invalidPart(number, entityTag, upload, upload.parts[number])
      }
      parts.append(part)
    }
    return parts
  }

  private static func invalidPart(
    _ number: Int, _ entityTag: String, _ upload: OpenUpload, _ stored: StoredPart?
  ) -> ServiceError {
    ServiceError(
      400, "InvalidPart",
      "One or more of the specified parts could not be found or the specified entity tag might not "
        + "have matched the part's entity tag."
    ).with("PartNumber", String(number)).with("ETag", entityTag)
      .with("PartETag", stored?.entityTag ?? "").with("UploadId", upload.identifier)
  }
}
