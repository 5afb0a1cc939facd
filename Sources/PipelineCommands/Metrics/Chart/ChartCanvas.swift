/// Something that lines and letters are drawn on. The origin is the upper left corner, units are pixels.
protocol ChartCanvas {
    mutating func line(from start: Chart.Point, to end: Chart.Point, _ color: ChartColor, width: Double)
    /// `position` is the upper left corner of the text, or the upper right one.
    mutating func text(_ text: String, at position: Chart.Point, _ color: ChartColor, alignedRight: Bool)
}

/// Colours that differ in brightness too, for those who do not see all of them (Okabe and Ito 2008).
enum ChartColor: UInt32, Sendable, CaseIterable {
    case blue = 0x0072B2
    case vermillion = 0xD55E00
    case green = 0x009E73
    case purple = 0xCC79A7
    case orange = 0xE69F00
    case sky = 0x56B4E9
    case ink = 0x1F2328
    case grey = 0x6E7781
    case pale = 0xD0D7DE

    /// Of the curve with this number in its panel.
    static func curve(_ number: Int) -> ChartColor { palette[number % curves] }

    /// Colours that curves have.
    static var curves: Int { palette.count }

    private static let palette: [ChartColor] = [.blue, .vermillion, .green, .purple, .orange, .sky]
}
