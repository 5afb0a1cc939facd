import ArgumentParser
import CPosix
import Glibc
import PipelineCommands

@main
enum Main {
    static func main() async {
        // A large DAG needs much memory for a moment, which is not to be kept for ever in the arena of each thread: with
        // 10,000 tasks 67 MiB against 84. Nothing here lives by allocating: training steps do not allocate at all.
        cposix_configure_allocator()
        // Progress that nobody reads any more does not end a run; what is started gets the signal's default back.
        signal(SIGPIPE, SIG_IGN)
        await Pipeline.main()
    }
}
