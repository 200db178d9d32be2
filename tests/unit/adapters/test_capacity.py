"""Cores and memory of this machine or its container, from files as the kernel writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowops.adapters.capacity import free_memory, usable_cores

MEMINFO = """MemTotal:       16384256 kB
MemFree:          524288 kB
MemAvailable:    8388608 kB
Buffers:           10240 kB
"""
MACHINE = 8 * 2**30
STAT = "anon 1000\nfile 900000000\nactive_file 5\ninactive_file 536870912\n"


class Kernel:
    """The kernel's files below a folder; None: it does not have that one."""

    def __init__(self, folder: Path) -> None:
        self.meminfo, self.cgroup = folder / "meminfo", folder / "cgroup"
        self.cgroup.mkdir()
        self.meminfo.write_text(MEMINFO)

    def container(self, limit: str, used: str, stat: str | None = None) -> Kernel:
        for name, text in (("memory.max", limit), ("memory.current", used), ("memory.stat", stat)):
            if text is not None:
                (self.cgroup / name).write_text(text)
        return self

    @property
    def free(self) -> int:
        return free_memory(self.meminfo, self.cgroup)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_a_machine_has_what_the_kernel_calls_available(kernel: Kernel) -> None:
    assert kernel.free == MACHINE


def test_a_container_without_a_limit_has_what_the_machine_has(kernel: Kernel) -> None:
    assert kernel.container("max\n", "1073741824\n", STAT).free == MACHINE


def test_a_container_has_what_its_limit_leaves(kernel: Kernel) -> None:
    assert kernel.container(f"{4 * 2**30}\n", f"{3 * 2**30}\n").free == 2**30


def test_files_that_were_only_read_do_not_count_as_used(kernel: Kernel) -> None:
    assert kernel.container(f"{4 * 2**30}\n", f"{3 * 2**30}\n", STAT).free == 2**30 + 2**29


def test_a_container_that_may_take_more_than_there_is_has_what_the_machine_has(kernel: Kernel) -> None:
    assert kernel.container(f"{64 * 2**30}\n", "0\n").free == MACHINE


def test_a_container_above_its_limit_has_nothing(kernel: Kernel) -> None:
    assert kernel.container(f"{2**30}\n", f"{2 * 2**30}\n").free == 0


@pytest.mark.parametrize("text", ["", "MemTotal: 16384256 kB\n", "MemAvailable: lots\n"])
def test_where_nobody_says_what_is_available_half_of_the_memory_counts(kernel: Kernel, text: str) -> None:
    kernel.meminfo.write_text(text)
    assert kernel.free == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    assert kernel.container("4096", "1024").free == 3072


def test_without_any_of_these_files_there_is_an_answer_all_the_same(tmp_path: Path) -> None:
    assert free_memory(tmp_path / "no", tmp_path / "where") > 0


def test_this_machine_has_memory_and_at_least_one_core() -> None:
    assert free_memory() > 0
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
