"""A plugin for nbdkit: a disk with a volatile cache of 512-byte sectors.

    nbdkit python volatile_disk.py state=FILE cut=FILE

What is flushed goes to `state`; what is only written stays in memory. As soon as the file `cut`
exists (it holds a seed) the power is out: of every sector that was written and not flushed either
the old or one of the new versions reaches `state`, one independent of the other, and everything
from then on fails.
"""

import errno
import os
import random
import threading

import nbdkit

API_VERSION = 2
SECTOR = 512
MOST_VERSIONS = 4

paths = {}
lock = threading.Lock()
pending = {}  # sector → versions since the last flush
disk = None
is_out = False


def config(key, value):
    paths[key] = value


def config_complete():
    if set(paths) != {"state", "cut"}:
        raise RuntimeError("state=FILE and cut=FILE are needed")


def get_ready():
    global disk
    disk = os.fdopen(os.open(paths["state"], os.O_RDWR), "r+b", buffering=0)


def thread_model():
    return nbdkit.THREAD_MODEL_SERIALIZE_ALL_REQUESTS


def open(readonly):  # noqa: A001 - the name that nbdkit calls
    return 1


def get_size(handle):
    return os.path.getsize(paths["state"])


def can_write(handle):
    return True


def can_flush(handle):
    return True


def can_fua(handle):
    return nbdkit.FUA_NATIVE


def check_power():
    global is_out
    if not is_out and os.path.exists(paths["cut"]):
        with os.fdopen(os.open(paths["cut"], os.O_RDONLY)) as read:
            chance = random.Random(int(read.read() or "0"))
        for sector, versions in sorted(pending.items()):
            kept = chance.randrange(len(versions) + 1)
            if kept > 0:
                os.pwrite(disk.fileno(), versions[kept - 1], sector * SECTOR)
        pending.clear()
        is_out = True
    if is_out:
        nbdkit.set_error(errno.EIO)
        raise RuntimeError("the power is out")


def pread(handle, buffer, offset, flags):
    with lock:
        check_power()
        data = bytearray(os.pread(disk.fileno(), len(buffer), offset))
        for i in range(0, len(buffer), SECTOR):
            versions = pending.get((offset + i) // SECTOR)
            if versions:
                data[i : i + SECTOR] = versions[-1]
        buffer[:] = data


def pwrite(handle, buffer, offset, flags):
    with lock:
        check_power()
        if offset % SECTOR or len(buffer) % SECTOR:
            nbdkit.set_error(errno.EINVAL)
            raise RuntimeError("writes are of whole sectors")
        data = bytes(buffer)
        if flags & nbdkit.FLAG_FUA:
            for i in range(0, len(data), SECTOR):
                pending.pop((offset + i) // SECTOR, None)
            os.pwrite(disk.fileno(), data, offset)
            return
        for i in range(0, len(data), SECTOR):
            versions = pending.setdefault((offset + i) // SECTOR, [])
            versions.append(data[i : i + SECTOR])
            del versions[:-MOST_VERSIONS]


def flush(handle, flags):
    with lock:
        check_power()
        for sector, versions in pending.items():
            os.pwrite(disk.fileno(), versions[-1], sector * SECTOR)
        pending.clear()
