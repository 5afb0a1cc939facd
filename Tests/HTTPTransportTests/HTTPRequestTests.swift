import HTTPTransport
import Testing

@Suite struct HTTPRequestTests {
    @Test(arguments: [
        ("https://host/path", "https://host/path"), ("https://user:secret@host/path?token=x#y", "https://host/path"),
        ("https://host/a@b?x", "https://host/a@b"), ("nonsense", "nonsense"),
    ])
    func redactedURLsShowNoCredentials(_ url: String, _ shown: String) {
        #expect(HTTPRequest.redacted(url) == shown)
    }

    @Test func headerNamesCompareWithoutCase() {
        var headers: HTTPHeaders = ["ETag": "a", "X": "1", "x": "2"]
        #expect(headers["etag"] == "a" && headers["X"] == "1")
        headers["X"] = "3"
        #expect(headers.fields.map(\.value) == ["a", "3"])
        headers["x"] = nil
        #expect(headers["X"] == nil)
    }

    @Test(arguments: [(200, false), (404, false), (429, true), (500, true), (501, false), (503, true)])
    func overloadAndServerFaultsAreTransient(_ status: Int, _ isTransient: Bool) {
        #expect(HTTPResponseHead(status: status).isTransientFailure == isTransient)
        #expect(HTTPTransportError(.status(status), "").isTransient == isTransient)
    }
}
