/// A picture of images with their predictions: green where the model is right, red where it is wrong.
struct ContactSheet {
    private static let columns = 5
    /// Pixels for each pixel of an image.
    private static let zoom = 4
    private static let margin = 12
    private static let titleHeight = 30
    private static let captionHeight = 46
    private static let frame = 3
    private static let imageSide = CIFARFormat.width * zoom
    private static let cellWidth = imageSide + 2 * margin
    private static let cellHeight = imageSide + captionHeight + margin

    let title: String
    let set: ImageDataset
    let predictions: [ImagePrediction]

    func draw() -> Picture {
        let columns = max(1, min(Self.columns, predictions.count))
        let rows = (predictions.count + columns - 1) / columns
        var picture = Picture(
            width: max(columns * Self.cellWidth, (title.count + 2) * BitmapFont.advance * 2),
            height: Self.titleHeight + rows * Self.cellHeight)
        picture.write(title, x: Self.margin, y: Self.margin, scale: 2, .black)
        for (index, prediction) in predictions.enumerated() {
            draw(
                prediction, on: &picture, x: index % columns * Self.cellWidth + Self.margin,
                y: Self.titleHeight + index / columns * Self.cellHeight + Self.margin)
        }
        return picture
    }

    private func draw(_ prediction: ImagePrediction, on picture: inout Picture, x: Int, y: Int) {
        let color: Picture.Color = prediction.isCorrect ? .good : .bad
        let side = Self.imageSide + 2 * Self.frame
        picture.fill(x: x - Self.frame, y: y - Self.frame, width: side, height: side, color)
        draw(image: prediction.image, on: &picture, x: x, y: y)
        var lineY = y + Self.imageSide + Self.frame + 4
        picture.write(fitting(set.classNames[prediction.label], to: 21), x: x, y: lineY, .black)
        for (rank, guess) in prediction.top.prefix(3).enumerated() {
            lineY += BitmapFont.height + 2
            let percent = FixedPoint.text(100 * Double(guess.probability), digits: 1) + "%"
            let name = fitting(set.classNames[guess.label], to: 20 - percent.count)
            picture.write("\(percent) \(name)", x: x, y: lineY, rank == 0 ? color : .grey)
        }
    }

    private func draw(image: Int, on picture: inout Picture, x: Int, y: Int) {
        let pixels = set.pixels(of: image)
        let plane = CIFARFormat.width * CIFARFormat.height
        for row in 0..<CIFARFormat.height {
            for column in 0..<CIFARFormat.width {
                let start = pixels.startIndex + row * CIFARFormat.width + column
                let color = Picture.Color(
                    red: pixels[start], green: pixels[start + plane], blue: pixels[start + 2 * plane])
                picture.fill(
                    x: x + column * Self.zoom, y: y + row * Self.zoom, width: Self.zoom, height: Self.zoom, color)
            }
        }
    }

    private func fitting(_ text: String, to count: Int) -> String {
        text.count <= count ? text : String(text.prefix(count - 1)) + "."
    }
}
