/// The jobs of a run. The first is the main thread's; each other has a thread of its own.
///
/// Once there are threads a failure ends the process at once: unwinding would take memory away that they are busy with.
struct Crew<E: Engine & ~Copyable>: ~Copyable {
    private let options: Options
    private let jobs: UnsafeMutablePointer<Job<E>>

    /// Setup: gets everything that the jobs will ever need, but for their threads.
    init(_ options: Options, _ file: borrowing DirectFile, _ content: Content) throws(Failure) {
        let jobs = UnsafeMutablePointer<Job<E>>.allocate(capacity: options.jobs)
        for number in 0..<options.jobs {
            (jobs + number).initialize(to: try Job<E>(number, options, file, content))
        }
        self.options = options
        self.jobs = jobs
    }

    deinit {
        jobs.deinitialize(count: options.jobs)
        jobs.deallocate()
    }

    /// Goes through all phases, from the end of setup to the start of teardown.
    ///
    /// - Returns: how long the steady phase took, in nanoseconds.
    func work() -> Int64 {
        let schedule = Schedule(jobs: options.jobs)
        let threads = UnsafeMutablePointer<JobThread>.allocate(capacity: options.jobs)
        defer { threads.deallocate() }
        do {
            for number in 1..<options.jobs {
                let shift = Shift(job: jobs + number, options: options, schedule: schedule)
                (threads + number).initialize(to: try JobThread(number) { shift.work() })
            }
            try lockMemory()
        } catch {
            error.exit()
        }
        Shift(job: jobs, options: options, schedule: schedule, leads: true).work()
        for number in 1..<options.jobs { (threads + number).move().join() }
        return schedule.steadyNanoseconds
    }
}

/// What one thread does with its job.
private struct Shift<E: Engine & ~Copyable> {
    let job: UnsafeMutablePointer<Job<E>>
    let options: Options
    let schedule: Schedule
    var leads = false

    func work() {
        do throws(Failure) {
            schedule.enter(.warmup, leads: leads)
            try job.pointee.perform(options.warmupTransfers)
            schedule.enter(.steady, leads: leads)
            try job.pointee.perform(options.steadyTransfers)
            schedule.enter(.teardown, leads: leads)
        } catch {
            error.exit()
        }
    }
}
