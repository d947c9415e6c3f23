#!/usr/bin/env bash
# Makes a raw loop device and file systems on others, runs count-kernel on each with each engine, and writes a table of
# the kernel allocations per transfer, least..most over the runs. Takes away what it made. Needs root.
#
#   run-targets.sh [COUNT_KERNEL] > table
#
# COUNT_KERNEL is the program; without it, it is built here. RUNS, WARMUP, TRANSFERS, BLOCKS, TARGETS, ENGINES and
# OPTIONS (--irq, --workers 1) are taken from the environment. KEEP names a file that each run's line is written to.
set -euo pipefail

runs=${RUNS:-3} warmup=${WARMUP:-64} transfers=${TRANSFERS:-2000}
read -ra blocks <<<"${BLOCKS:-4096 131072}"
read -ra targets <<<"${TARGETS:-loop ext4 xfs btrfs btrfs-nodatasum}"
read -ra engines <<<"${ENGINES:-psync pvsync2 libaio io_uring io_uring-fixed io_uring-async}"
read -ra options <<<"${OPTIONS:-}"

here=$(cd "$(dirname "$0")" && pwd)
images=$(mktemp -d /var/tmp/count-kernel.XXXXXX)
mounts=$(mktemp -d /tmp/count-kernel.XXXXXX)
devices=()

cleanup() {
    local status=$? directory device
    set +e
    for directory in "$mounts"/on-*; do
        mountpoint -q "$directory" && umount "$directory"
    done
    for device in "${devices[@]}"; do
        losetup -d "$device"
    done
    rm -rf --one-file-system "$images" "$mounts"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

program=${1:-}
if [[ -z $program ]]; then
    program=$mounts/count-kernel
    "${CC:-clang}" -std=gnu11 -O1 -g -Wall -Wextra -Werror -pthread "$here/count-kernel.c" -o "$program" -luring -laio
fi

device=
attach() { # name
    truncate -s 512M "$images/$1"
    device=$(losetup --find --show "$images/$1")
    devices+=("$device")
}

declare -A paths
for target in "${targets[@]}"; do
    attach "$target"
    directory=$mounts/on-$target
    mkdir "$directory"
    paths[$target]=$directory/file
    case $target in
    loop)
        # Written once, or reads are of holes and the first writes allocate blocks below.
        dd if=/dev/zero of="$device" bs=1M count=8 oflag=direct conv=fsync status=none
        paths[$target]=$device
        ;;
    ext4 | xfs | btrfs)
        "mkfs.$target" -q "$device" >&2
        mount "$device" "$directory"
        ;;
    btrfs-nodatasum) # where O_DIRECT writes are direct: with checksums they go through the page cache since 6.14 or so
        mkfs.btrfs -q "$device" >&2
        mount -o nodatasum "$device" "$directory"
        ;;
    *)
        echo "run-targets.sh: no target $target" >&2
        exit 2
        ;;
    esac
done

lines=${KEEP:-$mounts/lines}
: >"$lines"
for target in "${targets[@]}"; do
    for engine in "${engines[@]}"; do
        for way in read write; do
            for block in "${blocks[@]}"; do
                for ((run = 0; run < runs; run++)); do
                    line=$("$program" "$engine" "$way" "$block" "${paths[$target]}" "$warmup" "$transfers" "${options[@]}")
                    echo "$target $engine $way $block $line" >>"$lines"
                done
            done
        done
    done
done

echo "# Linux $(uname -r), $(nproc) CPUs; $transfers transfers after $warmup of warmup, $runs runs; per transfer, least..most"
awk '
    function range(name,    low, high) {
        low = least[key, name] / transfers[key]; high = most[key, name] / transfers[key]
        return low == high ? sprintf("%.4f", low) : sprintf("%.4f..%.4f", low, high)
    }
    function put() {
        if (key == "") return
        split(key, part, " ")
        printf "%-15s %-14s %-5s %6s", part[1], part[2], part[3], part[4]
        for (i = 1; i <= names; i++) printf "  %-18s", range(order[i])
        printf "\n"
    }
    BEGIN {
        names = split("kmalloc kmem_cache_alloc mm_page_alloc page_fault_user page_fault_kernel", order, " ")
        printf "%-15s %-14s %-5s %6s", "TARGET", "ENGINE", "WAY", "BLOCK"
        for (i = 1; i <= names; i++) printf "  %-18s", order[i]
        printf "\n"
    }
    {
        now = $1 " " $2 " " $3 " " $4
        if (now != key) { put(); key = now }
        text = $5
        gsub(/[{}"]/, "", text)
        count = split(text, pairs, ",")
        for (i = 1; i <= count; i++) {
            split(pairs[i], pair, ":")
            if (pair[1] == "transfers") { transfers[key] = pair[2]; continue }
            if (!((key, pair[1]) in least) || pair[2] + 0 < least[key, pair[1]]) least[key, pair[1]] = pair[2] + 0
            if (!((key, pair[1]) in most) || pair[2] + 0 > most[key, pair[1]]) most[key, pair[1]] = pair[2] + 0
        }
    }
    END { put() }
' "$lines"
