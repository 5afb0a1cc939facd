import PipelineCore
import Testing

@testable import Stages

/// A stage with a parameter of each kind, which answers its parameters.
struct EchoStage: Stage {
    let name = "echo"
    let summary = "Answers its parameters"
    let parameters: [StageParameter] = [
        .integer("epochs", in: 1...100, default: 30, help: "passes over the data"),
        .number("lr", in: 0...10, default: 0.1, help: "learning rate"),
        .flag("shuffle", default: true, help: "another order in each epoch"),
        .choice("schedule", of: ["onecycle", "cosine"], default: "onecycle", help: "of the learning rate"),
        .text("out", default: "out", help: "folder"),
        .integer("limit", in: 1...1_000, default: .null, help: "images"),
        .numbers(prefix: "min_", word: "metric", in: -1e9...1e9, help: "least value"),
        .text("data", default: nil, help: "folder of the data"),
    ]

    func run(_ context: StageContext) async throws -> JSONValue { context.parameters.json }
}

@Suite struct StageParametersTests {
    private func read(_ sets: [String], params: String? = nil) throws -> JSONValue {
        let environment = params.map { [StageParameters.environmentName: $0] } ?? [:]
        return try StageParameters.read(sets: sets, environment: environment, for: EchoStage()).json
    }

    @Test func defaultsHoldWhereNothingIsGiven() throws {
        let expected: JSONValue = [
            "epochs": 30, "lr": 0.1, "shuffle": true, "schedule": "onecycle", "out": "out", "limit": .null, "data": "d",
        ]
        #expect(try read(["data=d"]) == expected)
    }

    @Test func setsGoBeforeTheEnvironmentAndThatBeforeDefaults() throws {
        let values = try read(["epochs=3", "data=a=b"], params: #"{"epochs": 2, "lr": "0.5", "shuffle": "False"}"#)
        #expect(values["epochs"] == 3 && values["lr"] == 0.5 && values["shuffle"] == false && values["data"] == "a=b")
    }

    @Test(arguments: ["limit=", "limit=7"]) func anEmptyTextLeavesAnOptionalParameterOut(_ set: String) throws {
        #expect(try read([set, "data=d"])["limit"] == (set == "limit=" ? .null : 7))
    }

    @Test func familiesTakeAnyWord() throws {
        let parameters = try StageParameters.read(
            sets: ["data=d", "min_val_accuracy=0.5", "min_f1=-1"], environment: [:], for: EchoStage())
        #expect(parameters.numbers(prefix: "min_").map(\.word) == ["val_accuracy", "f1"])
        #expect(parameters.numbers(prefix: "min_").map(\.value) == [0.5, -1])
    }

    @Test(arguments: [
        (["epoch=3"], "did you mean 'epochs'?"),
        (["epochs=0"], "epochs: 0 is not allowed, give an integer from 1 to 100"),
        (["epochs=3.5"], "epochs: '3.5' is not allowed"),
        (["lr=fast"], "lr: 'fast' is not allowed, give a number from 0.0 to 10.0"),
        (["lr=nan"], "lr: NaN is not allowed"), (["shuffle=maybe"], "give true or false"),
        (["schedule=onecycel"], "did you mean 'onecycle'?"), (["out="], "give a text that is not empty"),
        (["epochs"], "--set epochs: give NAME=VALUE"), (["=3"], "give NAME=VALUE"), (["min_=3"], "no parameter 'min_'"),
        ([], "parameter data of echo is required"),
    ])
    func badValuesAreRefusedWithFieldValueAndRange(_ sets: [String], _ message: String) {
        let error = #expect(throws: StageError.self) { try read(sets) }
        #expect(error?.code == .misuse && error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("{", "PIPELINE_PARAMS is not JSON: line 1"), ("[1]", "is not a JSON object"),
        (#"{"epochs": 1.5}"#, "epochs: 1.5 is not allowed"),
        (#"{"epochs": true}"#, "epochs: true is not allowed"), (#"{"out": 3}"#, "out: 3 is not allowed"),
        (#"{"nope": 1}"#, "no parameter 'nope'"),
    ])
    func badEnvironmentIsRefused(_ params: String, _ message: String) {
        let error = #expect(throws: StageError.self) { try read(["data=d"], params: params) }
        #expect(error?.code == .misuse && error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ("fetch_dat", "fetch_data"), ("fecth_data", "fetch_data"), ("trian", "train"), ("", nil), ("zzzzzz", nil),
        ] as [(String, String?)])
    func theNearestNameIsFoundWhenItIsNear(_ name: String, _ nearest: String?) {
        #expect(NearestName.nearest(to: name, among: ["fetch_data", "train", "infer"]) == nearest)
    }
}
