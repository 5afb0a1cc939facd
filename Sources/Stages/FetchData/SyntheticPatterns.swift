/// The patterns behind a synthetic data set: for each class three planes, larger than an image by the movement.
struct SyntheticPatterns {
    private static let movement = 3
    private static let side = CIFARFormat.width + 2 * movement
    private static let gridSide = 6
    /// Strength of a superclass's and of a class's own part, and standard deviation of the noise, of 255.
    private static let coarseAmplitude: Float = 34
    private static let fineAmplitude: Float = 26
    private static let noiseDeviation: Float = 48

    /// By class: plane, row, column.
    private let patterns: [[Float]]

    init(format: CIFARFormat, seed: UInt64) {
        let coarse = (0..<format.classes / format.classesPerCoarseClass).map { group in
            Self.pattern(amplitude: Self.coarseAmplitude, StageRandom(seed: seed, 3, UInt64(group)))
        }
        patterns = (0..<format.classes).map { label in
            let fine = Self.pattern(amplitude: Self.fineAmplitude, StageRandom(seed: seed, 4, UInt64(label)))
            return zip(coarse[label / format.classesPerCoarseClass], fine).map { $0 + $1 }
        }
    }

    /// Appends one image of `label`, 3072 bytes.
    func appendImage(of label: Int, to row: inout [UInt8], random: inout StageRandom) {
        let top = Int(random.next() % UInt64(2 * Self.movement + 1))
        let left = Int(random.next() % UInt64(2 * Self.movement + 1))
        let contrast = 0.75 + 0.5 * random.unit()
        let brightness = 128 + 40 * (random.unit() - 0.5)
        for channel in 0..<CIFARFormat.channels {
            for y in 0..<CIFARFormat.height {
                let start = (channel * Self.side + y + top) * Self.side + left
                for x in 0..<CIFARFormat.width {
                    let value =
                        brightness + contrast * patterns[label][start + x] + Self.noiseDeviation * random.normal()
                    row.append(UInt8(max(0, min(255, value.rounded()))))
                }
            }
        }
    }

    /// Random points on a coarse grid, joined by bilinear interpolation.
    private static func pattern(amplitude: Float, _ source: StageRandom) -> [Float] {
        var random = source
        let cells = Float(gridSide - 1)
        var pattern: [Float] = []
        for _ in 0..<CIFARFormat.channels {
            let grid = (0..<gridSide * gridSide).map { _ in amplitude * random.normal() }
            for y in 0..<side {
                for x in 0..<side {
                    pattern.append(interpolate(grid, Float(x) * cells / Float(side), Float(y) * cells / Float(side)))
                }
            }
        }
        return pattern
    }

    private static func interpolate(_ grid: [Float], _ x: Float, _ y: Float) -> Float {
        let (column, row) = (Int(x), Int(y))
        let (right, down) = (x - Float(column), y - Float(row))
        let start = row * gridSide + column
        let upper = grid[start] * (1 - right) + grid[start + 1] * right
        let lower = grid[start + gridSide] * (1 - right) + grid[start + gridSide + 1] * right
        return upper * (1 - down) + lower * down
    }
}
