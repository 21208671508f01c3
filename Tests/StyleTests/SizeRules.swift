extension Rule {
    static let fileLength = Rule(name: "file-length") { file in
        let linesMax = file.isInTests ? 400 : 300
        guard file.lines.count > linesMax else { return [] }
        return [(linesMax + 1, "\(file.lines.count) lines, at most \(linesMax): split it by what a reader looks for")]
    }

    static let functionLength = Rule(name: "function-length") { file in
        let linesMax = 60
        return FunctionSpan.spans(in: file).filter { $0.lineCount > linesMax }.map {
            ($0.first, "\($0.name) has \($0.lineCount) lines, at most \(linesMax)")
        }
    }

    static let lineLength = Rule(name: "line-length") { file in
        let columnsMax = 140
        return file.lines.enumerated().filter { $0.element.count > columnsMax }.map {
            ($0.offset + 1, "\($0.element.count) columns, at most \(columnsMax)")
        }
    }
}
