import CYaml

/// What libyaml finds in a file, one after the other.
struct YAMLEvents: ~Copyable {
    enum Event {
        case text(String, isPlain: Bool)
        case alias(String)
        case listBegins
        case mappingBegins
        /// Of a list or a mapping.
        case ends
        case documentBegins
        case documentEnds
        case fileEnds
    }

    struct Found {
        let event: Event
        let place: Place
        var anchor: String?
        /// `!!int` and the like, which say what a value is.
        var hasTag = false
    }

    struct Problem: Error {
        let what: String
        let place: Place
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        parser = .allocate(capacity: 1)
        text = .allocate(capacity: bytes.count)
        _ = text.initialize(from: bytes)
        guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    mutating func next() throws(Problem) -> Found {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
            defer { yaml_event_delete(&event) }
            if let found = found(event) { return found }
        }
    }

    private func found(_ event: yaml_event_t) -> Found? {
        let place = Place(event.start_mark)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return Found(
                event: .text(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), place: place,
                anchor: string(scalar.anchor), hasTag: scalar.tag != nil)
        case YAML_ALIAS_EVENT: return Found(event: .alias(string(event.data.alias.anchor) ?? ""), place: place)
        case YAML_SEQUENCE_START_EVENT:
            let list = event.data.sequence_start
            return Found(event: .listBegins, place: place, anchor: string(list.anchor), hasTag: list.tag != nil)
        case YAML_MAPPING_START_EVENT:
            let mapping = event.data.mapping_start
            return Found(
                event: .mappingBegins, place: place, anchor: string(mapping.anchor), hasTag: mapping.tag != nil)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return Found(event: .ends, place: place)
        case YAML_DOCUMENT_START_EVENT: return Found(event: .documentBegins, place: place)
        case YAML_DOCUMENT_END_EVENT: return Found(event: .documentEnds, place: place)
        case YAML_STREAM_END_EVENT: return Found(event: .fileEnds, place: place)
        default: return nil
        }
    }

    private func problem() -> Problem {
        let words = parser.pointee.problem.map { String(cString: $0) } ?? "this is no YAML"
        // What reads the characters knows their distance from the file's beginning only.
        guard parser.pointee.error != YAML_READER_ERROR else {
            return Problem(what: words, place: Place(after: text.prefix(parser.pointee.problem_offset)))
        }
        return Problem(what: words, place: Place(parser.pointee.problem_mark))
    }
}

private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) }
}

extension Place {
    fileprivate init(after bytes: Slice<UnsafeMutableBufferPointer<UInt8>>) {
        let line = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last ?? bytes
        self.init(
            line: bytes.count { $0 == UInt8(ascii: "\n") } + 1,
            column: String(decoding: line, as: UTF8.self).unicodeScalars.count + 1)
    }

    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
