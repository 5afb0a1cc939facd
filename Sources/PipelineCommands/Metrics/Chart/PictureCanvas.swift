import Glibc
import Stages

/// A canvas of pixels.
struct PictureCanvas: ChartCanvas {
    private(set) var picture: Picture

    init(size: (width: Int, height: Int)) { picture = Picture(width: size.width, height: size.height) }

    /// Squares of the line's width, as close as pixels.
    mutating func line(from start: Chart.Point, to end: Chart.Point, _ color: ChartColor, width: Double) {
        let count = max(1, Int(max((end.x - start.x).magnitude, (end.y - start.y).magnitude).rounded(.up)))
        let side = max(1, Int(width.rounded()))
        for number in 0...count {
            let share = Double(number) / Double(count)
            let x = start.x + share * (end.x - start.x)
            let y = start.y + share * (end.y - start.y)
            picture.fill(
                x: Int((x - Double(side - 1) / 2).rounded()), y: Int((y - Double(side - 1) / 2).rounded()),
                width: side, height: side, Self.color(color))
        }
    }

    mutating func text(_ text: String, at position: Chart.Point, _ color: ChartColor, alignedRight: Bool) {
        let width = alignedRight ? Double(text.count * Picture.letterWidth) : 0
        picture.write(
            text, x: Int((position.x - width).rounded()), y: Int((position.y + 3).rounded()), Self.color(color))
    }

    private static func color(_ color: ChartColor) -> Picture.Color {
        Picture.Color(
            red: UInt8(color.rawValue >> 16 & 255), green: UInt8(color.rawValue >> 8 & 255),
            blue: UInt8(color.rawValue & 255))
    }
}
