import Jinja
import PipelineCore

/// A field that is the result of another task (`BashOperator(bash_command=other())`), as Airflow serializes it.
/// Source: Airflow 3.3 `sdk/definitions/xcom_arg.py` (`PlainXComArg.resolve`).
struct ResultReference {
    let launch: TaskLaunch
    let fetched: FetchedValues

    static func isReference(_ value: JSONValue) -> Bool { value["__type"] == "xcomref" }

    /// What the other task has returned, or one key of it. It is no template: it stays as it is.
    /// - Throws: ``JinjaError`` `unsupported` for what only Python can say: functions over results, the results of mapped
    ///   tasks, Python's objects, and results that are not there.
    func value(of reference: JSONValue) throws -> JSONValue {
        guard let inner = NativeAttributes.encoded("xcomref", reference), inner["type"] == nil,
            let taskID = inner["task_id"]?.stringValue, let task = launch.dag[taskID], !task.isMapped,
            task.mappedGroupID == nil
        else { throw unsupported("a result that Python has to put together") }
        let key = TaskInstanceKey(run: launch.run.key, taskID: taskID)
        let request = FetchedValues.Request.xcom(
            key, key: inner["key"]?.stringValue ?? XCom.returnKey, includePriorDates: false)
        guard case .value(let value?) = try fetched.answer(request), SerdeJSON.isPlain(value) else {
            throw unsupported("a result that is not there or no plain value")
        }
        return value
    }
}
