"""Becomes the program on its command line, which then dies with the process that started it. A script, for Linux.

ffmpeg ignores a closed pipe, so a killed editor would leave it encoding a film that nobody waits for.

    python die_with_parent.py PARENT PROGRAM ARGUMENT...
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal this process gets when its parent dies; exec keeps it."""

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the process that wanted this is gone")
    os.execv(sys.argv[2], sys.argv[2:])
