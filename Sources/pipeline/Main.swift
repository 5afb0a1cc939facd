import ArgumentParser
import PipelineCommands

@main
enum Main {
    static func main() async {
        await Pipeline.main()
    }
}
