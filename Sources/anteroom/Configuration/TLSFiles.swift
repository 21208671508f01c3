import Gateway

/// The files that make a server speak TLS.
struct TLSFiles: Sendable, Equatable {
    let certificate: String
    let key: String

    /// Takes both or neither.
    static func read(_ values: SettingValues) throws(ConfigurationError) -> TLSFiles? {
        switch (values.text(.tlsCertificate), values.text(.tlsKey)) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSFiles(certificate: certificate, key: key)
        case (_?, nil): throw .alone(.tlsCertificate, without: .tlsKey)
        case (nil, _?): throw .alone(.tlsKey, without: .tlsCertificate)
        }
    }

    /// Reads the files; what is wrong with them is the exit of the program.
    func open() throws(Exit) -> ServerTLS {
        do throws(ServerTLS.Fault) {
            return try ServerTLS(certificateFile: certificate, keyFile: key)
        } catch {
            switch error {
            case .certificate:
                throw Exit(.usage, "TLS_CERT_FILE=\(certificate) can't be read as certificates in PEM form.")
            case .key:
                throw Exit(.usage, "TLS_KEY_FILE=\(key) can't be read as a key in PEM form without a password.")
            case .mismatch:
                throw Exit(
                    .usage, "The key in TLS_KEY_FILE=\(key) does not belong to TLS_CERT_FILE=\(certificate).")
            }
        }
    }
}
