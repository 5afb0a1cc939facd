import PipelineCore
import Tensor

/// `device=` and `threads=` of the stages that compute.
struct DeviceChoice: Sendable, Hashable {
    static let names = ["auto", "cpu", "cuda"]

    static var parameters: [StageParameter] {
        [
            .choice(
                "device", of: names, default: "auto", help: "auto takes a GPU where there is one"),
            .integer("threads", in: 1...256, default: .null, help: "CPU threads; left out: one for each core"),
        ]
    }

    var name: String
    var threads: Int?

    init(name: String, threads: Int?) {
        self.name = name
        self.threads = threads
    }

    init(_ parameters: StageParameters) {
        name = parameters.text("device")
        threads = parameters.optionalInteger("threads")
    }

    /// Makes something on the device; for `auto` on the GPU, else on the processor.
    func make<Product>(_ body: (Device) throws(TensorError) -> Product) throws(StageError) -> Product {
        guard name == "auto" else {
            return try StageError.turning { () throws(TensorError) in try body(name == "cuda" ? .cuda : cpu) }
        }
        do { return try body(.cuda) } catch  where error.code == .deviceUnavailable {
            return try StageError.turning { () throws(TensorError) in try body(cpu) }
        } catch {
            throw StageError(error)
        }
    }

    private var cpu: Device { .cpu(threads: threads) }
}
