import HTTPTransport
import PipelineCore
import Testing

@testable import KubernetesClient

@Suite struct KubeConfigTests {
    private let folder = TemporaryFolder()

    private let first = """
        apiVersion: v1
        kind: Config
        current-context: dev
        clusters:
        - name: c
          cluster:
            server: https://10.0.0.1:6443/
            certificate-authority-data: Q0E=
            tls-server-name: kubernetes
            proxy-url: socks5://proxy:1080
            extensions:
            - name: client.authentication.k8s.io/exec
              extension: {audience: a, level: 3}
        contexts:
        - name: dev
          context: {cluster: c, user: u, namespace: ml}
        - name: exec
          context: {cluster: c, user: plugin}
        users:
        - name: u
          user:
            client-certificate: certs/client.crt
            client-key-data: S0VZ
            token: "123"
        - name: plugin
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: ./bin/login
              args: [get-token, "--cluster=1"]
              env:
              - {name: REGION, value: eu}
              interactiveMode: IfAvailable
              provideClusterInfo: true
        """

    private let second = """
        current-context: other
        clusters:
        - name: c
          cluster: {server: "https://ignored"}
        - name: d
          cluster: {server: "http://127.0.0.1:8001", insecure-skip-tls-verify: false}
        contexts:
        - name: other
          context: {cluster: d, user: basic}
        users:
        - name: basic
          user: {username: joe, password: "p:w"}
        - name: file
          user: {tokenFile: token.txt}
        """

    private func both() throws -> KubeConfig {
        try KubeConfig(paths: [
            folder.write(first, to: "a"), folder.path + "/missing", folder.write(second, to: "b"),
        ])
    }

    @Test func theFirstFileThatSaysSomethingCounts() throws {
        let config = try both()
        #expect(config.contexts == ["dev", "exec", "other"])
        let dev = try config.configuration()
        #expect(dev.server == "https://10.0.0.1:6443" && dev.namespace == "ml")
        #expect(dev.tls.authorities == .data(Array("CA".utf8)) && dev.tls.serverName == "kubernetes")
        #expect(dev.tls.clientCertificate == .file(folder.path + "/certs/client.crt"))
        #expect(dev.tls.clientKey == .data(Array("KEY".utf8)) && dev.tls.verifiesServer)
        #expect(dev.proxy == .url("socks5://proxy:1080") && dev.credential == .token("123"))
        #expect(dev.origin == "context 'dev' of \(folder.path)/a")
    }

    @Test func anotherContextCanBeNamed() throws {
        let other = try both().configuration(context: "other")
        #expect(other.server == "http://127.0.0.1:8001" && other.namespace == "default")
        #expect(other.credential == .basic(user: "joe", password: "p:w") && other.proxy == .environment)
    }

    @Test func anExecPluginIsReadWithTheClusterThatItIsFor() throws {
        guard case .exec(let plugin) = try both().configuration(context: "exec").credential else {
            Issue.record("no plugin")
            return
        }
        #expect(plugin.command == folder.path + "/./bin/login" && plugin.arguments == ["get-token", "--cluster=1"])
        #expect(plugin.environment == ["REGION": "eu"])
        #expect(
            plugin.execInfo == [
                "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
                "spec": [
                    "interactive": false,
                    "cluster": [
                        "server": "https://10.0.0.1:6443/", "tls-server-name": "kubernetes",
                        "proxy-url": "socks5://proxy:1080",
                        "certificate-authority-data": "Q0E=", "config": ["audience": "a", "level": 3],
                    ],
                ],
            ])
    }

    @Test(arguments: [
        ("current-context: x", "contexts[x]", "there is no context 'x'; known are: none"),
        ("contexts: []", "current-context", "not set; name a context, one of: none"),
        ("contexts: {}", "contexts", "a list is expected here"), ("a: [", "", "not YAML"),
        ("contexts:\n- context: {}", "contexts[0]", "the field 'name' is missing"),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c}}", "contexts[x].cluster",
            "there is no cluster 'c'"
        ),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c}}\nclusters:\n- {name: c, cluster: {server: ftp://x}}",
            "clusters[c]", "must be an http or https URL"
        ),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c}}\nclusters:\n- {name: c, cluster: {server: 'https://x', certificate-authority-data: '*'}}",
            "clusters[c]", "is not base64"
        ),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c}}\nclusters:\n- {name: c, cluster: {server: 'https://x', certificate-authority: a, insecure-skip-tls-verify: true}}",
            "clusters[c]", "exclude each other"
        ),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c, user: u}}\nclusters:\n- {name: c, cluster: {server: 'https://x'}}\nusers:\n- {name: u, user: {client-key: k}}",
            "users[u]", "belong together"
        ),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c, user: u}}\nclusters:\n- {name: c, cluster: {server: 'https://x'}}\nusers:\n- {name: u, user: {exec: {apiVersion: v1, command: a}}}",
            "users[u].exec", "is not one of"
        ),
        (
            "current-context: x\ncontexts:\n- {name: x, context: {cluster: c, user: u}}\nclusters:\n- {name: c, cluster: {server: 'https://x'}}\nusers:\n- {name: u, user: {as: joe}}",
            "users[u].as", "impersonation is not supported"
        ),
    ])
    func errorsNameFileFieldAndMend(_ text: String, _ field: String, _ message: String) throws {
        let path = folder.write(text, to: "bad")
        let error = #expect(throws: KubernetesConfigurationError.self) {
            try KubeConfig(paths: [path]).configuration()
        }
        #expect(
            error?.place == path && error?.field == field && error?.message.contains(message) == true, "\(error as Any)"
        )
    }

    @Test func whatKubectlWouldUseIsFound() throws {
        let file = folder.write(second, to: "config")
        let named = try KubernetesConfiguration.discover(environment: [
            "KUBECONFIG": "\(folder.path)/no:\(file)", "HOME": "/none",
        ])
        #expect(named.origin == "context 'other' of \(file)")
        #expect(KubernetesConfiguration.kubeConfigPaths(["HOME": "/home/a"]) == ["/home/a/.kube/config"])
        let error = #expect(throws: KubernetesConfigurationError.self) {
            try KubernetesConfiguration.discover(environment: ["HOME": folder.path])
        }
        #expect(error?.message.contains("set KUBECONFIG") == true)
    }

    @Test func aPodUsesItsServiceAccount() throws {
        folder.write("t\n", to: "token")
        folder.write("ml\n", to: "namespace")
        let pod = try KubernetesConfiguration.discover(
            environment: ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"],
            serviceAccountFolder: folder.path)
        #expect(pod.server == "https://[fd00::1]:443" && pod.namespace == "ml")
        #expect(pod.credential == .tokenFile(folder.path + "/token"))
        #expect(pod.tls.authorities == .file(folder.path + "/ca.crt"))
    }

    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
    func base64GoesBothWays(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }

    @Test func base64KnowsItsVectors() {
        #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==" && Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.decode("Zm9v\nYg==\n") == Array("foob".utf8))
        for bad in ["Zm9vYg", "Zm9v*g==", "=", "===="] { #expect(Base64.decode(bad) == nil) }
    }
}
