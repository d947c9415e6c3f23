/// What a reader can do about a reason: an option, a setting, or a change of the program. It follows the reason after a semicolon.
public struct Remedy: Hashable, Sendable {
    let text: String

    public init(_ text: String) {
        self.text = text
    }

    // MARK: the machine and the user

    public static let doctor = Remedy("dioaudit doctor says what would allow it")

    /// - Parameter reason: why it does not watch: the options that say so, or what the machine refused.
    static func witness(_ reason: String) -> Remedy {
        reason.hasPrefix("--") ? Remedy("leave out \(reason)") : doctor
    }

    static let root = Remedy("run dioaudit as root, which sees each transfer by itself (docs/transfers.md)")
    static let syscallsWitness = Remedy("leave out --syscalls off, or run dioaudit as root")
    /// Records are lost where dioaudit does not come to read them.
    public static let spareCPU = Remedy("audit it with less other work on the machine")
    public static let bug = Remedy("please report this bug, with the kernel's version")

    public static let oneABI = Remedy("let one process have 64-bit code alone")
    public static let otherSyscalls = Remedy("--syscalls perf (as root) or off does not stop calls")
    public static let withoutStacks = Remedy("leave out --kernel-stacks, or audit it for a shorter time")

    static func filter(_ calls: String) -> Remedy {
        Remedy(
            "let its filter (seccomp) allow \(calls), as docs/interposer.md lists under \"What the program may notice\""
        )
    }

    public static let interposersCalls = Remedy(
        "let the filter allow what docs/interposer.md lists under \"What the program may notice\"")
    public static let findForbidden = Remedy(
        "strace -f shows it; if the program ends so under dioaudit only, it is one that the interposer makes: let the filter allow "
            + "those that docs/interposer.md lists under \"What the program may notice\"")

    static let ownProc = Remedy(
        "mount /proc where it runs, and let its filter (seccomp) allow open(2) and read(2) of it")
    static let insideTimeNamespace = Remedy("start dioaudit inside that namespace")
    static let keepSocket = Remedy(
        "let it keep the descriptor that dioaudit leaves open (docs/interposer.md), or start dioaudit inside the namespace"
    )
    static let mountInterposer = Remedy(
        "mount its directory there under the same name, as bwrap's --ro-bind and mount --bind do")

    // MARK: what is judged

    static let allowHeap = Remedy("--allow heap judges the rest")
    static let allowFaults = Remedy("--allow faults judges the rest")
    static let collapseEarlier = Remedy(
        "let it do so before its steady phase, or --allow pagesUnexplained judges the rest")
    static let allowUnexplained = Remedy("--allow pagesUnexplained judges the rest, page faults among it")
    static let leaveOutOff = Remedy("leave out --syscalls off, or --allow mappings judges the rest")
    static let watchMappings = Remedy("dioaudit doctor says what would allow one, or --allow mappings judges the rest")
    static let allowMappings = Remedy("--allow mappings judges the rest")
    static let allThreads = Remedy("leave out --scope to judge all threads")
    static let scopeNames = Remedy("give --scope a name that the program's threads have: --verbose lists them")
    static let processNames = Remedy("give --process the file name of a program that the subject runs")
    static let processScope = Remedy("leave out --scope: the process as a whole is judged then")

    public static func expect(_ status: Int32) -> Remedy { Remedy("--expect-exit \(status) takes that for no failure") }

    static let enforceReport = Remedy("--enforce report lets it run on")
    static let wait = Remedy("end them before, or let dioaudit wait longer by --wait DURATION")
    public static let timeout = Remedy(
        "give it longer by --timeout, or mend what it waits for; a daemon is judged if a signal to dioaudit ends it, as "
            + "by timeout(1)")
    public static let alone = Remedy("try the command by itself first")

    // MARK: violations

    /// Of several kinds that of heap calls: libc's mappings and first touches come with them.
    static func violated(_ families: Set<EventKind.Family>) -> Remedy {
        if families.contains(.heap) { return allocateEarlier }
        if families.contains(.mapping) || families.contains(.systemCall) { return mapEarlier }
        if families.contains(.pageFault) || families.contains(.unexplained) { return touchEarlier }
        return families.contains(.kernel) ? kernelLimit : keepLock
    }

    private static let allocateEarlier = Remedy(
        "allocate before the steady phase, or suppress what you accept (docs/suppressions.md)")
    private static let mapEarlier = Remedy(
        "map before the steady phase; mallopt(3) says when libc's malloc maps (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD)")
    private static let touchEarlier = Remedy(
        "touch the memory before the steady phase, as mlockall(2) does: --lock tries it")
    private static let kernelLimit = Remedy("docs/kernel.md says which calls and flags let the kernel allocate less")

    // MARK: gates

    static let budget = Remedy("let it allocate less there, or raise the limit")
    static let staleLimit = Remedy("remove it, or name what allocates there: --verbose lists the call sites")
    static let knownSite = Remedy("correct it: --verbose lists the call sites that allocated")
    static let staleBudget = Remedy("remove it, or lower its limit")
    static let staleSuppression = Remedy("remove it from its file")
    static let baseline = Remedy("mend it, or accept it by --update-baseline")
    static let unknownBudget = Remedy("mend what keeps it from being counted, or leave the budget out")

    public static let planDirectory = Remedy("name one that you may enter by the plan's 'directory'")
    public static let otherPlan = Remedy("docs/plans.md says which jobs can be done")

    // MARK: phases

