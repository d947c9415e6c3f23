// Ends MCL_FUTURE by the instruction itself, and then refuses the call by which that would be found out.
#include "raw.h"
#include "refuses.h"

static inline void end_future_and_refuse(int error, int call, const char *file) {
    lock_memory();
    int fd = open_direct(file);
    require(raw(SYS_mlockall, MCL_CURRENT, 0, 0, 0) == 0, "mlockall by the instruction");
    REFUSE(error, call);
    write_blocks(fd, 10);
    close(fd);
}
