"""Becomes a program that ends when its parent does.

Run as a script in front of every child: `leash.py PARENT SIGNAL UID:GID CAPABILITY PROGRAM ARGUMENT…`, where
`-` means no change of user, or no capability. It imports nothing of ours, and `exec` keeps the process id.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION = 0x20080522


def main() -> None:
    parent, death_signal, user, capability, program, *arguments = sys.argv[1:]
    _reset_signals()
    try:
        if user != "-":
            _become(user, None if capability == "-" else int(capability))
        # After the change of user, because that change forgets the death signal.
        _end_with(int(parent), int(death_signal))
        # The absolute path is argv[0]: PostgreSQL looks for its other files from there.
        os.execv(program, [program, *arguments])  # noqa: S606
    except OSError as error:
        sys.exit(f"FATAL: can't start {program}: {error.strerror or error}")


def _reset_signals() -> None:
    """A shell that starts us in the background, or nohup, would hand ignored signals on to the child."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _become(user: str, capability: int | None) -> None:
    uid, gid = map(int, user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    if capability is not None:
        # Else the change of user would drop it, and access() would never count it.
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setuid(uid)
    if capability is not None:
        _keep_only(capability)


def _keep_only(capability: int) -> None:
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    # Effective, permitted, inheritable; once for the low and once for the high half.
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    _checked(ctypes.CDLL(None, use_errno=True).capset(header, sets))
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _end_with(parent: int, death_signal: int) -> None:
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, death_signal)
    # It may have died before the line above.
    if os.getppid() != parent:
        sys.exit(1)


def _prctl(option: int, first: int, second: int = 0) -> None:
    arguments = [ctypes.c_ulong(number) for number in (first, second, 0, 0)]
    _checked(ctypes.CDLL(None, use_errno=True).prctl(option, *arguments))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
