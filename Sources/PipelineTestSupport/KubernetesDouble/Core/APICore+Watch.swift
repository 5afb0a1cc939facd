import HTTPTransport
import PipelineCore

extension APICore {
    static let jsonHead = HTTPResponseHead(status: 200, headers: ["Content-Type": "application/json"])

    func watch(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> Answer {
        let asked = try revision(call["resourceVersion"])
        var state = WatchState(
            resource: resource, namespace: call.namespace, labels: try labels(call), fields: try fields(call, resource),
            revision: asked, wantsBookmarks: call.flag("allowWatchBookmarks"))
        let timeout = Int(call["timeoutSeconds"] ?? "").map { Duration.seconds($0) } ?? settings.watchDuration
        if call.flag("sendInitialEvents") {
            try checkInitialEvents(call, asked)
            let initial = synthetic(&state) + (state.wantsBookmarks ? [bookmark(state, isInitial: true)] : [])
            return .watch(state, initial: initial, timeout: timeout)
        }
        if asked == 0 {
            return .watch(state, initial: synthetic(&state), timeout: timeout)
        }
        guard let changes = store.changes(after: asked) else {
            let failure = Failure.expiredWatch(asked, oldest: store.compacted)
            return .reply(Reply(200, headers: Self.jsonHead.headers, body: Self.event("ERROR", failure.status)))
        }
        let initial = changes.compactMap { event(for: $0, state) }
        state.revision = max(asked, store.revision)
        return .watch(state, initial: initial, timeout: timeout)
    }

    private func checkInitialEvents(_ call: KubernetesDouble.Call, _ asked: Int) throws(Failure) {
        guard call["resourceVersionMatch"] == "NotOlderThan" else {
            throw .invalid(
                "ListOptions.meta.k8s.io", "",
                [
                    (
                        "FieldValueForbidden", "resourceVersionMatch",
                        "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                    )
                ])
        }
        if asked > store.revision { throw .tooLargeRevision(asked, current: store.revision) }
    }

    /// What is there now, as events.
    private func synthetic(_ state: inout WatchState) -> [JSONValue] {
        state.revision = store.revision
        return store.list(state.resource, namespace: state.namespace).filter(state.selects).map {
            ["type": "ADDED", "object": typed($0, state.resource)]
        }
    }

    mutating func open(_ id: Int, _ state: WatchState, _ initial: [JSONValue], _ timeout: Duration) {
        guard var exchange = exchanges[id] else { return }
        if let recording = takeRecording(for: exchange.call) { return play(recording, to: id) }
        exchange.mode = .watch(state)
        exchanges[id] = exchange
        watchers.insert(id)
        watchersByTopic[state.topic, default: []].insert(id)
        sendHead(id, Self.jsonHead)
        for event in initial { send(id, event.serializedUTF8() + [0x0A]) }
        add(.watchEnd(exchange: id), after: timeout)
        guard state.wantsBookmarks else { return }
        add(.bookmark(exchange: id), after: settings.bookmarkInterval)
        if timeout > settings.lastBookmarkBefore {
            add(.bookmark(exchange: id), after: timeout - settings.lastBookmarkBefore)
        }
    }

    mutating func deliver(_ record: ObjectStore.Record, to id: Int) {
        guard var exchange = exchanges[id], case .watch(var state) = exchange.mode else { return }
        guard record.key.resource == state.resource, record.revision > state.revision else { return }
        state.revision = record.revision
        exchange.mode = .watch(state)
        exchanges[id] = exchange
        guard let event = event(for: record, state) else { return }
        send(id, event.serializedUTF8() + [0x0A])
    }

    /// What a watcher sees of a change: coming into the selection is ADDED, leaving it is DELETED.
    private func event(for record: ObjectStore.Record, _ state: WatchState) -> JSONValue? {
        guard record.key.resource == state.resource else { return nil }
        let isIn = record.change != .deleted && state.selects(record.object)
        let wasIn = record.previous.map(state.selects) ?? false
        switch (wasIn, isIn) {
        case (false, false): return nil
        case (false, true): return ["type": "ADDED", "object": typed(record.object, state.resource)]
        case (true, true): return ["type": "MODIFIED", "object": typed(record.object, state.resource)]
        case (true, false):
            var last = record.previous ?? record.object
            last.set("metadata", "resourceVersion", to: .string(String(record.revision)))
            return ["type": "DELETED", "object": typed(last, state.resource)]
        }
    }

    mutating func sendBookmark(_ id: Int) {
        guard var exchange = exchanges[id], case .watch(var state) = exchange.mode else { return }
        // A watch that waits for a revision of the future has nothing to say.
        if state.revision <= store.revision {
            state.revision = settings.watchDelay > .zero ? state.revision : store.revision
            exchange.mode = .watch(state)
            exchanges[id] = exchange
            send(id, bookmark(state, isInitial: false).serializedUTF8() + [0x0A])
        }
        add(.bookmark(exchange: id), after: settings.bookmarkInterval)
    }

    private func bookmark(_ state: WatchState, isInitial: Bool) -> JSONValue {
        var metadata: JSONObject = ["resourceVersion": .string(String(state.revision))]
        if isInitial { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        var object: JSONObject = [
            "kind": .string(state.resource.kind), "apiVersion": .string(state.resource.apiVersion),
            "metadata": .object(metadata),
        ]
        if state.resource == .pods {
            object["spec"] = ["containers": .null]
            object["status"] = [:]
        }
        return ["type": "BOOKMARK", "object": .object(object)]
    }

    // MARK: Parameters

    func labels(_ call: KubernetesDouble.Call) throws(Failure) -> LabelSelector {
        guard let selector = LabelSelector(call["labelSelector"] ?? "") else {
            throw .badRequest("unable to parse requirement: \(call["labelSelector"] ?? "")")
        }
        return selector
    }

    func fields(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> FieldSelector {
        do throws(FieldSelector.Failure) {
            var text = call["fieldSelector"] ?? ""
            if let name = call.name, call.verb == .watch { text += (text.isEmpty ? "" : ",") + "metadata.name=\(name)" }
            return try FieldSelector(text, for: resource)
        } catch {
            throw .badRequest(error.message)
        }
    }

    func revision(_ text: String?) throws(Failure) -> Int {
        guard let text, !text.isEmpty else { return 0 }
        guard let revision = Int(text), revision >= 0 else {
            throw .badRequest(
                "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        return revision
    }
}
