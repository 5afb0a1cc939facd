/// One line of an `.airflowignore` in glob syntax, with the meaning that Airflow gives it: that of `.gitignore`.
/// Source: Airflow 3.3 `_shared/module_loading/file_discovery.py`, which matches with `pathspec`.
struct IgnorePattern: Sendable, Hashable {
    /// `!` in front: what matches is taken back in.
    let isNegated: Bool
    /// `/` behind: only folders.
    let isForFolders: Bool
    /// With a `/` in front or inside, the pattern counts from the folder of its file; without, it is compared with
    /// names.
    let isAnchored: Bool
    private let segments: [Segment]

    private enum Segment: Sendable, Hashable {
        /// `**`: any number of folders.
        case any
        case glob(Glob)
    }

    /// `nil` for lines that say nothing: blank, comment, `/` alone, a pattern that git discards as well.
    init?(line: some StringProtocol) {
        var text = Self.withoutComment(line)
        guard !text.isEmpty, text != "/" else { return nil }
        isNegated = text.first == "!"
        if isNegated { text.removeFirst() }
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        isForFolders = parts.count > 1 && parts.last == ""
        isAnchored = parts.count > (isForFolders ? 2 : 1)
        Self.normalize(&parts)
        guard !parts.isEmpty else { return nil }
        var segments: [Segment] = []
        for part in parts where !(part == "**" && segments.last == .any) {
            if part == "**" {
                segments.append(.any)
            } else {
                guard let glob = Glob(part) else { return nil }
                segments.append(.glob(glob))
            }
        }
        self.segments = segments
    }

    /// Airflow cuts from the first `#` on, blanks before it included; git keeps it, but git does not decide here.
    private static func withoutComment(_ line: some StringProtocol) -> String {
        var text = String(line.prefix { $0 != "#" })
        if text.hasSuffix("\\ ") && text.count == line.count { return text }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    /// `/a` is `a` from the root, `a` is `**/a`, `a/` is `a/**`.
    private static func normalize(_ parts: inout [String]) {
        if parts[0].isEmpty {
            parts.removeFirst()
        } else if parts.count == 1 || (parts.count == 2 && parts[1].isEmpty) {
            if parts[0] != "**" { parts.insert("**", at: 0) }
        }
        if parts.last == "" { parts[parts.count - 1] = "**" }
    }

    /// - Parameter path: names from the pattern's folder down; for a pattern without a place just the last name.
    func matches(_ path: [String], isFolder: Bool) -> Bool {
        if segments == [.any] { return !isForFolders || isFolder || path.count > 1 }
        return matches(segments[...], path[...], isFolder: isFolder, isFirst: true)
    }

    private func matches(
        _ pattern: ArraySlice<Segment>, _ path: ArraySlice<String>, isFolder: Bool, isFirst: Bool
    ) -> Bool {
        // A pattern that has come to its end covers everything below.
        guard let segment = pattern.first else { return true }
        let rest = pattern.dropFirst()
        switch segment {
        case .any where rest.isEmpty && !isFirst: return !path.isEmpty || isFolder
        case .any:
            return (path.startIndex...path.endIndex).contains {
                matches(rest, path[$0...], isFolder: isFolder, isFirst: false)
            }
        case .glob(let glob):
            guard let name = path.first, glob.matches(name) else { return false }
            return matches(rest, path.dropFirst(), isFolder: isFolder, isFirst: false)
        }
    }
}

/// A shell pattern for one name: `*`, `?`, `[a-z]`, `[!a]`, `\*`.
struct Glob: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case character(Unicode.Scalar)
        case one
        case many
        case set(ranges: [ClosedRange<UInt32>], isNegated: Bool)
    }

    private let parts: [Part]

    /// `nil` for a bracket without an end or a backslash at the end.
    init?(_ pattern: String) {
        let scalars = Array(pattern.unicodeScalars)
        var parts: [Part] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "\\":
                guard index < scalars.count else { return nil }
                parts.append(.character(scalars[index]))
                index += 1
            case "*": parts.append(.many)
            case "?": parts.append(.one)
            case "[":
                guard let set = Self.set(scalars, &index) else { return nil }
                parts.append(set)
            default: parts.append(.character(scalar))
            }
        }
        self.parts = parts
    }

    private static func set(_ scalars: [Unicode.Scalar], _ index: inout Int) -> Part? {
        let isNegated = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
        if isNegated { index += 1 }
        let start = index
        while index < scalars.count, scalars[index] != "]" || index == start { index += 1 }
        guard index < scalars.count else { return nil }
        defer { index += 1 }
        return .set(ranges: ranges(scalars[start..<index].map(\.value)), isNegated: isNegated)
    }

    private static func ranges(_ members: [UInt32]) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        var index = 0
        while index < members.count {
            if index + 2 < members.count, members[index + 1] == 0x2D, members[index] <= members[index + 2] {
                ranges.append(members[index]...members[index + 2])
                index += 3
            } else {
                ranges.append(members[index]...members[index])
                index += 1
            }
        }
        return ranges
    }

    /// Greedy, going back to the last `*` only: linear in the name for each `*`.
    func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        var (part, position) = (0, 0)
        var (star, mark) = (-1, 0)
        while position < scalars.count {
            if part < parts.count, parts[part] == .many {
                (star, mark) = (part, position)
                part += 1
            } else if part < parts.count, accepts(parts[part], scalars[position]) {
                part += 1
                position += 1
            } else {
                guard star >= 0 else { return false }
                mark += 1
                (part, position) = (star + 1, mark)
            }
        }
        return parts[part...].allSatisfy { $0 == .many }
    }

    private func accepts(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .character(let expected): scalar == expected
        case .one: true
        case .many: false
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar.value) } != isNegated
        }
    }
}
