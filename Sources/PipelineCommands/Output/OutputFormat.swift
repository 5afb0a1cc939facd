import ArgumentParser

/// `-o`: how a list is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table, json, yaml, plain
}
