/// The recorded time. Waiting is another matter: that takes an `any Clock<Duration>`.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}
