import Glibc
import Testing

/// A server with TLS in another process (Python's `ssl`), with an authority, a server's and a client's certificate that
/// `openssl` makes for it. It answers each request with what it saw: protocol, client's name, SNI, path.
final class TLSPeer: Sendable {
    let folder = PeerFolder()
    let port: Int
    private let pid: pid_t
    private let stdin: Int32

    /// - Parameters:
    ///   - name: the DNS name in the server's certificate, next to 127.0.0.1 unless it is another name's.
    ///   - asksForCertificate: refuses clients without a certificate of the authority.
    ///   - protocols: what is offered in ALPN, `-` for none.
    init(name: String, isForLoopback: Bool = true, asksForCertificate: Bool = false, protocols: String = "http/1.1")
        throws
    {
        folder.write(Self.script, to: "peer.py")
        let names = "DNS:\(name)" + (isForLoopback ? ",IP:127.0.0.1" : "")
        try folder.makeCertificates(names: names)
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        // Closed on exec: the peer must not hold the other end of its own standard input.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let made = socketpair(AF_UNIX, kind, 0, &toChild) == 0 && socketpair(AF_UNIX, kind, 0, &fromChild) == 0
        try #require(made)
        pid = try spawn(
            ["python3", folder.path + "/peer.py", folder.path, asksForCertificate ? "ask" : "-", protocols],
            input: toChild[0], output: fromChild[1])
        close(toChild[0])
        close(fromChild[1])
        stdin = toChild[1]
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(fromChild[0], &byte, 1) == 1, byte != 0x0A { line.append(byte) }
        close(fromChild[0])
        port = try #require(Int(String(decoding: line, as: UTF8.self)))
    }

    /// Ends the peer, with its standard input.
    func stop() {
        close(stdin)
        waitpid(pid, nil, 0)
    }

    private static let script = """
        import socket, ssl, sys, threading
        folder, ask, protocols = sys.argv[1:4]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/server.crt", folder + "/server.key")
        if protocols != "-": context.set_alpn_protocols(protocols.split(","))
        if ask == "ask":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(folder + "/ca.crt")
        names = {}
        context.sni_callback = lambda s, name, c: names.__setitem__(s, name)
        def serve(connection):
            try:
                tls = context.wrap_socket(connection, server_side=True)
                subject = dict(x[0] for x in (tls.getpeercert() or {}).get("subject", ()))
                file = tls.makefile("rb")
                while True:
                    head = []
                    while (line := file.readline().strip()): head.append(line.decode())
                    if not head: return
                    host = [h for h in head if h.lower().startswith("host:")]
                    body = "|".join([tls.selected_alpn_protocol() or "-", subject.get("commonName", "-"),
                                     names.get(tls) or "-", head[0], host[0] if host else "-"]).encode()
                    tls.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
            except OSError:
                connection.close()
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print(listener.getsockname()[1], flush=True)
        def accept():
            while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        sys.stdin.read()
        """
}

/// A folder with keys and certificates that goes away with the test.
final class PeerFolder: Sendable {
    let path: String
    private static let names = [
        "peer.py", "ca.crt", "ca.key", "ca.srl", "server.crt", "server.key", "server.csr", "server.ext", "client.crt",
        "client.key", "client.csr",
    ]

    init() {
        var template = Array("/tmp/pipeline-tls-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { String(cString: mkdtemp($0)) } ?? "" }
    }

    deinit {
        for name in Self.names { unlink(path + "/" + name) }
        rmdir(path)
    }

    func write(_ text: String, to name: String) {
        let file = fopen(path + "/" + name, "w")
        fputs(text, file)
        fclose(file)
    }

    func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen(path + "/" + name, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    func makeCertificates(names: String) throws {
        write("subjectAltName=\(names)\n", to: "server.ext")
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try openssl(
            ["req", "-x509"] + key + [
                "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority", "-days", "2",
            ])
        for (name, subject) in [("server", "/CN=apiserver"), ("client", "/CN=pipeline")] {
            try openssl(["req"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", subject])
            let extra = name == "server" ? ["-extfile", "server.ext"] : []
            try openssl(
                [
                    "x509", "-req", "-in", "\(name).csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "2",
                ]
                    + ["-out", "\(name).crt"] + extra)
        }
    }

    private func openssl(_ arguments: [String]) throws {
        // posix_spawn has no portable way to change the folder: the shell does.
        let line = "cd '\(path)' && exec openssl \(arguments.map { "'\($0)'" }.joined(separator: " ")) >/dev/null 2>&1"
        let pid = try spawn(["sh", "-c", line], input: 0, output: 1)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        try #require(status == 0, "openssl \(arguments)")
    }
}

/// Starts a program of PATH.
func spawn(_ arguments: [String], input: Int32, output: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if input != 0 { posix_spawn_file_actions_adddup2(&actions, input, 0) }
    if output != 1 { posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var pid: pid_t = 0
    let strings = arguments.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    try #require(posix_spawnp(&pid, arguments[0], &actions, nil, strings, environ) == 0)
    return pid
}
