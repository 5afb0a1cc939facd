import HTTPTransport
import PipelineCore

/// The parameters of `fetch_data`, joined to what they mean.
struct FetchDataOptions: Sendable {
    var format: CIFARFormat
    var source: DatasetSource
    /// Where the data set is made.
    var out: String
    /// The check sum that the archive must have; `nil` when nobody knows one.
    var md5: String?
    /// Who says so.
    var md5Authority: String?
    /// The other check sum, where it is asked for.
    var sha256: String?
    /// Where downloads are kept for later runs.
    var cache: String?
    /// What the manifest records, and what a later run compares.
    var request: JSONObject

    init(_ parameters: StageParameters) throws(StageError) {
        guard let format = CIFARFormat.named(parameters.text("dataset")) else {
            preconditionFailure("the choices of dataset are the known formats")
        }
        let text = parameters.optionalText("source") ?? format.url
        let synthetic = SyntheticDataset(
            format: format, trainImages: parameters.integer("train"), testImages: parameters.integer("test"),
            seed: UInt64(parameters.integer("seed")))
        self.format = format
        source = try DatasetSource(text, synthetic: synthetic)
        out = parameters.text("out")
        cache = parameters.optionalText("cache")
        // Manifests and results are read by many; a URL's credentials and query stay out of them.
        let shown = if case .download = source { HTTPRequest.redacted(text) } else { text }
        request = ["dataset": .string(format.name), "source": .string(shown)]
        try readCheckSum(parameters.optionalText("md5"), sourceText: text)
        if let given = parameters.optionalText("sha256") {
            sha256 = try Self.digits(given, 64, of: "sha256", or: "")
            request["sha256"] = sha256.map { .string($0) }
        }
        if case .synthetic(let set) = source { try describe(set) }
    }

    private mutating func readCheckSum(_ given: String?, sourceText: String) throws(StageError) {
        switch given {
        case "none": break
        case let given?:
            let digits = try Self.digits(given, 32, of: "md5", or: " or none")
            md5 = digits
            md5Authority = "parameter md5"
            request["md5"] = .string(digits)
        case nil where sourceText == format.url:
            md5 = format.md5
            md5Authority = "the authors' page"
        case nil: break
        }
    }

    private static func digits(
        _ given: String, _ count: Int, of name: String, or other: String
    ) throws(StageError) -> String {
        guard given.utf8.count == count, given.allSatisfy(\.isHexDigit) else {
            throw StageError(
                .misuse, "parameter \(name): '\(given)' is not allowed, give \(count) hexadecimal digits\(other)")
        }
        return given.lowercased()
    }

    private mutating func describe(_ set: SyntheticDataset) throws(StageError) {
        let least = format.trainFiles.count
        guard set.trainImages >= least else {
            throw StageError(
                .misuse,
                "parameter train: \(set.trainImages) is not allowed, give at least \(least): \(format.name) has "
                    + "\(least) files of training images, none of them empty")
        }
        request["train"] = .int(set.trainImages)
        request["test"] = .int(set.testImages)
        request["seed"] = .int(Int(set.seed))
    }
}
