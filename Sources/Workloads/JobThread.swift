import CLinux

/// A thread for one job, with a small stack, since all of it will be locked.
struct JobThread: ~Copyable {
    private let thread: pthread_t

    private static let stackBytes = 128 << 10

    /// - Parameters:
    ///   - number: of the job; it shows in the thread's name.
    ///   - body: must not allocate: a second thread that does gets a heap of 64 MiB of its own from the C library.
    init(_ number: Int, _ body: @escaping () -> Void) throws(Failure) {
        let context = UnsafeMutablePointer<() -> Void>.allocate(capacity: 1)
        context.initialize(to: body)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        defer { pthread_attr_destroy(&attributes) }

        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { context in
                context!.assumingMemoryBound(to: (() -> Void).self).pointee()
                return nil
            }, context)
        guard error == 0 else {
            throw Failure("pthread_create for job \(number)", errno: error, remedy: "use a smaller --numjobs")
        }
        var name = "job-\(number)\0"
        name.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) { pthread_setname_np(thread, $0.baseAddress!) }
        }
        self.thread = thread
    }

    consuming func join() {
        pthread_join(thread, nil)
    }
}
