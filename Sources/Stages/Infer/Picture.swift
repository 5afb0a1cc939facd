/// An RGB picture in memory, eight bits a channel.
package struct Picture: Sendable, Hashable {
    package struct Color: Sendable, Hashable {
        package var red: UInt8
        package var green: UInt8
        package var blue: UInt8

        package init(red: UInt8, green: UInt8, blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        package static let white = Color(red: 255, green: 255, blue: 255)
        package static let black = Color(red: 24, green: 24, blue: 27)
        static let grey = Color(red: 82, green: 82, blue: 91)
        /// A right prediction.
        static let good = Color(red: 22, green: 128, blue: 61)
        /// A wrong one.
        static let bad = Color(red: 190, green: 24, blue: 40)
    }

    package let width: Int
    package let height: Int
    /// By rows, three bytes a pixel.
    package private(set) var bytes: [UInt8]

    package init(width: Int, height: Int, background: Color = .white) {
        self.width = width
        self.height = height
        bytes = []
        bytes.reserveCapacity(3 * width * height)
        for _ in 0..<width * height { bytes += [background.red, background.green, background.blue] }
    }

    /// From one letter of a text to the next, at scale 1.
    package static let letterWidth = BitmapFont.advance

    subscript(x: Int, y: Int) -> Color {
        get {
            let start = 3 * (y * width + x)
            return Color(red: bytes[start], green: bytes[start + 1], blue: bytes[start + 2])
        }
        set {
            let start = 3 * (y * width + x)
            (bytes[start], bytes[start + 1], bytes[start + 2]) = (newValue.red, newValue.green, newValue.blue)
        }
    }

    /// Fills a rectangle; what lies outside is cut off.
    package mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
        let columns = (x..<x + width).clamped(to: 0..<self.width)
        for row in (y..<y + height).clamped(to: 0..<self.height) {
            for column in columns { self[column, row] = color }
        }
    }

    /// Draws text with its upper left corner at (x, y), in letters of 5 by 7 points of `scale` pixels.
    package mutating func write(_ text: String, x: Int, y: Int, scale: Int = 1, _ color: Color) {
        var left = x
        for character in text {
            for (row, bits) in BitmapFont.rows(of: character).enumerated() {
                for column in 0..<BitmapFont.width where bits >> (BitmapFont.width - 1 - column) & 1 == 1 {
                    fill(x: left + column * scale, y: y + row * scale, width: scale, height: scale, color)
                }
            }
            left += BitmapFont.advance * scale
        }
    }
}
