/// What a mapped task or task group is expanded over. Source: Airflow 3.3 `models/expandinput.py`.
package enum ExpandInput: Sendable, Hashable {
    /// `expand(a=..., b=...)`: one instance for each element of the product.
    case dictOfLists([Argument])
    /// `expand_kwargs(...)`: one instance for each dictionary of the list.
    case listOfDicts(Source)

    package struct Argument: Sendable, Hashable {
        package var name: String
        package var source: Source

        package init(name: String, source: Source) {
            self.name = name
            self.source = source
        }
    }

    /// Where the elements come from.
    package enum Source: Sendable, Hashable {
        /// A list or dictionary written in the DAG file.
        case literal(JSONValue)
        case xcom(XComReference)
    }

    /// The XComs that must be there before the length is known.
    package var references: [XComReference] {
        let sources =
            switch self {
            case .dictOfLists(let arguments): arguments.map(\.source)
            case .listOfDicts(let source): [source]
            }
        return sources.compactMap { if case .xcom(let reference) = $0 { reference } else { nil } }
    }
}

/// A result of an upstream task, or a lazy combination of such results.
/// Source: Airflow 3.3 `serialization/definitions/xcom_arg.py`.
package indirect enum XComReference: Sendable, Hashable {
    case plain(taskID: String, key: String)
    /// `.map(f)`: as long as its argument; `callables` is the source text of the functions, for people.
    case map(XComReference, callables: [String])
    /// `.zip(...)`: as long as the shortest, or the longest with a fill value.
    case zip([XComReference], fillValue: JSONValue?)
    /// `.concat(...)`: as long as all together.
    case concat([XComReference])

    /// The tasks whose results are used.
    package var taskIDs: [String] {
        switch self {
        case .plain(let taskID, _): [taskID]
        case .map(let argument, _): argument.taskIDs
        case .zip(let arguments, _), .concat(let arguments): arguments.flatMap(\.taskIDs)
        }
    }
}
