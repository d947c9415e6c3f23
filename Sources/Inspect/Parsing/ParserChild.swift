import CElfutils
import CLinuxHost
import Glibc

/// The parser's side of the socket: it answers until its parent closes the other. It never returns into what was forked.
enum ParserChild {
    static func serve(_ socket: Int32) -> Never {
        elf_version(UInt32(EV_CURRENT))
        while true {
            guard let (bytes, file) = receive(socket), file >= 0 else { _exit(0) }
            var reader = ByteReader(bytes)
            var answer = ByteWriter()
            do throws(ByteReader.Malformed) {
                let path = try reader.text()
                let question = try Question(from: &reader)
                self.answer(question, about: file, path, &answer) { wanted in
                    var message = ByteWriter()
                    message.put(ParserMessage.wanted)
                    wanted.write(to: &message)
                    send(socket, message)
                    return receive(socket).flatMap { $0.file >= 0 ? $0.file : nil }
                }
            } catch {
                _exit(0)
            }
            close(file)
            send(socket, answer)
        }
    }

    private static func receive(_ socket: Int32) -> (bytes: [UInt8], file: Int32)? {
        var message = cl_message()
        guard cl_receive_message(socket, .max, .max, &message) == 0 else { return nil }
        defer { free(message.bytes) }
        return (Array(UnsafeBufferPointer(start: message.bytes, count: Int(message.length))), message.descriptor)
    }

    private static func send(_ socket: Int32, _ message: ByteWriter) {
        if cl_send_message(socket, message.bytes, UInt32(message.bytes.count), -1, .max) != 0 { _exit(0) }
    }

    private static func answer(
        _ question: Question, about file: Int32, _ path: String, _ answer: inout ByteWriter,
        _ find: (DebugFileWanted) -> Int32?
    ) {
        answer.put(ParserMessage.answer)
        if case .compiledNames(let addresses) = question {
            answer.put(true)
            for name in compiledNames(file, addresses) { answer.put(name) }
            return
        }
        guard let elf = elf_begin(file, ELF_C_READ_MMAP, nil), elf_kind(elf) == ELF_K_ELF else {
            answer.put(false)
            return
        }
        answer.put(true)
        switch question {
        case .program:
            var program = ElfFile(elf, at: path)
            program.facts.write(to: &answer)
        case .heapFunctions:
            let found = heapFunctions(elf)
            answer.put(UInt64(found.count))
            for function in found { function.write(to: &answer) }
        case .names(let places, let byFileOffset):
            let (named, problem) = namedAddresses(elf, places, byFileOffset: byFileOffset, find)
            answer.put(problem)
            for address in named { address.write(to: &answer) }
        case .compiledNames: break
        }
        elf_end(elf)
    }
}

/// What a message of the parser's begins with.
enum ParserMessage {
    static let answer: UInt64 = 0
    static let wanted: UInt64 = 1
}
