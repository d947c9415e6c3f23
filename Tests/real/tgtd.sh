# tgtd, whose backing store has O_DIRECT, and to which qemu-img writes over iSCSI.
set -eu
number=$$
port=$((20000 + number % 20000))
tgtd --foreground --control-port "$number" --iscsi portal="127.0.0.1:$port" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
admin() { tgtadm --control-port "$number" --lld iscsi "$@"; }
until admin --op show --mode sys >/dev/null 2>&1; do kill -0 "$server"; sleep 0.1; done
admin --op new --mode target --tid 1 --targetname iqn.test
admin --op new --mode logicalunit --tid 1 --lun 1 --backing-store "$1" --bsoflags direct
admin --op bind --mode target --tid 1 --initiator-address ALL
qemu-img bench -w -c 100 -s 4096 -f raw "iscsi://127.0.0.1:$port/iqn.test/1" >/dev/null
admin --op unbind --mode target --tid 1 --initiator-address ALL
admin --op delete --mode target --tid 1 --force
admin --op delete --mode system
wait "$server"
trap - EXIT
