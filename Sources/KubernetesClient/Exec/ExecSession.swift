import PipelineCore

/// What a command in a container did.
package struct ExecResult: Sendable, Hashable {
    package var exitCode: Int
    package var output: [UInt8]
    package var errorOutput: [UInt8]
}

/// The messages of `v5.channel.k8s.io`: the first byte says the channel, 1 output, 2 error output, 3 the end.
struct ExecSession {
    static let subprotocol = "v5.channel.k8s.io"
    /// Bytes of each output.
    let outputLimit: Int

    private var message: [UInt8] = []
    private(set) var output: [UInt8] = []
    private(set) var errorOutput: [UInt8] = []
    private(set) var status: StatusView?

    init(outputLimit: Int) { self.outputLimit = outputLimit }

    /// Takes a frame; what to send back, if anything.
    mutating func receive(_ frame: WebSocketFrame) throws -> WebSocketFrame? {
        switch frame.opcode {
        case .ping: return WebSocketFrame(opcode: .pong, payload: frame.payload)
        case .pong: return nil
        case .close: return WebSocketFrame(opcode: .close, payload: Array(frame.payload.prefix(2)))
        case .binary, .text, .continuation:
            message += frame.payload
            guard message.count <= WebSocketDecoder.frameLimit else {
                throw UnreadableAnswer("a WebSocket message of more than \(WebSocketDecoder.frameLimit) bytes")
            }
            if frame.isFinal { try finishMessage() }
            return nil
        }
    }

    private mutating func finishMessage() throws(ExecOutputTooLarge) {
        defer { message = [] }
        guard let channel = message.first else { return }
        let bytes = message.dropFirst()
        switch channel {
        case 1: output += bytes
        case 2: errorOutput += bytes
        case 3: status = StatusView(utf8: Array(bytes))
        default: break
        }
        guard output.count <= outputLimit, errorOutput.count <= outputLimit else {
            throw ExecOutputTooLarge(limit: outputLimit)
        }
    }

    /// The result, once the end was told.
    var result: ExecResult? {
        guard let status else { return nil }
        if status.status == "Success" { return ExecResult(exitCode: 0, output: output, errorOutput: errorOutput) }
        guard status.reason == "NonZeroExitCode",
            let code = status.causes.first(where: { $0.reason == "ExitCode" }).flatMap({ Int($0.message) })
        else { return nil }
        return ExecResult(exitCode: code, output: output, errorOutput: errorOutput)
    }
}

/// The command printed more than was asked for: trying again does not help.
struct ExecOutputTooLarge: Error, CustomStringConvertible {
    let limit: Int

    var description: String { "the command printed more than \(limit) bytes" }
}
