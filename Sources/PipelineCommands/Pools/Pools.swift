import ArgumentParser
import PipelineCore

struct Pools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pools", abstract: "Manage pools.",
        subcommands: [
            PoolsList.self, PoolsGet.self, PoolsSet.self, PoolsDelete.self, PoolsImport.self, PoolsExport.self,
        ])

    static func table(_ pools: [Pool]) -> Table {
        Table(
            columns: ["pool", "slots", "description", "include_deferred"],
            rows: pools.map {
                [
                    "pool": .string($0.name), "slots": .int($0.slots), "description": .string($0.description),
                    "include_deferred": .bool($0.includeDeferred),
                ]
            })
    }
}
