"""Architecture: who may import whom, what loads nothing heavy, what the wheel contains."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {"qa": ROOT / "src" / "qa", "index": ROOT / "index", "bot": ROOT / "bot"}
MAY_IMPORT = {"qa": {"qa"}, "index": {"qa", "index"}, "bot": {"qa", "index", "bot"}}
ORDER = {
    "qa": (
        "errors article answer receipt vectors settings language model store search topics "
        "models library evaluate"
    ),
    "index": "outcome web documents sandbox sources feeds indexer samples",
    "bot": (
        "subscriptions texts settings metrics keyboards retry sending idle received channels feeds "
        "shares alerts own_feeds feedback jobs updates rich memory conversations people context "
        "commands messages buttons handlers connection app reception monitor service playground cli"
    ),
}
"""The folders and modules of each room, bottom up: each may import those before it."""
HEAVY = {"faiss", "tantivy", "torch", "lxml", "onnxruntime", "sentence_transformers"}
LIGHT = [
    "qa",
    "bot.subscriptions.interest",
    "bot.subscriptions.timetable",
    "bot.texts.alerts",
    "bot.texts.answers",
    "bot.texts.feeds",
]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: absolute imports only"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_in_one_direction_only(room):
    found = {name for path in ROOMS[room].rglob("*.py") for name in imported(path)}
    assert found & set(ROOMS) <= MAY_IMPORT[room]


def parts(room):
    """Yield the dotted name and the path of each module of a room."""
    top = ROOMS[room]
    for path in top.rglob("*.py"):
        name = ".".join([room, *path.relative_to(top).with_suffix("").parts])
        yield name.removesuffix(".__init__"), path


def own_imports(room, path):
    """Yield the folders and modules of its own room that a module imports, even in functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == room:
            yield from (alias.name for alias in node.names if alias.name in ORDER[room].split())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{room}."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from (name[1] for name in names if name[0] == room and len(name) > 1)


@pytest.mark.parametrize("room", ROOMS)
def test_folders_import_only_folders_below_them(room):
    order = ORDER[room].split()
    upward = {
        f"{name} imports {target}"
        for name, path in parts(room)
        if "." in name
        for target in own_imports(room, path)
        if order.index(target) > order.index(name.split(".")[1])
    }
    assert not upward


@pytest.mark.parametrize("module", LIGHT)
def test_pure_modules_load_nothing_heavy(module):
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert module.split(".")[0] in loaded
    assert not loaded & HEAVY


def test_only_one_module_imports_faiss():
    knowing = [
        path.name
        for folder in ROOMS.values()
        for path in folder.rglob("*.py")
        if "faiss" in imported(path)
    ]
    assert knowing == ["vectors.py"]


def test_qa_imports_neither_telegram_nor_http():
    found = {name for path in ROOMS["qa"].rglob("*.py") for name in imported(path)}
    assert not found & {"telegram", "httpx", "tornado", "feedparser", "trafilatura", "click"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True)
    (built,) = folder.glob("pullquote-*.whl")
    return built


def test_installed_wheel_imports_from_another_folder(wheel, tmp_path):
    """The environment has the wheel and the dependencies, but not this folder."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site]
    subprocess.run([*install, wheel], check=True)
    # Added as a plain folder, so its .pth files (including this project's) are not read.
    dependencies = Path(pytest.__file__).parent.parent
    (site / "dependencies.pth").write_text(f"{dependencies}\n")
    code = "import bot, index, qa; print(bot.__file__, index.__file__, qa.__file__)"
    done = subprocess.run(
        [python, "-Ic", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert [Path(name).parent.parent for name in done.stdout.split()] == [site] * 3


def test_wheel_contains_the_data_files_read_at_run_time(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = {path.name for path in (ROOT / "bot" / "playground" / "page").iterdir()}
    samples = {path.name for path in (ROOT / "index" / "samples").glob("*.md")}
    assert {f"bot/playground/page/{name}" for name in pages} <= names
    assert {f"index/samples/{name}" for name in samples} <= names
    languages = {path.name for path in (ROOT / "src" / "qa" / "language" / "data").iterdir()}
    assert {f"qa/language/data/{name}" for name in languages} <= names
    assert "bot/playground/contract.json" in names
    catalogues = {path.name for path in (ROOT / "bot" / "texts" / "locale").iterdir()}
    assert "en.po" in catalogues
    assert {f"bot/texts/locale/{name}" for name in catalogues} <= names
    assert {"qa/py.typed", "qa/store/postgres.sql"} <= names
