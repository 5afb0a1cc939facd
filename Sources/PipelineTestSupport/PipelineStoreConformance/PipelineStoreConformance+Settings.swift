import PipelineCore

extension PipelineStoreConformance {
    static let settings: [PipelineStoreConformance] = [
        .init("variablesAreSetListedAndDeleted") { store in
            let (a, b) = (
                Variable(key: "a", value: "{\"x\": \"ü\"}", description: "JSON"), Variable(key: "B", value: "")
            )
            try await store.setVariable(Variable(key: "a", value: "old", description: "old"))
            try await store.setVariable(a)
            try await store.setVariable(b)
            try expect(try await store.variables(), [b, a])
            try expect(try await store.variable("a"), a)
            try expect(try await store.variable("c"), nil)
            try expect(try await store.deleteVariable("a"), true)
            try expect(try await store.deleteVariable("a"), false)
            try expect(try await store.variables(), [b])
        },
        .init("connectionsKeepEveryField") { store in
            var full = Connection(id: "warehouse", type: "postgres")
            (full.description, full.host, full.schema, full.login) = ("the warehouse", "db.example", "sales", "ada")
            (full.password, full.port, full.extra) = ("pä$$'word", 5432, "{\"sslmode\": \"require\"}")
            let bare = Connection(id: "aws", type: "aws")
            try await store.setConnection(bare)
            try await store.setConnection(full)
            try expect(try await store.connections(), [bare, full])
            try expect(try await store.connection("warehouse"), full)
            full.password = nil
            full.extra = ""
            try await store.setConnection(full)
            try expect(try await store.connection("warehouse"), full)
            try expect(try await store.deleteConnection("warehouse"), true)
            try expect(try await store.deleteConnection("warehouse"), false)
            try expect(try await store.connection("warehouse"), nil)
        },
        .init("aNewStoreHasTheDefaultPool") { store in
            try expect(
                try await store.pools(), [Pool(name: "default_pool", slots: 128, description: "Default pool")])
        },
        .init("poolsAreSetAndDeleted") { store in
            let gpu = Pool(name: "gpu", slots: 2, description: "cards", includeDeferred: true)
            let unlimited = Pool(name: "default_pool", slots: -1)
            try await store.setPool(gpu)
            try await store.setPool(unlimited)
            try expect(try await store.pools(), [unlimited, gpu])
            try expect(try await store.deletePool("gpu"), true)
            try expect(try await store.deletePool("gpu"), false)
            try expect(try await store.pools(), [unlimited])
        },
        .init("theDefaultPoolStays") { store in
            try await expect(.conflict) { _ = try await store.deletePool("default_pool") }
            try expect(try await store.pools().count, 1)
        },
        .init("aPoolOfFewerThanMinusOneSlotsIsRefused") { store in
            try await expect(.invalid) { try await store.setPool(Pool(name: "x", slots: -2)) }
        },
    ]
}
