import HTTPTransport
import PipelineCore

/// Commands in containers. The double's shell knows what the executor runs: reading a file, and ending the container.
extension APICore {
    /// Bytes of a piece of output, as a server sends them.
    private static let pieceSize = 32 << 10

    mutating func exec(_ call: KubernetesDouble.Call) throws(Failure) -> Reply {
        let (_, object) = try existing(call, .pods)
        guard call.isUpgrade else { throw .badRequest("Upgrade request required") }
        guard let pod = cluster.pods[object.uid], let name = call["container"],
            let index = pod.containers.firstIndex(where: { $0.name == name })
        else { throw .badRequest("container \(call["container"] ?? "") is not valid for pod \(object.name)") }
        guard pod.containers[index].state.isRunning else {
            throw Failure(500, "InternalError", "error executing command in container: container not found (\"\(name)\")")
        }
        let words = call.query.filter { $0.name == "command" }.map(\.value)
        return answer(run(words.last ?? "", object.uid, index, pod.script))
    }

    private mutating func run(_ script: String, _ uid: String, _ index: Int, _ pod: PodScript) -> ExecAnswer {
        if script == "kill -2 1" {
            add(.interrupt(uid: uid, container: index), after: .milliseconds(300))
            return ExecAnswer()
        }
        for (path, content) in pod.files where script.contains("cat \(path)") { return ExecAnswer(output: content) }
        return ExecAnswer(code: script.contains("[ -s ") ? 0 : 127)
    }

    /// The container of a pod ends by the signal that its program waits for.
    mutating func interrupt(_ uid: String, _ index: Int) {
        guard let pod = cluster.pods[uid], pod.containers[index].state.isRunning else { return }
        endContainers(uid, PodScript.Exit(0), [index])
        let ordinary = cluster.pods[uid]?.containers.filter { $0.role == .ordinary } ?? []
        guard ordinary.allSatisfy(\.state.isTerminated) else { return report(uid, nil) }
        report(uid, ordinary.contains { $0.state.exitCode != 0 } ? .failed : .succeeded)
    }

    private func answer(_ end: ExecAnswer) -> Reply {
        var body: [UInt8] = []
        var rest = end.output[...]
        while !rest.isEmpty {
            body += Self.frame([1] + rest.prefix(Self.pieceSize))
            rest = rest.dropFirst(Self.pieceSize)
        }
        body += Self.frame([3] + end.status.serializedUTF8())
        return Reply(101, headers: ["Upgrade": "websocket", "Connection": "Upgrade"], body: body)
    }

    /// RFC 6455, as a server sends it: whole and without a mask.
    private static func frame(_ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x82]
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65_536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        return bytes + payload
    }
}

/// How a command ended.
private struct ExecAnswer {
    var code = 0
    var output: [UInt8] = []

    /// What the last channel says.
    var status: JSONValue {
        guard code != 0 else { return ["kind": "Status", "status": "Success"] }
        return [
            "kind": "Status", "status": "Failure", "reason": "NonZeroExitCode",
            "message": .string("command terminated with exit code \(code)"),
            "details": ["causes": [["reason": "ExitCode", "message": .string(String(code))]]],
        ]
    }
}
