import CLinuxHost
import Glibc
import LinuxSystem

/// Parses files that others wrote, by a child without privileges: it can crash, hang or lie, and no more.
///
/// The child starts with the first question, and serves all files until it fails; then another does. End it before a program is
/// started that is watched (`end`): it would be taken for a child of that.
package final class Parser {
    private var child: cl_confined?
    private var failures = 0
    private var nanosecondsLeft = mostNanosecondsOfAll
    /// Files of which frames have no names, and why.
    package private(set) var nameless: [String: String] = [:]

    /// Of a processor's time for the files of one child; then of time, which passes faster on a machine that is busy.
    private static let mostSecondsOfProcessor: UInt32 = 10
    private static let mostNanoseconds: UInt64 = 30_000_000_000
    private static let mostNanosecondsOfAll: UInt64 = 60_000_000_000
    /// Of the time for all, what servers of debug info may take: without them a frame has its symbol's name.
    private var serverNanosecondsLeft: UInt64 = 10_000_000_000
    private static let mostFailures = 8
    private static let mostBytes: UInt32 = 64 << 20
    /// Each costs an open file.
    private static let mostDebugFiles = 16

    package init() {}

    deinit { end() }

    package func end() {
        if let child { _ = cl_end_confined([child]) }
        child = nil
    }

    // MARK: questions

    /// Nil if it is no ELF file.
    func program(_ file: FileDescriptor, at path: String) throws(Failure) -> ProgramFacts? {
        try ask(.program, about: file, at: path) { reader throws(ByteReader.Malformed) in
            try ProgramFacts(from: &reader)
        }
    }

    func heapFunctions(_ file: FileDescriptor, at path: String) throws(Failure) -> [HeapFunction] {
        try ask(.heapFunctions, about: file, at: path) { reader throws(ByteReader.Malformed) in
            var found: [HeapFunction] = []
            for _ in 0..<(try reader.count()) { found.append(try HeapFunction(from: &reader)) }
            return found
        } ?? []
    }

    /// Nil for a file without names; `nameless` says why.
    func names(_ places: [UInt64], byFileOffset: Bool, of file: FileDescriptor, at path: String) -> [NamedAddress]? {
        do throws(Failure) {
            guard nameless[path] == nil else { return nil }
            let answer = try ask(.names(places, byFileOffset: byFileOffset), about: file, at: path) {
                reader throws(ByteReader.Malformed) in
                let problem = try reader.optionalText()
                var named: [NamedAddress] = []
                for _ in places { named.append(try NamedAddress(from: &reader)) }
                return (named, problem)
            }
            if let problem = answer?.1 { nameless[path] = problem }
            return answer?.0
        } catch {
            nameless[path] = error.description
            return nil
        }
    }

    func compiledNames(_ addresses: [UInt64], in file: FileDescriptor, at path: String) -> [String?] {
        do throws(Failure) {
            return try ask(.compiledNames(addresses), about: file, at: path) { reader throws(ByteReader.Malformed) in
                var names: [String?] = []
                for _ in addresses { names.append(try reader.optionalText()) }
                return names
            } ?? []
        } catch {
            nameless[path] = error.description
            return []
        }
    }

    // MARK: the exchange

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private func ask<Answer>(
        _ question: Question, about file: FileDescriptor, at path: String,
        _ read: (inout ByteReader) throws(ByteReader.Malformed) -> Answer
    ) throws(Failure) -> Answer? {
        let child = try running()
        let began = monotonicNanoseconds()
        let limit = min(Self.mostNanoseconds, nanosecondsLeft)
        defer { nanosecondsLeft -= min(nanosecondsLeft, monotonicNanoseconds() - began) }
        do throws(Broken) {
            var message = ByteWriter()
            message.put(path)
            question.write(to: &message)
            try send(child, message, file.rawValue, began + limit)
            var reader = try answer(of: child, path, began + limit)
            do throws(ByteReader.Malformed) {
                let answer = try reader.flag() ? read(&reader) : nil
                try reader.end()
                return answer
            } catch {
                throw .malformed
            }
        } catch {
            throw failure(error, limit)
        }
    }

    private enum Broken: Error {
        case system(Errno)
        case malformed
    }

    private func send(
        _ child: cl_confined, _ message: ByteWriter, _ descriptor: Int32, _ deadline: UInt64
    ) throws(Broken) {
        do throws(Errno) {
            try granted(cl_send_message(child.socket, message.bytes, UInt32(message.bytes.count), descriptor, deadline))
        } catch {
            throw .system(error)
        }
    }

    private func receive(_ child: cl_confined, _ deadline: UInt64) throws(Broken) -> ByteReader {
        var message = cl_message()
        do throws(Errno) {
            try granted(cl_receive_message(child.socket, Self.mostBytes, deadline, &message))
        } catch {
            throw error == .messageTooLong ? .malformed : .system(error)
        }
        defer { free(message.bytes) }
        if message.descriptor >= 0 {
            close(message.descriptor)
            throw .malformed
        }
        return ByteReader(Array(UnsafeBufferPointer(start: message.bytes, count: Int(message.length))))
    }

    /// Meanwhile it may want debug files.
    private func answer(of child: cl_confined, _ path: String, _ deadline: UInt64) throws(Broken) -> ByteReader {
        var debugFiles = 0
        while true {
            var reader = try receive(child, deadline)
            do throws(ByteReader.Malformed) {
                let kind = try reader.number()
                if kind == ParserMessage.answer { return reader }
                guard kind == ParserMessage.wanted, debugFiles < Self.mostDebugFiles else {
                    throw ByteReader.Malformed()
                }
            } catch {
                throw .malformed
            }
            debugFiles += 1
            let file: FileDescriptor?
            do throws(ByteReader.Malformed) {
                file = debugFile(try DebugFileWanted(from: &reader), of: path, server: askServer)
            } catch {
                throw .malformed
            }
            defer { file?.closeQuietly() }
            try send(child, ByteWriter(), file?.rawValue ?? -1, deadline)
        }
    }

    /// Where DEBUGINFOD_URLS names servers.
    private func askServer(_ buildID: String) -> FileDescriptor? {
        guard getenv("DEBUGINFOD_URLS").map({ $0.pointee != 0 }) ?? false, serverNanosecondsLeft > 0 else { return nil }
        let began = monotonicNanoseconds()
        defer { serverNanosecondsLeft -= min(serverNanosecondsLeft, monotonicNanoseconds() - began) }
        return try? FileDescriptor(answer: cl_find_debuginfo(buildID, began + serverNanosecondsLeft))
    }

    // MARK: the child

    private func running() throws(Failure) -> cl_confined {
        if let child { return child }
        if failures >= Self.mostFailures { throw Failure(description: "too many files broke their parser") }
        if nanosecondsLeft == 0 {
            throw Failure(description: "all files took longer than \(Self.mostNanosecondsOfAll / 1_000_000_000) s")
        }
        var started = cl_confined()
        do throws(Errno) {
            try granted(cl_fork_confined(Self.mostSecondsOfProcessor, &started))
        } catch {
            throw Failure(description: "its parser could not be started: \(error)")
        }
        if started.pid == 0 { ParserChild.serve(started.socket) }
        child = started
        return started
    }

    private func failure(_ broken: Broken, _ limit: UInt64) -> Failure {
        let signal = child.map { cl_end_confined([$0]) } ?? 0
        child = nil
        failures += 1
        switch broken {
        case .malformed: return Failure(description: "its parser gave no valid answer")
        case .system(.timedOut):
            return Failure(description: "its parser took longer than \(Duration.nanoseconds(Int64(limit)))")
        case .system(.brokenPipe) where signal != 0:
            return Failure(
                description: "its parser was killed by signal \(signal) (\(String(cString: strsignal(signal))))")
        case .system(.brokenPipe): return Failure(description: "its parser may not give up its privileges here")
        case .system(let error): return Failure(description: "its parser does not answer: \(error)")
        }
    }
}
