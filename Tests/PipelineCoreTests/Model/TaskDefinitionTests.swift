import PipelineCore
import Testing

@Suite struct TaskDefinitionTests {
    private func task(_ id: String, command: String) -> TaskDefinition {
        var task = TaskDefinition(id: id, operatorName: "BashOperator")
        task.attributes = ["bash_command": .string(command)]
        return task
    }

    @Test func aCopyHasTraitsOfItsOwnOnceItIsChanged() {
        let first = task("a", command: "true")
        var second = first
        second.pool = "gpu"
        #expect(first.pool == "default_pool")
        #expect(second.pool == "gpu")
        #expect(second.attributes == first.attributes)
        #expect(first != second)
    }

    @Test func tasksThatShareTraitsStayIndependent() {
        let pool = TaskTraitsPool()
        var tasks = ["a", "b", "c"].map { task($0, command: $0 == "c" ? "false" : "true") }
        for index in tasks.indices { tasks[index].share(in: pool) }
        #expect(tasks.map { $0.attributes["bash_command"] } == ["true", "true", "false"])
        tasks[0].retry.retries = 3
        #expect(tasks.map(\.retry.retries) == [3, 0, 0])
        #expect(tasks[1] == task("b", command: "true"))
    }
}
