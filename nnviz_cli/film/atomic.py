"""Atomic writes, and removal of what killed processes leave behind."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nnviz_cli.errors import SpecError, VideoError, printable

NAME_BYTES = 255  # the longest name a file may have
DAY = 86_400
FULL = (errno.ENOSPC, errno.EDQUOT)
_ELSEWHERE = "set TMPDIR to a directory with more free space"


@dataclass(frozen=True)
class Content:
    """What a file holds; of a folder, its files one after the other."""

    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read all of it."""
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        found = hashlib.sha256()
        for file in files:
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    found.update(block)
        return cls(sum(file.stat().st_size for file in files), found.hexdigest())


def check_place(path: str) -> None:
    """Refuse a place where no file can be written, before any work is done for it.

    Permissions are not enough (root may write anywhere, a file system may be read-only), so a
    file is made there and removed.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(target)
        part.touch(exist_ok=False)
        part.unlink()
    except OSError as error:
        raise SpecError(str(trouble(printable(path), error))) from error


def check_room(path: str, room: int) -> None:
    """Refuse a file of so many bytes for which the disk has no room; its folder is there."""
    _check_room(Path(os.path.realpath(path)).parent, room, printable(path))


def is_adrift() -> bool:
    """Whether the working folder has been deleted: relative paths lead nowhere then."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def write_text(path: Path, text: str) -> None:
    """Write a small file as films are written: whole, or not at all."""
    part = part_of(path)
    try:
        part.write_text(text, "utf-8", newline="\n")
        sync(part)
        part.replace(path)
        sync(path.parent)
    except OSError as error:
        raise trouble(printable(str(path)), error) from error
    finally:
        part.unlink(missing_ok=True)


def copy(
    source: Path, target: str, write: Callable[[Path, Path], object] = shutil.copyfile
) -> Content:
    """Copy a file to where it is to stay: whole, or not at all.

    `write` makes the copy from the source and another path.
    """
    path = Path(os.path.realpath(target))
    part = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        write(source, part)
        sync(part)
        copied = Content.of(part)
        rename(part, path)
        sync(path.parent)
    except OSError as error:
        raise trouble(printable(target), error) from error
    finally:
        part.unlink(missing_ok=True)
    return copied


@contextmanager
def scratch(room: int = 0) -> Iterator[Path]:
    """A temporary directory for one run; those of killed processes are removed.

    Raises VideoError if the disk has less than `room` bytes, or if it is full later.
    """
    try:
        here = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise VideoError("no temporary directory is writable; set TMPDIR to one that is") from error
    sweep(here)
    folder = part_of(here / "nnviz")
    try:
        folder.mkdir(mode=0o700)
        _check_room(here, room, "the recording of the training", _ELSEWHERE)
        yield folder
    except OSError as error:
        if error.errno not in FULL:
            raise
        text = f"the temporary directory {printable(str(here))} is full; {_ELSEWHERE}"
        raise VideoError(text) from error
    finally:
        remove(folder)


def _check_room(folder: Path, room: int, what: str, hint: str = "") -> None:
    free = shutil.disk_usage(folder).free
    if room > free:
        text = f"{what} needs {room / 1e6:.3g} MB, but {printable(str(folder))} has only"
        raise VideoError("; ".join(filter(None, (f"{text} {free / 1e6:.3g} MB free", hint))))


def sweep(folder: Path) -> None:
    """Remove what killed processes have left behind: theirs on this machine, or a day old."""
    for path in folder.glob(".*.part"):
        found = re.search(r"\.(\d+)-([0-9a-f]{4})[0-9a-f]{8}\.part$", path.name)
        if not found:
            continue
        try:
            old = time.time() - path.stat().st_mtime > DAY
        except OSError:
            continue  # another process swept it
        if old or (found[2] == machine() and not _alive(int(found[1]))):
            with suppress(OSError):  # somebody else's, or swept by another process
                remove(path)


def part_of(target: Path) -> Path:
    """A hidden name beside the target, short enough for any file system."""
    end = f".{os.getpid()}-{machine()}{secrets.token_hex(4)}.part"
    name = os.fsencode(target.name)[: NAME_BYTES - len(end) - 1]
    return target.with_name(f".{name.decode(errors='ignore')}{end}")


def machine() -> str:
    """Four digits for this machine: a process id means nothing on another one."""
    return f"{zlib.crc32(os.uname().nodename.encode()) & 0xFFFF:04x}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def rename(part: Path, target: Path) -> None:
    """Give a part file, or folder, the name of the whole one, which it replaces."""
    if not part.is_dir() or not target.is_dir():
        part.replace(target)
        return
    old = part_of(target)
    target.rename(old)
    try:
        part.rename(target)
    except BaseException:
        old.rename(target)
        raise
    remove(old)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def trouble(name: str, error: OSError) -> VideoError:
    """A VideoError for an error of the disk."""
    if error.errno in FULL:
        return VideoError(f"disk full while writing {name}")
    return VideoError(f"cannot write {name}: {error.strerror or error}")
