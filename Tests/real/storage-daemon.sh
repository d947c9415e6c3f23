# qemu-storage-daemon, whose file has O_DIRECT, and from which qemu-img reads over NBD.
set -eu
socket=$2/nbd.sock
qemu-storage-daemon --blockdev "driver=file,node-name=file,filename=$1,cache.direct=on,aio=native" \
    --nbd-server "addr.type=unix,addr.path=$socket" --export type=nbd,id=export,node-name=file,name=file &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
until [ -S "$socket" ]; do kill -0 "$server"; sleep 0.1; done
qemu-img bench -c 300 -d 4 -n -f raw "nbd+unix:///file?socket=$socket" >/dev/null
kill "$server"
wait "$server"
rm -f "$socket"
trap - EXIT
