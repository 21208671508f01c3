import NIOSSL

/// The certificate that a server shows, and its key.
///
/// - Guarantee: TLS 1.2 or newer, HTTP/1.1 only.
public struct ServerTLS: Sendable {
    /// Why the files can't be used.
    public enum Fault: Error, Equatable {
        /// The file with the certificates can't be read, or holds none in PEM form.
        case certificate
        /// The file with the key can't be read, or holds none in PEM form, or one behind a password.
        case key
        /// Both are there, but don't belong together.
        case mismatch
    }

    let context: NIOSSLContext

    /// Reads both files; blocks.
    ///
    /// - Parameter certificateFile: the server's own certificate first, then those that vouch for it.
    public init(certificateFile: String, keyFile: String) throws(Fault) {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificateFile) } catch { throw .certificate }
        guard !chain.isEmpty else { throw .certificate }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: keyFile, format: .pem) } catch { throw .key }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do { context = try NIOSSLContext(configuration: configuration) } catch { throw .mismatch }
    }
}
