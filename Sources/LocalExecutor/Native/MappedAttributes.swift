import Jinja
import PipelineCore

/// The attributes of one instance of a mapped operator: the partial ones with its element laid over them.
/// Source: Airflow 3.3 `sdk/definitions/_internal/expandinput.py` (`resolve`).
struct MappedAttributes {
    let launch: TaskLaunch
    let native: NativeOperator
    let operation: any NativeOperation.Type
    let service: any TaskService

    init(
        _ launch: TaskLaunch, _ native: NativeOperator, _ operation: any NativeOperation.Type,
        _ service: any TaskService
    ) {
        self.launch = launch
        self.native = native
        self.operation = operation
        self.service = service
    }

    /// `nil` when only Python can say: `.map()` with functions, zips, elements from a mapped upstream or group.
    func resolved() async throws -> NativeAttributes? {
        let plain = operation.prepared(
            NativeAttributes(operatorClass: native.operatorClass, values: native.attributes))
        if launch.task.mappedGroupID != nil { return nil }
        guard let input = launch.task.expandInput else { return plain }
        guard let element = try await element(of: input) else { return nil }
        return operation.laidOver(plain, element)
    }

    private func element(of input: ExpandInput) async throws -> JSONObject? {
        switch input {
        case .listOfDicts(let source):
            guard let elements = try await elements(of: source) else { return nil }
            return elements.indices.contains(launch.instance.mapIndex)
                ? elements[launch.instance.mapIndex].objectValue : nil
        case .dictOfLists(let arguments):
            return try await product(arguments)
        }
    }

    /// The last argument varies fastest, as in `itertools.product`.
    private func product(_ arguments: [ExpandInput.Argument]) async throws -> JSONObject? {
        var index = launch.instance.mapIndex
        var result = JSONObject()
        for argument in arguments.reversed() {
            guard let elements = try await elements(of: argument.source), !elements.isEmpty else { return nil }
            let element = elements[index % elements.count]
            // Results that are expanded over are no templates; what looks like one is left to the SDK.
            if case .xcom = argument.source, Self.holdsTemplates(element) { return nil }
            result[argument.name] = element
            index /= elements.count
        }
        return index == 0 ? result : nil
    }

    private func elements(of source: ExpandInput.Source) async throws -> [JSONValue]? {
        switch source {
        case .literal(let value): return Self.elements(NativeAttributes.plain(value))
        case .xcom(.plain(let taskID, let key)):
            guard launch.dag[taskID]?.isMapped == false, launch.dag[taskID]?.mappedGroupID == nil else { return nil }
            let task = TaskInstanceKey(run: launch.run.key, taskID: taskID)
            guard let value = try await service.xcom(task, key: key, includePriorDates: false),
                SerdeJSON.isPlain(value)
            else { return nil }
            return Self.elements(value)
        case .xcom: return nil
        }
    }

    private static func holdsTemplates(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): !Template.isPlain(text)
        case .array(let elements): elements.contains(where: holdsTemplates)
        case .object(let members): members.contains { holdsTemplates($0.value) }
        default: false
        }
    }

    /// A dictionary is expanded over its items.
    private static func elements(_ value: JSONValue) -> [JSONValue]? {
        value.arrayValue ?? value.objectValue?.map { .array([.string($0.key), $0.value]) }
    }
}

/// The Task SDK's serde form of XComs.
enum SerdeJSON {
    /// Whether the value is ordinary JSON all the way down, not an encoded Python object.
    static func isPlain(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let elements): elements.allSatisfy(isPlain)
        case .object(let members): members["__classname__"] == nil && members.allSatisfy { isPlain($0.value) }
        default: true
        }
    }
}
