import mmap, os, sys
block = mmap.mmap(-1, 4096)
file = os.open(sys.argv[1], os.O_WRONLY | os.O_DIRECT)
for i in range(500):
    os.pwrite(file, block, i * 4096)
