import PipelineCore
import Testing

@testable import LocalExecutor

struct SecretsMaskerTests {
    @Test(arguments: ["password", "API-Key", "my token", "aws_secret_access_key", "x.proxy.y"])
    func sensitiveNamesAreKnown(_ name: String) {
        #expect(SecretsMasker.isSensitive(name))
    }

    @Test(arguments: ["plain", "event", "pass", "keys"])
    func otherNamesAreNot(_ name: String) {
        #expect(!SecretsMasker.isSensitive(name))
    }

    @Test func secretsAreMaskedWholeWhereverTheyStand() {
        var masker = SecretsMasker()
        masker.add("hunter2")
        masker.add("hunter2extended")
        masker.add("four")
        masker.add("Airflow")
        #expect(masker.redacted("hunter2extended, hunter2, four, Airflow") == "***, ***, four, Airflow")
    }

    @Test func aNameDecidesWhetherAVariableIsSecret() {
        var masker = SecretsMasker()
        masker.add("harmless", name: "greeting")
        masker.add("dangerous", name: "api_key")
        masker.add(["password": "inside", "host": "localhost"])
        #expect(masker.redacted("harmless dangerous inside localhost") == "harmless *** *** localhost")
    }

    @Test func valuesOfSensitiveKeysAreHiddenAtAnyDepth() {
        let masked = SecretsMasker().redacted(["a": [["token": ["x", 1]]], "password": "p", "n": 1])
        #expect(masked == ["a": [["token": ["***", 1]]], "password": "***", "n": 1])
    }
}
