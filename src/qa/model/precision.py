"""Which number format this CPU computes fastest in."""

import functools
from pathlib import Path
from typing import Literal

Precision = Literal["bfloat16", "int8", "float32"]


@functools.cache
def best_precision() -> Precision:
    """Return the fastest number format for passages on this CPU."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:  # not Linux: ask torch
        import torch

        # torch has no public function for this yet.
        has_bfloat16 = torch.cpu._is_avx512_bf16_supported()
        has_vnni = torch.cpu._is_vnni_supported()
    else:
        # A CPU with AMX has avx512_bf16, too.
        has_bfloat16 = "avx512_bf16" in flags
        has_vnni = bool({"avx512_vnni", "avx_vnni"} & flags)
    if has_bfloat16:
        return "bfloat16"
    return "int8" if has_vnni else "float32"
