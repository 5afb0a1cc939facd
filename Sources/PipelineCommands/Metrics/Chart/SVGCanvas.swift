/// A canvas that becomes an SVG document (W3C SVG 1.1).
struct SVGCanvas: ChartCanvas {
    private let size: (width: Int, height: Int)
    private var elements: [String] = []

    init(size: (width: Int, height: Int)) { self.size = size }

    var document: String {
        let head =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(size.width)\" height=\"\(size.height)\" "
            + "viewBox=\"0 0 \(size.width) \(size.height)\" font-family=\"monospace\" font-size=\"13\">"
        let background = "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
        return ([head, background] + elements + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    mutating func line(from start: Chart.Point, to end: Chart.Point, _ color: ChartColor, width: Double) {
        elements.append(
            "<line x1=\"\(Self.number(start.x))\" y1=\"\(Self.number(start.y))\" x2=\"\(Self.number(end.x))\" "
                + "y2=\"\(Self.number(end.y))\" stroke=\"\(Self.hexadecimal(color))\" "
                + "stroke-width=\"\(Self.number(width))\"/>")
    }

    mutating func text(_ text: String, at position: Chart.Point, _ color: ChartColor, alignedRight: Bool) {
        let anchor = alignedRight ? " text-anchor=\"end\"" : ""
        // The base line is about eleven pixels below the top of the letters.
        elements.append(
            "<text x=\"\(Self.number(position.x))\" y=\"\(Self.number(position.y + 11))\" "
                + "fill=\"\(Self.hexadecimal(color))\"\(anchor)>\(Self.escaped(text))</text>")
    }

    /// Two digits after the point are enough for pixels.
    private static func number(_ value: Double) -> String {
        ShortNumber.text((value * 100).rounded() / 100)
    }

    private static func hexadecimal(_ color: ChartColor) -> String {
        let digits = String(color.rawValue, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