    private static let withoutFile = "--phases markers, or attach --min-ios 0, audits a program without such a file"
    static let findDirectFiles = Remedy(
        "'strace -f -e openat' shows which files it opens with O_DIRECT; \(withoutFile)")
    static let openDirectly = Remedy(
        "many programs do direct I/O only by an option, such as dd's oflag=direct; \(withoutFile)")
    static let transferThere = Remedy(
        "'strace -f' shows what it does there; as root, transfers that bypass libc are seen too (docs/transfers.md)")
    static let aligned = Remedy(
        "'strace -f' shows the error: EINVAL is mostly a buffer, offset or size that is no multiple of the disk's blocks"
    )
    static let nameSteady = Remedy("let it call dioaudit_phase(\"steady\") where that begins (docs/markers.md)")
    static let shorterWarmup = Remedy("let it transfer for longer, or shorten its warm-up (docs/warm-up.md)")
    static let fewerTransfers = Remedy("let it transfer for longer, or ask for fewer transfers by --min-ios")
    static let watchLonger = Remedy(
        "watch it while it transfers, for longer by --duration; --min-ios 0 if it has no such file")
    static let giveCue = Remedy("say where it begins by --steady-from (docs/warm-up.md)")
    static let noCues = Remedy("leave out these options, or let it name no phases")

    static func cue(_ cue: Cue) -> Remedy {
        switch cue {
        case .signal(_, let name): Remedy("send it to dioaudit's own process while the program runs: kill -\(name) PID")
        case .file(let path): Remedy("make it when the program is there: touch \(path)")
        }
    }

    static let endByExit = Remedy("let it close its O_DIRECT files, or call exit(3), before it ends")
    static let endThreadPhase = Remedy("let each thread leave its phase before it ends (docs/markers.md)")
    static let returnFromExit = Remedy("let no function that exit(3) calls leave it by longjmp")
    static let balanceRegions = Remedy(
        "let it begin and end its regions in pairs, on each way out of them (docs/markers.md)")
    static let phaseNames = Remedy("the phases are \(Phase.allCases.map(\.rawValue).joined(separator: ", "))")
    static let fewerPhases = Remedy("let it change phases and regions less often, for many transfers at a time")
    static let fewerRegions = Remedy("let it give its regions fewer names")

    // MARK: calls

    static let libcCalls = Remedy("let it call libc's functions of these names")
    static let knownTransfers = Remedy(
        "let it transfer by libc, libaio or liburing (docs/transfers.md says what is seen)")
    static let visibleRequests = Remedy("let it submit such requests without these, or on other files")
    static let directIocbs = Remedy("let one io_submit have iocbs of O_DIRECT files alone")
    static let fewerFiles = Remedy(
        "let it open fewer at a time, or submit fewer at a time (docs/interposer.md has the limits)")
    public static let directory = Remedy("name another directory by --directory, on a disk with room")
    static let diskFile = Remedy("use a file on a disk")
    static let beforeSteady = Remedy("let it make them before its steady phase, by libc's functions")
    static let forkByLibc = Remedy("let it make processes by libc's fork, vfork and posix_spawn")
    static let forkInstead = Remedy("let it use threads or fork(2)")
    static let endOfVforked = Remedy("let them end by exec or _exit of libc")

    // MARK: the memory lock

    static let lockInSetup = Remedy(
        "let it call mlockall(MCL_CURRENT|MCL_FUTURE) in its setup; --lock does so before its main, to try it")
    static let lockFlags = Remedy(
        "its flags must be MCL_CURRENT, MCL_FUTURE or both; MCL_ONFAULT only with one of them")
    static let lockErrors = Remedy("is enough memory free? mlockall(2) has the causes of this error")
    static let keepLock = Remedy("let it unlock after its O_DIRECT files are closed")
    static let findUnlock = Remedy("'strace -f -e mlockall,munlock,munlockall' shows who unlocks it")
    static let noLockRequired = Remedy("--no-require-lock judges the rest")

    // MARK: the interposer

    static let interposable = Remedy("link it dynamically with glibc and let it keep LD_PRELOAD")
    static let endAfterStart = Remedy("something ended it before its main: try the command by itself first")
    static let libcHeap = Remedy("let it use libc's malloc for the audit")
    static let withoutTool = Remedy("run it without that tool")
    static let plainDlopen = Remedy("let it load them by dlopen without RTLD_DEEPBIND")
    static let callByName = Remedy("let it call libc's functions by their names")
    static let fewerPrograms = Remedy("let it start fewer programs in one audit")
    static let keepMemory = Remedy(
        "AddressSanitizer or Valgrind, without dioaudit, shows who writes past its own memory")
    static let findBypass = Remedy(
        "look for calls of malloc that bypass its name (dlsym, __libc_malloc); --allow heap judges the rest")
    static let fewerPlaces = Remedy("mend or suppress the places that are shown, and run it again")
    public static let reinstall = Remedy("install dioaudit again, in a directory without a space or colon in its name")

    // MARK: attach and squeeze

    static let runInstead = Remedy("dioaudit run counts them, from the program's start")
    static let comparable = Remedy("run dioaudit as root, where kcmp(2) is allowed and works")
    static let threadsInstead = Remedy("let it use threads")
    static let attachAgain = Remedy("attach to it again")
    static let shorterWatch = Remedy("watch it for a shorter time by --duration")
    static let squeeze = Remedy("docs/squeeze.md says what it takes")
    static let squeezeSlack = Remedy(
        "let it take its memory before its steady phase, or leave it more by --squeeze-slack")
}
