"""Files as they are put into folders: whole or not at all, and nothing lies there for nobody."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from activities.files import put, putting


def left(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {each.name for each in folder.iterdir()}


def test_what_fails_leaves_nothing_and_what_stood_there_stands(tmp_path: Path) -> None:
    put(tmp_path / "公示.html", b"old")
    with pytest.raises(TypeError), putting(tmp_path / "公示.html") as file:
        file.writelines([b"ne", "w"])  # type: ignore[list-item]
    assert (tmp_path / "公示.html").read_bytes() == b"old"
    assert left(tmp_path) == {"公示.html"}


def test_what_somebody_left_who_died_over_a_file_is_gone_when_it_is_written(tmp_path: Path) -> None:
    with putting(tmp_path / "公示.html") as file:
        file.write(b"first")
        (unfinished,) = left(tmp_path)
    (tmp_path / unfinished).write_bytes(b"of a process that was killed amid a longer text")
    put(tmp_path / "公示.html", b"second")
    assert (tmp_path / "公示.html").read_bytes() == b"second"
    assert left(tmp_path) == {"公示.html"}


def test_two_who_write_one_file_at_once_each_write_it_whole(tmp_path: Path) -> None:
    both = Barrier(2)

    def writes(content: bytes) -> None:
        with putting(tmp_path / "site" / "index.html") as file:
            both.wait()
            file.write(content)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(writes, (b"a" * 100_000, b"b" * 50_000)))
    assert (tmp_path / "site" / "index.html").read_bytes() in (b"a" * 100_000, b"b" * 50_000)
    assert left(tmp_path / "site") == {"index.html"}
