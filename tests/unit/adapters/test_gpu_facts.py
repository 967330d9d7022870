"""What makers' programs and drivers say of graphics processors, in the words that they use; and what goes onto one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.gguf_facts import ModelShape
from app.adapters.gpu_facts import APPLE, NVIDIA, Ask, gpu_facts
from app.adapters.gpu_split import KEPT_FREE, gpu_room, split
from app.adapters.machine_facts import GpuFacts
from app.adapters.memory_planner import Room
from app.adapters.model_memory import MemoryNeed

GB, MIB = 10**9, 2**20
TWO_NVIDIA = "NVIDIA GeForce RTX 4060, 8188, 6912\nNVIDIA RTX A6000, 49140, 48539\n"
# A board whose processor shares the memory doesn't say how much it has.
JETSON = "Orin (nvgpu), [N/A], [N/A]\n"
M2 = {
    "SPDisplaysDataType": [
        {
            "_name": "Apple M2 Pro",
            "spdisplays_mtlgpufamilysupport": "spdisplays_metal3",
            "spdisplays_ndrvs": [{"_name": "Color LCD", "spdisplays_main": "spdisplays_yes"}],
            "spdisplays_vendor": "sppci_vendor_Apple",
            "sppci_bus": "spdisplays_builtin",
            "sppci_cores": "16",
            "sppci_device_type": "spdisplays_gpu",
            "sppci_model": "Apple M2 Pro",
        }
    ]
}
INTEL_MAC = {
    "SPDisplaysDataType": [
        {
            "_name": "kHW_IntelUHDGraphics630Item",
            "spdisplays_vendor": "Intel",
            "sppci_model": "Intel UHD Graphics 630",
            "spdisplays_vram_shared": "1536 MB",
        }
    ]
}


def says(answers: dict[Sequence[str], str]) -> Ask:
    async def ask(argv: Sequence[str]) -> str | None:
        return answers.get(argv)

    return ask


async def test_nvidia_with_the_roomiest_first(tmp_path: Path) -> None:
    found = await gpu_facts(says({NVIDIA: TWO_NVIDIA}), 64 * GB, platform="linux", cards=tmp_path)
    assert found == (
        GpuFacts("NVIDIA RTX A6000", "nvidia", 49140 * MIB, 48539 * MIB),
        GpuFacts("NVIDIA GeForce RTX 4060", "nvidia", 8188 * MIB, 6912 * MIB),
    )


async def test_nvidia_on_windows_and_without_figures() -> None:
    assert await gpu_facts(says({NVIDIA: JETSON}), 8 * GB, platform="win32") == (
        GpuFacts("Orin (nvgpu)", "nvidia"),
    )


def card(folder: Path, **files: str) -> None:
    (folder / "device").mkdir(parents=True)
    for name, content in files.items():
        (folder / "device" / name).write_text(content + "\n")


async def test_amd_by_the_files_of_its_driver_and_intel_beside_it(tmp_path: Path) -> None:
    card(
        tmp_path / "card0",
        vendor="0x1002",
        product_name="Radeon RX 7900 XTX",
        mem_info_vram_total="25753026560",
        mem_info_vram_used="1753026560",
    )
    card(tmp_path / "card1", vendor="0x8086")
    card(tmp_path / "card2", vendor="0x1002")  # driven by another driver, which says nothing
    (tmp_path / "card0-HDMI-A-1").mkdir()
    assert await gpu_facts(says({}), 64 * GB, platform="linux", cards=tmp_path) == (
        GpuFacts("Radeon RX 7900 XTX", "amd", 25_753_026_560, 24_000_000_000),
        GpuFacts("Intel", "other", shares_memory=True),
        GpuFacts("AMD Radeon", "amd"),
    )


async def test_apple_shares_the_memory_and_an_older_mac_has_nothing_of_use() -> None:
    answers = {APPLE: json.dumps(M2)}
    assert await gpu_facts(says(answers), 16 * GB, platform="darwin") == (
        GpuFacts("Apple M2 Pro", "apple", int(11.2 * GB), shares_memory=True),
    )
    assert await gpu_facts(says({APPLE: json.dumps(INTEL_MAC)}), 16 * GB, platform="darwin") == ()


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
@pytest.mark.parametrize(
    "printed", [None, "", "NVIDIA-SMI has failed because it couldn't\n", "{}", "[1]", '{"a"']
)
async def test_none_and_nonsense(platform: str, printed: str | None, tmp_path: Path) -> None:
    answers = {} if printed is None else {NVIDIA: printed, APPLE: printed}
    assert await gpu_facts(says(answers), 16 * GB, platform=platform, cards=tmp_path) == ()


SHAPE = ModelShape(layers=(100 * MIB,) * 10, outside=200 * MIB)
NEED = MemoryNeed(weights=1200 * MIB, cache=500 * MIB, buffers=100 * MIB, program=60 * MIB)


@pytest.mark.parametrize(
    ("room", "layers", "taken"),
    [
        (0, 0, 0),
        (249, 0, 0),
        (250, 1, 250),
        (1000, 6, 1000),
        (1600, 10, 1600),
        (1799, 10, 1600),
        (1800, 11, 1800),
        (9999, 11, 1800),
    ],
)
def test_as_many_layers_as_fit_go_onto_the_processor(room: int, layers: int, taken: int) -> None:
    gpu = GpuFacts("A", "nvidia", 10_000 * MIB)
    memory = max(NEED.program, NEED.total - taken * MIB)
    assert split(SHAPE, NEED, gpu, room * MIB) == (layers, Room(memory, taken * MIB))


def test_with_shared_memory_it_is_all_or_nothing_and_nothing_where_nobody_knows() -> None:
    apple = GpuFacts("Apple M2", "apple", 9 * GB, shares_memory=True)
    assert split(SHAPE, NEED, apple, NEED.total) == (11, Room(NEED.total))
    assert split(SHAPE, NEED, apple, NEED.total - 1) == (0, Room(NEED.total))
    assert split(SHAPE, NEED, None, 9 * GB) == (0, Room(NEED.total))
    assert split(SHAPE, NEED, GpuFacts("?", "other"), 0) == (0, Room(NEED.total))


def test_what_others_have_taken_is_not_ours_and_what_we_have_taken_is() -> None:
    gpu = GpuFacts("A", "nvidia", 8 * GB, 3 * GB)
    assert gpu_room(gpu, 2 * GB) == 5 * GB - KEPT_FREE
    assert gpu_room(GpuFacts("A", "nvidia", 8 * GB, 0), 0) == 0
    assert gpu_room(None, 0) == 0
